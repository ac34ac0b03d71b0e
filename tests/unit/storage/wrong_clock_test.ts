import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Storage } from "../../../lib/storage/storage.ts";
import { MIGRATIONS } from "../../../lib/storage/tables/schema.ts";
import { aChat, aDocument, ALICE, Bench, BOB, messageId } from "./support.ts";

const DAY = 86_400_000;

/** A store with a document, a line of chat, and something sent. */
async function fill(storage: Storage): Promise<void> {
  await storage.receive(aDocument(1));
  await storage.receive(aChat(2));
  await storage.receive(aChat(3));
  for (const n of [1, 2]) {
    await storage.enqueue(BOB, {
      ...{ id: messageId(n), kind: "chat", name: "", at: 0 },
      ...{ expires: storage.lived() + 7 * DAY, size: 2, body: new TextEncoder().encode("hi") },
    });
    const end = { recipientName: "bob", status: "delivered", endedAt: 1 } as const;
    await storage.settle(BOB, new Map([[messageId(n), end]]));
  }
}

/** Bodies and chat that the database holds. */
function held({ database }: Bench): number {
  const db = new DatabaseSync(database, { readOnly: true });
  const { n } = db.prepare(
    "SELECT (SELECT count(*) FROM message WHERE coalesce(body, text) IS NOT NULL) + (SELECT count(*) FROM sent) AS n",
  ).get()!;
  db.close();
  return Number(n);
}

for (const days of [-21, 400, 365, -3650]) {
  Deno.test(`a clock that is ${days} days off, at a start or during a run, deletes nothing`, async () => {
    await using bench = new Bench();
    let storage = await bench.open();
    await fill(storage);
    await storage.sync();
    bench.clock.wallOffset += days * DAY;
    await storage.sync();
    await storage.close();
    storage = await bench.open();
    await storage.sync();
    bench.clock.wallOffset -= days * DAY;
    await storage.sync();
    await storage.close();
    storage = await bench.open();
    await storage.sync();
    assertEquals(held(bench), 5);
    assertEquals(storage.lived() <= 2 * DAY, true, "of each gap at most a day counts");
  });
}

Deno.test("what was received while the clock was years ahead, or behind, is deleted when it was kept for its days", async () => {
  for (const days of [400, -3650]) {
    await using bench = new Bench();
    const storage = await bench.open();
    bench.clock.wallOffset += days * DAY;
    await fill(storage);
    await storage.sync();
    bench.clock.wallOffset -= days * DAY;
    bench.clock.advanceSync(88 * DAY);
    await storage.sync();
    assertEquals(held(bench), 5);
    bench.clock.advanceSync(3 * DAY);
    await storage.sync();
    assertEquals(held(bench), 2, "the newest rows stay");
  }
});

Deno.test("the time of a program that was killed goes on where it was last written", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await fill(storage);
  bench.clock.advanceSync(3 * DAY);
  await storage.sync();
  bench.cutPower();
  bench.clock.wallOffset -= 3650 * DAY;
  const again = await bench.open();
  assertEquals(Math.round(again.lived() / DAY), 3);
});

Deno.test("an older database keeps its history by its own times, and what waits gets the rest of its time", async () => {
  await using bench = new Bench();
  const now = Date.now();
  Deno.mkdirSync(bench.state, { recursive: true });
  const db = new DatabaseSync(bench.database, { enableForeignKeyConstraints: false });
  db.exec(MIGRATIONS[0]!);
  db.exec(MIGRATIONS[1]!);
  const chat = db.prepare(
    `INSERT INTO message (sender, id, sender_name, kind, addressed, name, epoch, seq, received_at, size, text)
     VALUES (?, ?, 'alice', 'chat', 'all', '', 1, ?, ?, 5, 'hello')`,
  );
  // Four a day for 120 days, then one when the clock was ten years ahead, one when it was right again.
  for (let n = 1; n <= 480; n++) chat.run(ALICE, messageId(n), n, now - (480 - n) * DAY / 4);
  chat.run(ALICE, messageId(481), 481, now + 3650 * DAY);
  chat.run(ALICE, messageId(482), 482, now);
  const waiting = db.prepare(
    `INSERT INTO outbox (recipient, epoch, seq, id, kind, name, at, expires, size, body)
     VALUES (?, 1, 0, ?, 'document', 'a.json', ?, ?, 2, x'5b5d')`,
  );
  waiting.run(BOB, messageId(1), now - 4 * DAY, now + 3 * DAY);
  waiting.run(BOB, messageId(2), now - 21 * DAY, now - 14 * DAY);
  waiting.run(BOB, messageId(3), now + 400 * DAY, now + 407 * DAY);
  db.exec("PRAGMA user_version = 2");
  db.close();
  const storage = await bench.open();
  const days = (await storage.waiting(BOB)).map(({ expires }) =>
    Math.round((expires - storage.lived()) / DAY)
  );
  assertEquals(days, [3, 1, 7]);
  await storage.sync();
  const left = held(bench);
  assertEquals(Math.abs(left - (4 * 90 + 2)) <= 8, true, `${left}`);
});
