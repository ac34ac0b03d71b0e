import { assertEquals } from "@std/assert";
import { Delivery, type DeliveryEvent } from "../../../lib/delivery/delivery.ts";
import { AwaitedAnswers } from "../../../lib/delivery/awaited_answers.ts";
import { Policy } from "../../../lib/delivery/policy.ts";
import { TrustBook } from "../../../lib/identity/trust_book.ts";
import { Spool } from "../../../lib/storage/files/spool.ts";
import { ALICE, Bench, BOB, messageId } from "../storage/support.ts";

const DAY = 86_400_000;

Deno.test("what waited too long for a peer that never came ends after it was tried for a while, and is named", async () => {
  await using bench = new Bench();
  const before = await bench.open();
  const content = {
    kind: "document",
    name: "reading.json",
    at: 0,
    size: 1,
    body: new Uint8Array([49]),
  } as const;
  const now = before.lived();
  await before.enqueue(BOB, { ...content, id: messageId(1), expires: now + DAY });
  await before.enqueue(BOB, { ...content, id: messageId(2), expires: now + 30 * DAY });
  await before.enqueue(ALICE, { ...content, id: messageId(3), expires: now + 30 * DAY });
  await before.close();

  bench.clock.wallOffset += 2 * DAY;
  const storage = await bench.open();
  assertEquals(await storage.overdueRecipients(), [BOB]);
  const trust = await TrustBook.load(storage, bench.clock);
  const delivery = new Delivery({
    storage,
    spool: new Spool(bench.state),
    policy: new Policy(trust, "everyone", 1e6),
    clock: bench.clock,
    brief: false,
    nameOf: () => "bob",
    awaited: new AwaitedAnswers(),
    isKnown: () => true,
  });
  const ended: DeliveryEvent[] = [];
  delivery.on((event) => event.type === "settled" && ended.push(event));
  await delivery.takeUpOverdue();
  bench.clock.advanceSync(59_000);
  assertEquals(ended, []);
  await bench.clock.advance(1_000);
  assertEquals(
    ended.map((event) =>
      event.type === "settled" && [event.recipient, event.message.id, event.settlement.status]
    ),
    [[BOB, messageId(1), "expired"]],
  );
  delivery.close();
  await storage.close();
  const after = await bench.open();
  assertEquals((await after.waiting(BOB)).map(({ id }) => id), [messageId(2)]);
  assertEquals((await after.waiting(ALICE)).map(({ id }) => id), [messageId(3)]);
});
