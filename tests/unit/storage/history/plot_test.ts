import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { plot as plotOf, type PlotRequest } from "../../../../lib/storage/history/plot.ts";
import { plotPoints, type PointsAnswer } from "../../../../lib/storage/history/plot_points.ts";
import { Places } from "../../../../lib/storage/history/message_rows.ts";
import { Reading } from "../../../../lib/storage/history/reading.ts";
import { StreamColumns } from "../../../../lib/storage/history/stream_columns.ts";
import { newestFirst, oldestFirst } from "../../../../lib/storage/history/stream_documents.ts";
import { Streams, streamsOf } from "../../../../lib/storage/history/streams.ts";
import { MIGRATIONS } from "../../../../lib/storage/tables/schema.ts";
import { aChat, aDocument, ALICE, Bench, BOB, messageId, peerId } from "../support.ts";

const HOUR = 3_600_000;

/** The history that a store makes of some documents, an hour apart, read as the page reads it. */
async function historyOf(
  documents: readonly { readonly sender?: string; readonly stream?: string; readonly body: unknown }[],
): Promise<Bench & { readonly db: DatabaseSync }> {
  const bench = new Bench();
  const storage = await bench.open();
  for (const [i, { body, ...rest }] of documents.entries()) {
    await storage.receive(aDocument(i + 1, { stream: "env", ...rest, body: JSON.stringify(body) }));
    bench.clock.wallOffset += HOUR;
  }
  await storage.receive(aChat(9999));
  await bench.closeAll();
  return Object.assign(bench, { db: new DatabaseSync(bench.database) });
}

/** A database of rows that no store made, because so many would take long. */
function filled(senders: number, count: number, bodyOf: (i: number) => string | null): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const migration of MIGRATIONS) db.exec(migration);
  const insert = db.prepare(
    `INSERT INTO message (sender, id, sender_name, kind, name, stream, received_at, size, body)
     VALUES (?, ?, ?, 'document', 'r.json', 'env', ?, 0, ?)`,
  );
  db.exec("BEGIN");
  for (let i = 0; i < count; i++) {
    const n = i % senders;
    const body = bodyOf(i);
    insert.run(
      peerId(String.fromCharCode(97 + n)),
      messageId(i),
      `board-${n}`,
      1.78e12 + i * 1000,
      body === null ? null : new TextEncoder().encode(body),
    );
  }
  db.exec("COMMIT");
  return db;
}

const reading = (db: DatabaseSync, stepMs?: number) =>
  new Reading(db, new Places("/state", "/inbox"), undefined, stepMs);
const plot = (db: DatabaseSync, request: PlotRequest, now?: () => number) =>
  plotOf(reading(db), request, now);

const asked = (rest: Partial<PlotRequest> = {}): PlotRequest => ({
  sources: [{ sender: ALICE, stream: "env" }],
  fields: [],
  width: 100,
  ...rest,
});

Deno.test("the streams whose documents have numbers are listed with their fields, the newest first", async () => {
  await using history = await historyOf([
    { body: { t: "2026-01-01T00:00:00Z", temp: 1 } },
    { body: { state: "no number" }, stream: "words" },
    { body: { volts: [3, 4] }, sender: BOB, stream: "power" },
    { body: { temp: 2, extra: { x: 1 } } },
    { body: { t: "2026-01-01T00:00:00Z", temp: 3 } },
  ]);
  using db = history.db;
  const { streams, more } = streamsOf(db).list();
  const [last] = db.prepare("SELECT received_at AS at FROM message WHERE id = ?").all(messageId(5));
  assertEquals(more, undefined);
  assertEquals(
    streams.map(({ sender, stream, documents, fields }) => [sender.id, stream, documents, fields]),
    [
      [ALICE, "env", 3, ["/temp", "/extra/x"]],
      [BOB, "power", 1, ["/volts/0", "/volts/1"]],
    ],
  );
  assertEquals(streams[0]!.last, Number(last!.at));
  db.prepare("DELETE FROM message WHERE sender = ?").run(BOB);
  db.exec(
    "UPDATE message SET sender_name = 'alicia' WHERE row = (SELECT max(row) FROM message WHERE kind = 'document')",
  );
  assertEquals(new Streams(db).list().streams.map(({ sender }) => sender.name), ["alicia"]);
});

Deno.test("time is that of the document, or when it arrived if it names no plausible one", async () => {
  await using history = await historyOf([
    { body: { t: "2026-01-01T00:00:00Z", temp: 1 } },
    { body: { t: 1767225600 + 60, temp: 2 } },
    { body: { t: "not set", temp: 3 } },
    { body: { temp: "warm" } },
  ]);
  using db = history.db;
  const found = plot(db, asked());
  const [third] = db.prepare("SELECT received_at AS at FROM message WHERE id = ?").all(messageId(3));
  const all = new Map(found.x.map((at, i) => [at, found.y[0]![i]]));
  const first = Date.UTC(2026, 0);
  assertEquals(
    all,
    new Map([[first, 1], [first + 60_000, 2], [Number(third!.at), 3]].sort() as [number, number][]),
  );
  assertEquals([found.documents, found.bare, found.times, found.bucket], [3, 0, ["t"], 0]);
  assertEquals(found.lines, [{ source: 0, field: "/temp" }]);
  const range = plot(db, asked({ from: first + 1, to: first + HOUR }));
  assertEquals([range.x, range.y], [[first + 60_000], [[2]]]);
});

Deno.test("several boards and fields come in one plot; what came after a row comes alone", async () => {
  await using history = await historyOf([
    { body: { a: 1, b: 10 } },
    { body: { a: 2, b: 20 }, sender: BOB },
    { body: { a: 3 } },
  ]);
  using db = history.db;
  const sources = [{ sender: ALICE, stream: "env" }, { sender: BOB, stream: "env" }];
  const all = plot(db, asked({ sources, fields: ["/a", "/b"] }));
  assertEquals(all.y, [[1, null, 3], [10, null, null], [null, 2, null], [null, 20, null]]);
  assertEquals(all.lines.map(({ source, field }) => `${source}${field}`), ["0/a", "0/b", "1/a", "1/b"]);
  const later = plot(db, asked({ sources, fields: ["/a"], after: 2 }));
  assertEquals([later.y, later.row], [[[3], [null]], 4]);
  assertEquals(plot(db, asked({ sources, fields: ["/a"], after: 4 })).x, []);
  assertEquals(
    plot(db, asked({ sources: [{ sender: peerId("x"), stream: "env" }] })).lines,
    [],
  );
});

Deno.test("documents whose body the database no longer has are left out and counted", () => {
  using db = filled(
    1,
    2000,
    (i) => i < 700 ? null : i === 800 ? "{no JSON" : i === 801 ? '1],[1,2,{"v":1}' : `{"v":${i}}`,
  );
  const found = plot(db, asked());
  assertEquals([found.documents, found.bare], [1298, 702]);
});

Deno.test("points are the same whether they are found by the index of senders or row by row", () => {
  using db = filled(20, 20_000, (i) => `{"v":${i}}`);
  const one = [...newestFirst(db, { sender: ALICE, stream: "env" })].flatMap(({ documents }) => documents);
  assertEquals(one.map(([row]) => row), Array.from({ length: 1000 }, (_, i) => (999 - i) * 20 + 1));
  using alone = filled(1, 1000, (i) => `{"v":${i * 20}}`);
  const same = [...newestFirst(alone, { sender: ALICE, stream: "env" })].flatMap(({ documents }) =>
    documents
  );
  assertEquals(same.map(([, , value]) => value), one.map(([, , value]) => value));
  const plan = (sql: string) =>
    db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => detail).join();
  assert(
    plan("SELECT id FROM message WHERE sender = 'a' AND id < '~' ORDER BY id DESC LIMIT 9").includes("USING"),
  );
});

Deno.test("if there is no time for all documents, the newest come first, and further answers bring the rest", () => {
  using db = filled(1, 20_000, (i) => `{"v":${i}}`);
  let ms = 0;
  const next = () => plot(db, asked(), () => ms += 200);
  const first = next();
  assert(first.documents > 0 && first.documents < 20_000, `${first.documents}`);
  assertEquals([first.since, first.more], [1.78e12 + (20_000 - first.documents) * 1000, true]);
  const second = next();
  assert(second.documents > first.documents);
  let last = second;
  for (let n = 0; last.more && n < 100; n++) last = next();
  assertEquals([last.documents, last.since, last.more], [20_000, undefined, undefined]);
});

Deno.test("what came since the last answer is in the next one, and nothing twice", () => {
  using db = filled(2, 1000, (i) => `{"v":${i}}`);
  assertEquals(plot(db, asked()).documents, 500);
  db.exec(`INSERT INTO message (sender, id, sender_name, kind, name, stream, received_at, size, body)
    SELECT sender, id || 'x', 'board', kind, name, stream, received_at + 1e6, 0, body FROM message WHERE row <= 10`);
  assertEquals(plot(db, asked()).documents, 505);
  assertEquals(plot(db, asked()).documents, 505);
  assertEquals(plot(db, asked({ after: 1000 })).documents, 5);
  db.exec("DELETE FROM message WHERE row > 500");
  assertEquals(plot(db, asked()).documents, 250);
});

Deno.test("a document that comes while older ones are read is there once, wherever its id stands", () => {
  for (const senders of [1, 20]) {
    using db = filled(senders, 2000 * senders, (i) => `{"v":${i}}`);
    const columns = new StreamColumns(db, { sender: ALICE, stream: "env" }, () => 1e6);
    const add = (id: string) =>
      db.prepare(`INSERT INTO message (sender, id, sender_name, kind, name, stream, received_at, size, body)
        VALUES (?, ?, 'alice', 'document', 'r.json', 'env', 1.79e12, 0, CAST('{"v":-1}' AS BLOB))`).run(
        ALICE,
        id,
      );
    const count = () => {
      let all = 0, added = 0;
      columns.each((_row, _at, [value]) => (all++, value === -1 && added++));
      return [all, added];
    };
    add("~");
    assertEquals(columns.read(reading(db), 0, () => true), false);
    add("0");
    while (!columns.read(reading(db), 0, () => true));
    assertEquals(count(), [2002, 2]);
  }
});

Deno.test("however large documents are, few of them are in memory at a time, and each comes once", () => {
  const bodyOf = (i: number) => {
    const isLarge = i < 100 || i % 250 === 0;
    return isLarge ? `[${"[],".repeat(1_500)}${i}]` : `{"v":${i}}`;
  };
  for (const senders of [1, 9]) {
    using db = filled(senders, 2000, (i) => i % senders === 0 ? bodyOf(i / senders) : "0");
    const source = { sender: ALICE, stream: "env" };
    for (const windows of [newestFirst(db, source), oldestFirst(db, source)]) {
      const rows: number[] = [];
      for (const { documents, bare } of windows) {
        assertEquals(bare, 0);
        const large = documents.filter(([, , value]) => Array.isArray(value)).length;
        assert(large <= 32, `${large} documents of 4.5 kB at once`);
        rows.push(...documents.map(([row]) => row));
      }
      assertEquals(
        rows.sort((a, b) => a - b),
        Array.from({ length: Math.ceil(2000 / senders) }, (_, i) => i * senders + 1),
      );
    }
  }
});

Deno.test("documents that come one by one take no more room than those that were read together", () => {
  using db = filled(1, 1000, (i) => `{"v":${i}}`);
  const columns = new StreamColumns(db, { sender: ALICE, stream: "env" }, () => 1e6);
  const add = db.prepare(
    `INSERT INTO message (sender, id, sender_name, kind, name, stream, received_at, size, body)
    VALUES (?, ?, 'alice', 'document', 'r.json', 'env', ?, 0, CAST('{"v":' || ? || '}' AS BLOB))`,
  );
  columns.read(reading(db), 0, () => false);
  for (let i = 1000; i < 1300; i++) {
    add.run(ALICE, messageId(i), 1.78e12 + i * 1000, i);
    columns.read(reading(db), 0, () => false);
  }
  const blocks = new Set<ArrayBufferLike>();
  const found: number[] = [];
  columns.each((row, at, values) => {
    blocks.add(values.buffer);
    assertEquals([at, values[0]], [1.78e12 + (row - 1) * 1000, row - 1]);
    found.push(row);
  });
  assertEquals(found.sort((a, b) => a - b), Array.from({ length: 1300 }, (_, i) => i + 1));
  assert(blocks.size < 10, `${blocks.size} blocks`);
});

Deno.test("if there is no room for older documents, it is so forever, and the newest still come", () => {
  using db = filled(1, 2000, (i) => `{"v":${i}}`);
  const columns = new StreamColumns(db, { sender: ALICE, stream: "env" }, () => 0);
  assertEquals([columns.read(reading(db), 0, () => false), columns.isFull], [false, true]);
  const size = columns.size;
  assertEquals([columns.read(reading(db), 0, () => false), columns.size], [false, size]);
  assertEquals(columns.earliest, 1.78e12 + (2000 - 512) * 1000);
});

Deno.test("streams are listed in steps if the history is long, and none are lost", () => {
  using db = filled(4, 20_000, (i) => `{"v":${i}}`);
  let ms = 0;
  const streams = new Streams(db, () => ms += 300);
  const first = streams.list();
  assertEquals(first.more, true);
  for (let i = 0; streams.list().more && i < 50; i++);
  const { streams: all, more } = streams.list();
  assertEquals([more, all.length, all.map(({ documents }) => documents)], [
    undefined,
    4,
    Array(4).fill(5000),
  ]);
  // As many again come while nobody looks.
  db.exec(`INSERT INTO message (sender, id, sender_name, kind, name, stream, received_at, size, body)
    SELECT sender, id || 'x', sender_name, kind, name, stream, received_at + 1e8, 0, body FROM message`);
  assertEquals(streams.list().more, true);
  let last = streams.list();
  for (let i = 0; last.more && i < 50; i++) last = streams.list();
  assertEquals(last.streams.map(({ documents }) => documents), Array(4).fill(10_000));
});

Deno.test("a range begins at the row that the notes of lived time tell, and loses nothing", () => {
  using db = filled(1, 10_000, (i) => `{"v":${i}}`);
  const insert = db.prepare("INSERT INTO lived VALUES (?, ?, ?, 1)");
  for (let hour = 0; hour * 3600 < 10_000; hour++) {
    insert.run(hour * HOUR, 1.78e12 + hour * HOUR, hour * 3600 + 1);
  }
  const streams = streamsOf(db);
  assertEquals(streams.rowBefore(1.78e12 + HOUR + 1), 3600);
  assertEquals(streams.rowBefore(1.78e12), 0);
  assertEquals(streams.rowBefore(Infinity), 7200);
  const found = plot(db, asked({ from: 1.78e12 + 9_000_000 }));
  assertEquals(found.documents, 1000);
});

Deno.test("every point of a range comes as CSV, some at a time, in the order of arrival", () => {
  using db = filled(2, 3000, (i) => `{"v":${i},"w":{"x":${-i}}}`);
  const from = 1.78e12 + 1_000_000;
  const request = { ...asked(), fields: ["/w/x", "/v"], from };
  const answers: PointsAnswer[] = [];
  do {
    answers.push(plotPoints(reading(db, 0), { ...request, next: answers.at(-1)?.next }));
  } while (answers.at(-1)!.next !== undefined);
  assert(answers.length > 3);
  const lines = answers.map(({ text }) => text).join("").split("\r\n");
  assertEquals(lines.slice(0, 2), [
    "time,arrived,peer,stream,w.x,v",
    "2026-05-28T20:43:20.000Z,2026-05-28T20:43:20.000Z,board-0,env,-1000,1000",
  ]);
  assertEquals([lines.length, lines.at(-2)!.split(",").at(-1), lines.at(-1)], [1002, "2998", ""]);
});

Deno.test("a name that a spreadsheet would take for a formula, and one with quotes, stay text in CSV", () => {
  using db = filled(1, 1, () => `{"=1+1":1,"a,\\"b\\"":2}`);
  db.exec(`UPDATE message SET sender_name = '@board, "the first"'`);
  const { text } = plotPoints(reading(db), asked());
  assertEquals(text.split("\r\n").map((line) => line.replace(/^[^,]*,[^,]*,/, "")), [
    `peer,stream,'=1+1,"a,""b"""`,
    `"'@board, ""the first""",env,1,2`,
    "",
  ]);
});
