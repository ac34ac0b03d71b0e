import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { ROW_BYTES } from "../../../../lib/storage/tables/usage.ts";
import { SentBatch } from "../../../../lib/storage/engine/sent_batch.ts";
import type { SentMessage } from "../../../../lib/storage/tables/sent.ts";
import type { OutboundMessage, SentEnd } from "../../../../lib/storage/types.ts";
import { Bench, BOB, messageId } from "../support.ts";

/** Everything. */
const KEEP = { ms: 1e14, bytes: 1e9 };

const bytes = (text: string) => new TextEncoder().encode(text);

const DELIVERED: SentEnd = { recipientName: "bob", status: "delivered", endedAt: 20 };

function aSent(n: number, rest: Partial<SentMessage> = {}): SentMessage {
  const body = bytes(`[${n}]`);
  const message = { recipient: BOB, id: messageId(n), kind: "document", name: "a.json", at: 10 } as const;
  return { ...message, ...DELIVERED, size: body.length, body, ...rest };
}

/** The history of what was sent, as it stands in the database. */
function read(bench: Bench): Record<string, unknown>[] {
  const db = new DatabaseSync(bench.database, { readOnly: true });
  const rows = db.prepare(
    "SELECT recipient_name, id, kind, addressed, status, code, why, size, text, CAST(body AS TEXT) AS body FROM sent ORDER BY row",
  ).all();
  const held = db.prepare("SELECT value FROM meta WHERE key = 'sent bytes'").get()!.value;
  db.close();
  return [...rows.map((row) => ({ ...row, id: parseInt(row.id as string, 32) })), { held }];
}

const ROW = {
  recipient_name: "bob",
  addressed: null,
  status: "delivered",
  code: null,
  why: null,
  text: null,
};

Deno.test("what ended is in the history: documents with their bytes, chats with their text", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ keep: KEEP });
  const batch = new SentBatch();
  const add = (message: SentMessage) => batch.add(message.recipient, message, message.size, message);
  add(aSent(1));
  add(aSent(2, { kind: "chat", name: "", to: "all", size: 3, body: bytes("hü"), status: "expired" }));
  add(aSent(3, { size: 1e9, body: undefined, status: "refused", code: "too-large", why: "no" }));
  // A view of something larger, and more than a batch has room for at first.
  const long = bytes(`"${"x".repeat(40_000)}"`);
  add(aSent(4, { size: 100, body: long.subarray(long.length - 100) }));
  await storage.noteSent(batch.take());
  await storage.close();
  assertEquals(read(bench), [
    { ...ROW, id: 1, kind: "document", size: 3, body: "[1]" },
    { ...ROW, id: 2, kind: "chat", addressed: "all", status: "expired", size: 3, text: "hü", body: null },
    {
      ...ROW,
      id: 3,
      kind: "document",
      status: "refused",
      code: "too-large",
      why: "no",
      size: 1e9,
      body: null,
    },
    { ...ROW, id: 4, kind: "document", size: 100, body: "x".repeat(99) + '"' },
    { held: 106 + 4 * ROW_BYTES },
  ]);
});

Deno.test("what waited in the outbox goes from there into the history, what was withdrawn does not", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ keep: KEEP });
  const row = (n: number, rest: Partial<OutboundMessage> = {}): OutboundMessage => {
    const { id, kind, name, at } = aSent(n);
    const body = rest.body ?? bytes(`[${n}]`);
    const fixed = { expires: 99, size: body.length };
    return { id, kind, name, at, ...fixed, ...rest, body };
  };
  await storage.enqueue(BOB, row(1));
  await storage.enqueue(BOB, row(2, { kind: "chat", name: "", to: "you", body: bytes("hi") }));
  await storage.enqueue(BOB, row(3));
  // One whose name is not known any more keeps that with which it was handed in.
  await storage.enqueue(BOB, row(4), "bob");
  await storage.settle(BOB, new Map([[messageId(4), { ...DELIVERED, recipientName: BOB.slice(0, 6) }]]));
  const refused: SentEnd = { ...DELIVERED, status: "refused", code: "quota", why: "full" };
  const ends: [number, SentEnd | undefined][] = [[1, DELIVERED], [2, refused], [3, undefined], [
    8,
    DELIVERED,
  ]];
  await storage.settle(BOB, new Map(ends.map(([n, end]) => [messageId(n), end])));
  await storage.close();
  assertEquals(read(bench), [
    { ...ROW, id: 4, kind: "document", size: 3, body: "[4]" },
    { ...ROW, id: 1, kind: "document", size: 3, body: "[1]" },
    {
      ...ROW,
      id: 2,
      kind: "chat",
      addressed: "you",
      status: "refused",
      code: "quota",
      why: "full",
      size: 2,
      text: "hi",
      body: null,
    },
    { held: 8 + 3 * ROW_BYTES },
  ]);
});

Deno.test("a recipient of whom only the id is known at the end keeps the name that it had", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ keep: KEEP });
  const bare = BOB.slice(0, 6);
  const note = async (message: SentMessage) => {
    const batch = new SentBatch();
    batch.add(message.recipient, message, message.size, message);
    await storage.noteSent(batch.take());
  };
  const withdrawn: SentEnd = { recipientName: bare, status: "expired", code: "withdrawn", endedAt: 30 };
  const waits = async (n: number) => {
    const { id, kind, name, at } = aSent(n);
    await storage.enqueue(BOB, { id, kind, name, at, expires: 99, size: 2, body: bytes("[]") }, bare);
    await storage.settle(BOB, new Map([[id, withdrawn]]));
  };
  await waits(1);
  await note(aSent(2));
  await waits(3);
  await note(aSent(4, { recipientName: bare, status: "expired" }));
  await note(aSent(2, { recipientName: bare, endedAt: 50 }));
  await storage.close();
  using db = new DatabaseSync(bench.database, { readOnly: true });
  const names = db.prepare("SELECT recipient_name AS name FROM sent ORDER BY id").all().map(({ name }) =>
    name
  );
  assertEquals(names, [bare, "bob", "bob", "bob"]);
});

Deno.test("a message that was sent again has one row for its recipient; how it ended last counts, and delivered stays", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ keep: KEEP });
  const note = async (message: SentMessage) => {
    const batch = new SentBatch();
    batch.add(message.recipient, message, message.size, message);
    await storage.noteSent(batch.take());
  };
  await note(aSent(1, { status: "expired" }));
  await note(aSent(1, { endedAt: 30, recipientName: "bobby" }));
  await note(aSent(1, { endedAt: 25, status: "expired" }));
  await note(aSent(1, { endedAt: 40, status: "refused", code: "refused", why: "another has this id" }));
  await storage.close();
  assertEquals(read(bench), [
    { ...ROW, id: 1, recipient_name: "bobby", kind: "document", size: 3, body: "[1]" },
    { held: 3 + ROW_BYTES },
  ]);
});
