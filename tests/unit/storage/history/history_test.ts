import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { OldDatabaseError } from "../../../../lib/storage/database/open_database.ts";
import { History, type HistoryMessage } from "../../../../lib/storage/history/history.ts";
import { readReceived } from "../../../../lib/storage/history/received_file.ts";
import { SCHEMA_VERSION } from "../../../../lib/storage/tables/schema.ts";
import { SentBatch } from "../../../../lib/storage/engine/sent_batch.ts";
import type { Storage } from "../../../../lib/storage/storage.ts";
import { aChat, aDocument, ALICE, Bench, BOB, messageId, peerId } from "../support.ts";

const CAROL = peerId("c");

/** Notes that we said something, to all of these or to one alone. */
async function said(
  storage: Storage,
  n: number,
  at: number,
  text: string,
  ...to: string[]
): Promise<void> {
  const batch = new SentBatch();
  const body = new TextEncoder().encode(text);
  for (const recipient of to) {
    const message = {
      id: messageId(n),
      kind: "chat",
      name: "",
      to: to.length > 1 ? "all" : "you",
      at,
      body,
    } as const;
    const recipientName = recipient === BOB ? "bob" : "carol";
    batch.add(recipient, message, body.length, { recipientName, status: "delivered", endedAt: at + 1 });
  }
  await storage.noteSent(batch.take());
}

const texts = (messages: Iterable<HistoryMessage>) => [...messages].map(({ text }) => text);

Deno.test("former chat is what was said here and there lately, in order, to everybody once", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const now = bench.clock.wall();
  await storage.receive(aChat(1, { text: "too old" }));
  bench.clock.wallOffset += 10_000;
  await storage.receive(aChat(2, { text: "hello all" }));
  await storage.receive(aDocument(3));
  await said(storage, 50, now + 11_000, "hello you both", BOB, CAROL);
  bench.clock.wallOffset += 10_000;
  await storage.receive(aChat(4, { text: "only to you", to: "you" }));
  await said(storage, 51, now + 21_000, "only to bob", BOB);
  using history = History.open(bench.state, bench.inbox)!;
  assertEquals(texts(history.chats(now + 5_000, 10)), [
    "hello all",
    "hello you both",
    "only to you",
    "only to bob",
  ]);
  assertEquals(texts(history.chats(now + 5_000, 2)), ["only to you", "only to bob"]);
  assertEquals(texts(history.chats(now + 50_000, 10)), []);
});

Deno.test("messages are listed newest first however many there are, and by the peer that is named", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const chats = Array.from({ length: 1201 }, (_, i) => aChat(i + 1, { text: `${i + 1}` }));
  await Promise.all(chats.map((chat) => storage.receive(chat)));
  await storage.receive(aChat(1, { sender: BOB, senderName: "Bób", text: "from bob" }));
  using history = History.open(bench.state, bench.inbox)!;
  const all = texts(history.received());
  assertEquals([all.length, all[0], all[1], all.at(-1)], [1202, "from bob", "1201", "1"]);
  for (const bob of ["bÓB", "Bo\u0301b", BOB, BOB.toUpperCase(), BOB.slice(0, 6)]) {
    assertEquals(texts(history.received(bob)), ["from bob"]);
  }
  await storage.receive(aChat(1, { sender: peerId("e"), senderName: BOB, text: "a name like an id" }));
  assertEquals(texts(history.received(BOB)), ["from bob"]);
  for (const nobody of ["bo", "bbb", "eve", ""]) assertEquals(texts(history.received(nobody)), []);
});

Deno.test("what waits is told with the name that the user knows its recipient by", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const known = peerId("k");
  await storage.putKnown({ id: known, name: "kate", how: "trusted", since: 1 });
  await storage.receive(aChat(1));
  await said(storage, 2, 1, "hi", BOB);
  const body = new TextEncoder().encode("[1]");
  for (const recipient of [known, ALICE, BOB, peerId("x")]) {
    const row = { id: messageId(9), kind: "document", name: "a.json" } as const;
    await storage.enqueue(recipient, { ...row, at: 1, expires: 2, size: body.length, body });
  }
  using history = History.open(bench.state, bench.inbox)!;
  const waiting = [...history.sent()].filter(({ status }) => status === "queued");
  assertEquals(waiting.map(({ peer }) => peer.name), ["xxxxxx", "bob", "alice", "kate"]);
  assertEquals(history.body(waiting[0]!), body);
  assertEquals(history.find(messageId(9), true).length, 4);
});

Deno.test("with whom messages were exchanged is told once each, by the last name", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const now = bench.clock.wall();
  const peers = () => {
    using history = History.open(bench.state, bench.inbox)!;
    return Object.fromEntries(history.peers().map(({ id, name }) => [id, name]));
  };
  assertEquals(peers(), {});
  await storage.receive(aChat(1));
  await storage.receive(aChat(2, { senderName: "alicia" }));
  await storage.receive(aDocument(1, { sender: BOB, senderName: "robert" }));
  await said(storage, 3, now - 1_000, "hi", BOB, CAROL);
  const row = { id: messageId(9), kind: "document", name: "a.json" } as const;
  const body = new TextEncoder().encode("[1]");
  for (const recipient of [peerId("x"), CAROL]) {
    await storage.enqueue(recipient, { ...row, at: 1, expires: 2, size: body.length, body });
  }
  const known = { [ALICE]: "alicia", [BOB]: "robert", [CAROL]: "carol", [peerId("x")]: "xxxxxx" };
  assertEquals(peers(), known);
  await said(storage, 4, now + 1_000, "hi", BOB, CAROL);
  assertEquals(peers(), { ...known, [BOB]: "bob" });
});

Deno.test("an id is meant by its whole, its beginning or its end, of one peer where that is named", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1, { id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }));
  await storage.receive(aDocument(2, { id: "01ARZ3NDEKTSV4RRFFQ69G5FAW" }));
  await storage.receive(aDocument(1, { id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", sender: BOB, senderName: "bob" }));
  using history = History.open(bench.state, bench.inbox)!;
  const found = (id: string, peer?: string) =>
    history.find(id, false, peer).map(({ id, peer }) => id.slice(-1) + peer.name);
  assertEquals(found("01ARZ3NDEKTSV4RRFFQ69G5FAV"), ["Vbob", "Valice"]);
  assertEquals(found("01arz3ndektsv4rrffq69g5fav", "bob"), ["Vbob"]);
  assertEquals(found("G5FAW"), ["Walice"]);
  assertEquals(found("01AR"), ["Vbob", "Walice", "Valice"]);
  for (const none of ["", "5FA", "%", "G5FAX", "0".repeat(27)]) assertEquals(found(none), []);
});

Deno.test("a database that is not there, too old or too new is no history", async () => {
  await using bench = new Bench();
  assertEquals(History.open(bench.state, bench.inbox), undefined);
  await (await bench.open()).close();
  const setVersion = (version: number) => {
    const db = new DatabaseSync(bench.database);
    db.exec(`PRAGMA user_version = ${version}`);
    db.close();
  };
  setVersion(SCHEMA_VERSION - 1);
  assertThrows(() => History.open(bench.state, bench.inbox), OldDatabaseError);
  setVersion(SCHEMA_VERSION + 1);
  assertThrows(() => History.open(bench.state, bench.inbox), UserError, "newer Earshot");
  Deno.writeTextFileSync(bench.database, "no database at all, but long enough to be looked at ".repeat(100));
  assertThrows(() => History.open(bench.state, bench.inbox), UserError, "is damaged");
});

Deno.test("a document comes from its file, or its line, only where that can be what came", () => {
  const path = Deno.makeTempFileSync({ prefix: "earshot-received-" });
  try {
    Deno.writeTextFileSync(path, "[1]\n[2, 3]\n[4]\n");
    const read = (rest: Partial<HistoryMessage>) => {
      const chunks = readReceived({ path, size: 6, ...rest } as HistoryMessage, 2);
      return typeof chunks === "string"
        ? chunks
        : new TextDecoder().decode(Uint8Array.from([...chunks].flatMap((c) => [...c])));
    };
    assertEquals(read({ offset: 4 }), "[2, 3]");
    assertEquals(read({ offset: 0, size: 3 }), "[1]");
    assertEquals(read({ size: 15 }), "[1]\n[2, 3]\n[4]\n");
    for (
      const other of [{}, { size: 14 }, { offset: 3 }, { offset: 5, size: 5 }, { offset: 4, size: 5 }, {
        offset: 99,
      }]
    ) {
      assertEquals(read(other), "changed");
    }
    assertEquals(read({ path: undefined }), "gone");
    assertEquals(read({ path: `${path}-gone` }), "gone");
  } finally {
    Deno.removeSync(path);
  }
});
