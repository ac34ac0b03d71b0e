import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import type { Work } from "./workload.ts";

/** The folders of a peer that is not running. */
export interface Folders {
  readonly state: string;
  readonly inbox: string;
}

/**
 * Fails unless the receiver holds each message of the sender once, byte-identical, those of a stream and the chats in the
 * order in which they were handed in, and nothing else.
 *
 * @param where what failures say first
 */
export function judge(
  receiver: Folders,
  sender: { id: string; name: string },
  work: Iterable<Work>,
  where: string,
): void {
  const files = new Set<string>();
  const streams = new Map<string, string[]>();
  const folder = join(receiver.inbox, sender.name);
  for (const { name } of Deno.readDirSync(folder)) {
    const stream = /^(.+)-\d{4}-\d\d-\d\d\.jsonl$/.exec(name)?.[1];
    if (stream !== undefined) streams.set(stream, [...streams.get(stream) ?? [], name]);
    else if (!name.startsWith(".")) files.add(name);
  }
  const chats: string[] = [];
  const lines = new Map<string, string[]>();
  for (const { kind, name, stream, body } of work) {
    if (kind === "document") {
      assert(files.delete(name), `${where}: ${name} is not there`);
      const found = Deno.readFileSync(join(folder, name));
      assert(isSame(found, body), `${where}: ${name} is not what was sent`);
    } else if (kind === "line") {
      const text = new TextDecoder().decode(body);
      lines.set(stream!, [...lines.get(stream!) ?? [], text]);
    } else chats.push(new TextDecoder().decode(body));
  }
  assertEquals([...files], [], `${where}: more than was sent`);
  assertEquals([...streams.keys()].toSorted(), [...lines.keys()].toSorted(), `${where}: streams`);
  for (const [stream, expected] of lines) {
    const text = streams.get(stream)!.toSorted().map((name) => Deno.readTextFileSync(join(folder, name)))
      .join("");
    assertSameList(text.split("\n").slice(0, -1), expected, `${where}: stream ${stream}`);
    assert(text.endsWith("\n"), `${where}: stream ${stream} ends within a line`);
  }
  assertSameList(chatsFrom(receiver, sender.id), chats, `${where}: chats`);
}

/** Fails unless the database is whole and nothing waits in its outbox. */
export function judgeDatabase({ state }: Folders, where: string): void {
  withDatabase(state, (db) => {
    assertEquals(db.prepare("PRAGMA integrity_check").all(), [{ integrity_check: "ok" }], where);
    assertEquals(db.prepare("SELECT recipient, id FROM outbox").all(), [], `${where}: outbox`);
  });
}

/** Messages that wait in a peer's outbox, also while it runs. */
export function countWaiting({ state }: Folders): number {
  return withDatabase(
    state,
    (db) => db.prepare("SELECT count(*) AS count FROM outbox").get()!.count as number,
  );
}

function chatsFrom({ state }: Folders, sender: string): string[] {
  return withDatabase(
    state,
    (db) =>
      db.prepare("SELECT text FROM message WHERE kind = 'chat' AND sender = ? ORDER BY row").all(sender)
        .map(({ text }) => text as string),
  );
}

function withDatabase<T>(state: string, use: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(state, "earshot.db"));
  try {
    db.exec("PRAGMA busy_timeout = 5000");
    return use(db);
  } finally {
    db.close();
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Like `assertEquals`, but says only where two long lists part. */
function assertSameList(found: readonly string[], expected: readonly string[], what: string): void {
  const at = expected.findIndex((text, i) => text !== found[i]);
  const i = at < 0 ? expected.length : at;
  const short = (text: string | undefined) => text?.slice(0, 20);
  assertEquals(
    short(found[i]),
    short(expected[i]),
    `${what}: item ${i} of ${expected.length} (${found.length} found)`,
  );
  assert(at < 0, `${what}: item ${i} differs`);
}
