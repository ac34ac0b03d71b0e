import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { openForReading } from "../../../../lib/storage/database/open_database.ts";
import { SentBatch } from "../../../../lib/storage/engine/sent_batch.ts";
import { Places } from "../../../../lib/storage/history/message_rows.ts";
import { messagesPage, type MessagesQuery } from "../../../../lib/storage/history/messages_page.ts";
import { HaltedError, Reading } from "../../../../lib/storage/history/reading.ts";
import type { Storage } from "../../../../lib/storage/storage.ts";
import type { SentEnd } from "../../../../lib/storage/types.ts";
import { aChat, aDocument, ALICE, Bench, BOB, messageId, peerId } from "../support.ts";

const CAROL = peerId("c");

/** Reads pages of the bench's history. */
class Reader implements Disposable {
  readonly #db;
  readonly #places;

  constructor(bench: Bench) {
    this.#db = openForReading(bench.state)!;
    this.#places = new Places(bench.state, bench.inbox);
  }

  /** @param stepMs time after which a search stops */
  page(query: MessagesQuery, stepMs?: number, isHalted?: () => boolean) {
    return messagesPage(new Reading(this.#db, this.#places, isHalted, stepMs), query);
  }

  /** Reads all pages; the ids, by their number. */
  all(query: MessagesQuery, stepMs?: number): { readonly ids: number[]; readonly pages: number } {
    const ids: number[] = [];
    let pages = 0;
    let before: string | undefined;
    do {
      const { messages, next } = this.page({ ...query, before }, stepMs);
      ids.push(...messages.map(({ id }) => parseInt(id, 32)));
      before = next;
      pages++;
    } while (before !== undefined && pages < 1_000);
    return { ids, pages };
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

/** Records that a message to these ended, at a moment. */
async function ended(
  storage: Storage,
  n: number,
  at: number,
  text: string,
  to: readonly string[],
  status: SentEnd["status"] = "delivered",
): Promise<void> {
  const batch = new SentBatch();
  const body = new TextEncoder().encode(text);
  for (const recipient of to) {
    const whom = to.length > 1 ? "all" as const : "you" as const;
    const message = { id: messageId(n), kind: "chat", name: "", to: whom, at, body } as const;
    batch.add(recipient, message, body.length, { recipientName: "bob", status, endedAt: at });
  }
  await storage.noteSent(batch.take());
}

Deno.test("pages have all that was received, sent and waits, once, newest first, however small they are", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const start = bench.clock.wall();
  for (let n = 1; n <= 60; n++) {
    bench.clock.wallOffset += 1_000;
    const at = bench.clock.wall();
    if (n % 4 === 0) await ended(storage, n, at, `said ${n}`, [BOB]);
    else if (n % 4 === 1) await storage.receive(aChat(n));
    else await storage.receive(aDocument(n, n % 3 ? { stream: "s" } : {}));
  }
  const body = new TextEncoder().encode("{}");
  const waiting = {
    kind: "document",
    name: "w.json",
    at: start + 30_500,
    expires: 9e15,
    size: 2,
    body,
  } as const;
  await storage.enqueue(BOB, { id: messageId(61), ...waiting }, "bob");
  using reader = new Reader(bench);
  const expected = Array.from({ length: 60 }, (_, i) => 60 - i);
  expected.splice(30, 0, 61);
  for (const limit of [1, 7, 200]) assertEquals(reader.all({ limit }).ids, expected);
  assertEquals(
    reader.all({ kind: "chat", direction: "received", limit: 4 }).ids,
    expected.filter((n) => n % 4 === 1 && n < 61),
  );
  assertEquals(
    reader.all({ direction: "sent", limit: 4 }).ids,
    expected.filter((n) => n % 4 === 0 || n === 61),
  );
  assertEquals(
    reader.all({ peer: ALICE, kind: "chat", limit: 9 }).ids,
    expected.filter((n) => n % 4 === 1 && n < 61),
  );
  assertEquals(reader.all({ stream: "s" }).ids, expected.filter((n) => n % 4 > 1 && n % 3 > 0));
  assertEquals(reader.all({ stream: "s", peer: BOB }).ids, []);
});

Deno.test("what comes after a page is read by its latest place, without what was there", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aChat(1));
  await ended(storage, 2, bench.clock.wall(), "before", [BOB]);
  using reader = new Reader(bench);
  const { latest } = reader.page({});
  assertEquals(reader.page({ after: latest }), { messages: [], latest });
  for (let n = 3; n < 9; n++) await storage.receive(aChat(n));
  await ended(storage, 9, bench.clock.wall() + 1, "after", [BOB]);
  assertEquals(reader.all({ after: latest, limit: 3 }).ids, [9, 8, 7, 6, 5, 4, 3]);
});

Deno.test("a chat to everybody is one message with the outcomes of all its recipients", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await ended(storage, 1, 1_000, "hello", [ALICE, BOB]);
  await ended(storage, 2, 2_000, "are you there", [ALICE, BOB]);
  await ended(storage, 2, 2_000, "are you there", [CAROL, peerId("d")], "expired");
  using reader = new Reader(bench);
  const { messages, next } = reader.page({ kind: "chat", to: "all", limit: 2 });
  assertEquals(messages.map(({ text, outcomes }) => [text, outcomes]), [
    ["are you there", { delivered: 2, expired: 2 }],
    ["hello", { delivered: 2 }],
  ]);
  assertEquals(next, undefined);
});

Deno.test("a search finds name, stream, text and body in any case, and no character is more than itself", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const documents: [name: string, body: string, stream?: string][] = [
    ["Reading.json", '{"kitchen":"21 °C"}'],
    ["100%.json", '{"a_b":1}', "cellar"],
    ["axb.json", '{"says":"\\u00dcber \\"dir\\""}'],
    ["naïve'); DROP TABLE message;--.json", '{"word":"ÜBERALL"}'],
  ];
  for (const [i, [name, body, stream]] of documents.entries()) {
    await storage.receive(aDocument(i + 1, { name, body, stream }));
  }
  await storage.receive(aChat(5, { text: "Straße\\nach Süden 100 %" }));
  using reader = new Reader(bench);
  const found = (search: string) => reader.all({ search }).ids.sort();
  assertEquals(found("READING"), [1]);
  assertEquals(found("KITCHEN"), [1]);
  assertEquals(found("cellar"), [2]);
  assertEquals(found("100%"), [2]);
  assertEquals(found("%"), [2, 5]);
  assertEquals(found("a_b"), [2]);
  assertEquals(found("über"), [4]);
  assertEquals(found("Über"), [3, 4]);
  assertEquals(found('"dir"'), [3]);
  assertEquals(found("SÜDEN"), [5]);
  assertEquals(found("straße\\n"), [5]);
  assertEquals(found("'); drop table"), [4]);
  assertEquals(found("°c"), [1]);
  assertEquals(found("\u0000"), []);
  assertEquals(found(""), [1, 2, 3, 4, 5]);
});

Deno.test("a search that takes long returns what it has with the place to go on, and misses nothing", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await Promise.all(
    Array.from(
      { length: 2_500 },
      (_, n) => storage.receive(aDocument(n + 1, n % 1_000 === 7 ? { body: '"needle"' } : { stream: "hay" })),
    ),
  );
  using reader = new Reader(bench);
  const { ids, pages } = reader.all({ search: "needle" }, 0);
  assertEquals(ids.map((n) => n % 1_000), [8, 8, 8]);
  assertEquals(pages, 5);
  assertThrows(() => reader.page({ search: "needle" }, 0, () => true), HaltedError);
});

Deno.test("a document without a body, in a file, is found by its name, and a place that is none is a usage error", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1, { name: "large.json" }));
  await bench.closeAll();
  using reader = new Reader(bench);
  assertEquals(reader.all({ search: "LARGE" }).ids, [1]);
  for (const before of ["x", "1.2.3.4", "-1", "1.5e3", "99999999999999999999", "1.0.0; DROP"]) {
    assertThrows(() => reader.page({ before }), UserError, "A place in the history");
  }
});

Deno.test("answers are found however much came after them, by pages", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  for (let seq = 1; seq <= 6; seq++) {
    await storage.receive(aDocument(seq, { name: "answer.json", re: messageId(100 + seq) }));
  }
  for (let seq = 11; seq <= 1_200; seq++) await storage.receive(aDocument(seq, { stream: "readings" }));
  using reader = new Reader(bench);
  const { messages, next } = reader.page({ answers: true, limit: 4 }, 0);
  assertEquals(
    messages.map(({ id, re }) => [id, re]),
    [6, 5, 4, 3].map((n) => [messageId(n), messageId(100 + n)]),
  );
  assertEquals(reader.page({ answers: true, kind: "document", before: next }).messages.map(({ id }) => id), [
    messageId(2),
    messageId(1),
  ]);
  assertEquals(reader.page({ answers: true, direction: "sent" }).messages, []);
});
