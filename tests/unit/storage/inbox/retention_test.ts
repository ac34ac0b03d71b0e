import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { COST_SQL, fileCost, ROW_BYTES } from "../../../../lib/storage/tables/usage.ts";
import { Files } from "../../../../lib/storage/files/files.ts";
import { Housekeeping } from "../../../../lib/storage/inbox/housekeeping.ts";
import { Inbox } from "../../../../lib/storage/inbox/inbox.ts";
import { Receiver } from "../../../../lib/storage/engine/receiver.ts";
import { openDatabase } from "../../../../lib/storage/database/open_database.ts";
import { Store } from "../../../../lib/storage/tables/store.ts";
import { Syncer } from "../../../../lib/storage/inbox/syncer.ts";
import type { SentMessage } from "../../../../lib/storage/tables/sent.ts";
import type { Incoming, ReceiveOutcome } from "../../../../lib/storage/types.ts";
import { aChat, aDocument, ALICE, Bench, BOB, messageId } from "../support.ts";

const DAY = 86_400_000;
const MINUTES = 120_000;
/** Keeps a day, and ten of a hundred bytes. */
const KEEP = { ms: DAY, bytes: 10 * (100 + ROW_BYTES) };
const OTHER = { saved: false, code: "refused", why: "another message came with this id already" } as const;
/** Of a hundred bytes. */
const body = JSON.stringify("x".repeat(98));

/** A store without a worker, removed with its files at the end. */
class Parts implements Disposable {
  readonly #root = Deno.makeTempDirSync({ prefix: "earshot-retention-" });
  readonly #files = new Files("t");
  readonly #db = openDatabase(join(this.#root, "state", "earshot.db"));
  readonly store = new Store(this.#db);
  readonly inbox = new Inbox(this.store, this.#files, join(this.#root, "inbox"), complain);
  readonly #receiver = new Receiver(this.store, this.inbox, 1e9, complain);
  readonly #syncer = new Syncer(this.store, this.inbox, (job) => this.#files.sync(job), complain);

  /** Takes what arrives at that time; true where it is new. */
  receive(item: Incoming, at = 0): boolean {
    const outcome = this.outcome(item, at);
    assert(outcome.saved);
    return !outcome.duplicate;
  }

  /** What becomes of an arrival. */
  outcome(item: Incoming, at = 0): ReceiveOutcome {
    this.#tell(at);
    const { outcome, journaled } = this.store.transaction(() => this.#receiver.receive(item, at));
    if (journaled) this.inbox.place([journaled.row]);
    return outcome;
  }

  /** A document that Bob was sent, ended at that time. */
  send(n: number, endedAt: number, rest: Partial<SentMessage> = {}): void {
    const message = {
      recipient: BOB,
      recipientName: "bob",
      id: messageId(n),
      name: "a.json",
      at: 0,
      endedAt,
    };
    const text = new TextEncoder().encode(body);
    this.#tell(endedAt);
    this.store.transaction(() =>
      this.store.sent.add(
        { ...message, kind: "document", status: "delivered", size: text.length, body: text, ...rest },
      )
    );
  }

  /** It is that late by the wall clock, and so much was lived through. */
  #tell(at: number): void {
    const ms = Math.max(at, this.store.lived.now.ms);
    this.store.lived.tell({ ms, wall: at, latestWall: at });
    this.store.transaction(() => this.store.lived.note());
  }

  async sync(): Promise<void> {
    await this.#syncer.pass(this.store.messages.lastRow);
  }

  /** What the history holds: kind, and whether its body or text is there. */
  get received(): [row: number, holds: number][] {
    return this.#all("SELECT row, body IS NOT NULL OR text IS NOT NULL AS holds FROM message ORDER BY row");
  }

  get sent(): string[] {
    return this.#all("SELECT id FROM sent ORDER BY row").map(([id]) => id as string);
  }

  /** Bodies and text that the database holds, counted. */
  get held(): number {
    return this.#all(
      `SELECT sum(n + ${ROW_BYTES}) FROM (SELECT length(coalesce(body, text)) AS n FROM message ` +
        "WHERE coalesce(body, text) IS NOT NULL UNION ALL SELECT length(coalesce(body, text)) FROM sent)",
    )[0]![0] as number ?? 0;
  }

  /** What is kept of all senders, as it is summed up, and as it is in the rows. */
  get ofSenders(): unknown[] {
    const { all } = this.store.senders;
    const [documents] = this.#all(
      `SELECT coalesce(sum(${COST_SQL}), 0), coalesce(sum(m.file IS NOT NULL), 0) FROM message m
       WHERE m.kind = 'document' AND m.kept`,
    );
    const [held] = this.#all(
      `SELECT coalesce(sum(length(coalesce(body, text)) + ${ROW_BYTES}), 0) FROM message`,
    );
    const [streams] = this.#all("SELECT count(*) FROM stream_file");
    const [folders] = this.#all("SELECT count(*) FROM folder");
    const found = [documents![0], Number(documents![1]) + Number(streams![0]), folders![0], held![0]];
    assertEquals([all.bytes, all.files, all.folders, all.held], found as number[]);
    assertEquals(this.#all("SELECT sum(bytes), sum(files), sum(folders), sum(held) FROM sender")[0], found);
    return found;
  }

  #all<T extends unknown[]>(sql: string): T[] {
    return this.#db.prepare(sql).all().map((row) => Object.values(row)) as unknown as T[];
  }

  [Symbol.dispose](): void {
    this.store.close();
    Deno.removeSync(this.#root, { recursive: true });
  }
}

function complain(code: string, message: string): void {
  assert(false, `${code}: ${message}`);
}

/** Runs until nothing more is done. */
function runAll(parts: Parts, at: number, keep = KEEP): void {
  parts.store.lived.tell({ ms: at, wall: at, latestWall: at });
  const housekeeping = new Housekeeping(parts.store, parts.inbox, keep, complain);
  // A run prunes for a while only: on a slow machine it takes more of them.
  for (let runs = 0, before = Infinity; runs < 5 || parts.store.usage.held < before; runs++) {
    before = parts.store.usage.held;
    housekeeping.run();
  }
  assertEquals(parts.store.usage.held, parts.held, "what is counted is what is there");
  assertEquals(parts.store.usage.documents, parts.ofSenders[0]);
}

Deno.test("what is older than may be is pruned: chat and sent messages go, of documents their bodies", async () => {
  using parts = new Parts();
  parts.receive(aDocument(1));
  parts.receive(aChat(2));
  parts.send(1, 0);
  parts.receive(aDocument(3), DAY);
  parts.receive(aChat(4), DAY);
  parts.send(2, DAY);
  await parts.sync();
  runAll(parts, DAY);
  assertEquals(parts.received.length, 4, "nothing is older than a day");
  runAll(parts, DAY + 1);
  assertEquals(parts.received, [[1, 0], [3, 1], [4, 1]]);
  assertEquals(parts.sent, [messageId(2)]);
  const place = parts.store.messages.find(ALICE, messageId(1))!;
  assertEquals(
    Deno.readTextFileSync(parts.inbox.path(place.folderName, place.file)),
    '{"seq":1}',
    "the file is the user's",
  );
  assertEquals(parts.store.usage.documents, 2 * fileCost(9), "and counts as before");
});

Deno.test("where there is too much the oldest goes first, received or sent, and no more than has to", async () => {
  using parts = new Parts();
  for (let n = 1; n <= 6; n++) {
    parts.receive(aDocument(n, { body }), 2 * n * MINUTES);
    parts.send(n, (2 * n + 1) * MINUTES);
  }
  await parts.sync();
  runAll(parts, 100);
  assertEquals(parts.store.usage.held, KEEP.bytes);
  assertEquals(parts.received.map(([, holds]) => holds), [0, 1, 1, 1, 1, 1]);
  assertEquals(parts.sent.length, 5);
  runAll(parts, 100, { ...KEEP, bytes: 3.5 * (100 + ROW_BYTES) });
  assertEquals(parts.store.usage.held, 3 * (100 + ROW_BYTES));
  assertEquals(parts.received.map(([, holds]) => holds), [0, 0, 0, 0, 0, 1]);
});

Deno.test("what is not known to be on disk as a file is not pruned, nor what stands in the outbox", async () => {
  using parts = new Parts();
  parts.receive(aDocument(1));
  await parts.sync();
  parts.receive(aDocument(2));
  parts.receive(aChat(3));
  const waiting = {
    id: messageId(1),
    kind: "chat",
    name: "",
    at: 0,
  } as const;
  parts.store.transaction(() =>
    parts.store.outbox.enqueue(
      BOB,
      { ...waiting, expires: 1, size: 2, body: new TextEncoder().encode("hi") },
      "bob",
    )
  );
  runAll(parts, 10 * DAY);
  assertEquals(parts.received, [[1, 0], [2, 1], [3, 1]]);
  assertEquals(parts.store.outbox.waiting(BOB).length, 1);
  await parts.sync();
  runAll(parts, 10 * DAY);
  assertEquals(
    parts.received,
    [[1, 0], [2, 0], [3, 1]],
    "the newest row stays: its number is not given again",
  );
});

Deno.test("a document that comes again is a duplicate, and another one of its id refused, also without its body", async () => {
  using parts = new Parts();
  parts.receive(aDocument(1));
  parts.receive(aDocument(2));
  await parts.sync();
  runAll(parts, 10 * DAY);
  assertEquals(parts.received.map(([, holds]) => holds), [0, 1]);
  assertEquals(parts.receive(aDocument(1)), false);
  assertEquals(parts.outcome(aDocument(1)), {
    saved: true,
    duplicate: true,
    name: "reading.json",
    path: parts.inbox.path("alice", "reading.json"),
  });
  assertEquals(parts.outcome(aDocument(1, { body: '{"seq":7}' })), OTHER);
  assertEquals(parts.received.length, 2);
});

Deno.test("what the history has forgotten is a duplicate all the same, and another message of its id refused", async () => {
  using parts = new Parts();
  for (const item of [aChat(1), aDocument(2, { name: "2.json" }), aChat(3)]) parts.receive(item);
  await parts.sync();
  Deno.removeSync(parts.inbox.path("alice", "2.json"));
  runAll(parts, 10 * DAY);
  runAll(parts, 10 * DAY);
  assertEquals(parts.received.map(([row]) => row), [3]);
  for (const item of [aChat(1), aDocument(2)]) {
    assertEquals(parts.outcome(item), { saved: true, duplicate: true }, item.kind);
  }
  assertEquals(parts.outcome(aChat(1, { text: "hello 7" })), OTHER);
  assertEquals(parts.outcome(aDocument(2, { body: '{"seq":7}' })), OTHER);
  assertEquals(parts.received.length, 1);
});

Deno.test("an old document whose file the owner removed is forgotten and no longer counts, a newer one stays", async () => {
  using parts = new Parts();
  for (let n = 1; n <= 4; n++) parts.receive(aDocument(n, { name: `${n}.json` }), n === 3 ? 9 * DAY : 0);
  await parts.sync();
  for (const n of [1, 3]) Deno.removeSync(parts.inbox.path("alice", `${n}.json`));
  runAll(parts, 9 * DAY + 1);
  assertEquals(parts.received.map(([row]) => row), [2, 3, 4]);
  assertEquals(parts.store.usage.documents, 3 * fileCost(9));
  assert(parts.receive(aDocument(5, { name: "1.json" })), "its name is free again");
});

Deno.test("a disk that is not there now does not count as an empty inbox", async () => {
  using parts = new Parts();
  for (let n = 1; n <= 2; n++) parts.receive(aDocument(n));
  await parts.sync();
  Deno.renameSync(parts.inbox.root, `${parts.inbox.root}-away`);
  runAll(parts, 10 * DAY);
  assertEquals(parts.received.length, 2);
});

Deno.test("thousands of rows are pruned bit by bit, and what they took is used again", async () => {
  using parts = new Parts();
  const long = JSON.stringify("x".repeat(1000));
  for (let n = 1; n <= 3000; n++) parts.receive(aDocument(n, { body: long, stream: "log" }));
  await parts.sync();
  const before = parts.store.retention.freePages;
  runAll(parts, 100, { ms: DAY, bytes: 12_000 });
  assertEquals(parts.received.filter(([, holds]) => holds === 1).length, 9);
  assert(parts.store.retention.freePages - before > 200, "the pages are free");
  runAll(parts, 100, { ms: DAY, bytes: 12_000 });
  assertEquals(parts.received.length, 3000);
});

Deno.test("pages that are free are given back to the file system", async () => {
  using parts = new Parts();
  const long = JSON.stringify("x".repeat(60_000));
  for (let n = 1; n <= 50; n++) parts.receive(aDocument(n, { body: long }));
  parts.receive(aChat(51));
  await parts.sync();
  runAll(parts, 10 * DAY);
  const { retention } = parts.store;
  const free = retention.freePages;
  assert(free > 300);
  retention.shrink(100);
  assertEquals(retention.freePages, free - 100);
});

Deno.test("a store prunes with each pass, and when it is closed soon after its start", async () => {
  await using bench = new Bench();
  const keep = { ms: DAY, bytes: 1e9 };
  const storage = await bench.open({ keep });
  for (let n = 1; n <= 3; n++) await storage.receive(aChat(n));
  await storage.sync();
  assertEquals(bench.received().length, 3);
  bench.clock.advanceSync(DAY + 1);
  await storage.sync();
  assertEquals(bench.received().map(({ id }) => id), [messageId(3)]);
  await storage.receive(aChat(4));
  bench.clock.advanceSync(DAY + 1);
  await storage.waiting(ALICE);
  await storage.close();
  const again = await bench.open({ keep });
  assertEquals(bench.received().map(({ id }) => id), [messageId(4)]);
  const outcome = await again.receive(aChat(1));
  assert(outcome.saved && outcome.duplicate, "its id is remembered");
});

Deno.test("old documents are looked at in parts, wherever there are any", async () => {
  using parts = new Parts();
  // Chats between them that are pruned leave wide gaps.
  for (let n = 1; n <= 2400; n++) {
    parts.receive(n % 600 === 0 ? aDocument(n, { name: `${n}.json` }) : aChat(n));
  }
  parts.receive(aChat(2401));
  await parts.sync();
  // Only documents whose bodies are pruned are looked at.
  runAll(parts, 10 * DAY);
  for (const n of [600, 2400]) Deno.removeSync(parts.inbox.path("alice", `${n}.json`));
  runAll(parts, 10 * DAY);
  assertEquals(parts.received.map(([row]) => row), [1200, 1800, 2401]);
});

Deno.test("what a cursor in use has not read is not pruned, what it has read is, and sent messages are", async () => {
  using parts = new Parts();
  const { cursors } = parts.store;
  for (let n = 1; n <= 4; n++) parts.receive(n % 2 === 0 ? aChat(n) : aDocument(n));
  parts.send(1, 0);
  await parts.sync();
  cursors.open("program", "document", true, DAY);
  cursors.move("program", 1, [3], DAY);
  cursors.open("further on", "chat", false, DAY);
  runAll(parts, 30 * DAY);
  assertEquals(parts.received, [[1, 0], [2, 1], [3, 1], [4, 1]]);
  assertEquals(parts.sent, [messageId(1)], "the newest row stays");
  cursors.move("program", 3, [], 30 * DAY);
  runAll(parts, 30 * DAY);
  assertEquals(parts.received, [[1, 0], [3, 0], [4, 1]]);
});

Deno.test("a cursor that was not used for 30 days keeps nothing, however often others are used", async () => {
  using parts = new Parts();
  const { cursors } = parts.store;
  for (let n = 1; n <= 3; n++) parts.receive(aChat(n));
  await parts.sync();
  cursors.open("left", "chat", true, 0);
  runAll(parts, 30 * DAY);
  assertEquals(parts.received.length, 3);
  cursors.open("used", "chat", false, 30 * DAY);
  runAll(parts, 30 * DAY + 1);
  assertEquals(parts.received, [[3, 1]]);
});

Deno.test("what waits for a cursor may be twice the history, and beyond that the oldest goes", async () => {
  using parts = new Parts();
  parts.store.cursors.open("slow", "document", true, 0);
  for (let n = 1; n <= 25; n++) parts.receive(aDocument(n, { body }), n);
  await parts.sync();
  runAll(parts, 100);
  assertEquals(parts.store.usage.held, 2 * KEEP.bytes);
  assertEquals(parts.received.map(([, holds]) => holds), [...Array(5).fill(0), ...Array(20).fill(1)]);
});

Deno.test("an old question whose file the owner removed makes room for another one of its asker", async () => {
  using parts = new Parts();
  const isRefused = () => parts.store.questions.refusal(ALICE, true) !== undefined;
  parts.receive(aDocument(1, { ask: true }));
  // Their messages are gone already.
  parts.store.transaction(() => {
    for (let n = 1; n < 1_024; n++) parts.store.questions.add(1_000_000 + n, ALICE);
  });
  await parts.sync();
  assert(isRefused());
  Deno.removeSync(parts.inbox.path("alice", "reading.json"));
  parts.receive(aChat(2_000), 3 * DAY);
  parts.receive(aChat(2_001), 3 * DAY);
  await parts.sync();
  runAll(parts, 3 * DAY);
  assertEquals(parts.store.questions.find(ALICE, messageId(1)), undefined);
  assert(!isRefused());
});
