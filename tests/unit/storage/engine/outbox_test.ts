import { assertEquals } from "@std/assert";
import type { OutboundMessage } from "../../../../lib/storage/types.ts";
import { ALICE, Bench, BOB, messageId } from "../support.ts";

function waiting(n: number, rest: Partial<OutboundMessage> = {}): OutboundMessage {
  return {
    id: messageId(n),
    kind: "document",
    name: "a.json",
    at: 1000,
    expires: 2000,
    size: `[${n}]`.length,
    body: new TextEncoder().encode(`[${n}]`),
    ...rest,
  };
}

/** A row as it is listed: without its body. */
function listed({ body: _, ...row }: OutboundMessage): OutboundMessage {
  return row;
}

Deno.test("what waits for a peer survives a restart, in the order in which it was handed in", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  assertEquals(await first.waiting(BOB), []);
  assertEquals(await first.outboxRecipients(), []);
  const rows = [
    waiting(9),
    waiting(2, { stream: "log" }),
    waiting(8),
    waiting(1, { kind: "chat", name: "", to: "you" }),
  ];
  for (const row of rows) await first.enqueue(BOB, row);
  await first.close();
  const storage = await bench.open();
  assertEquals(await storage.waiting(BOB), rows.map(listed));
  assertEquals(
    await storage.bodies(BOB, [messageId(9), messageId(1), messageId(77)]),
    new Map([[messageId(9), rows[0]!.body!], [messageId(1), rows[3]!.body!]]),
  );
  assertEquals(await storage.outboxRecipients(), [BOB]);
  assertEquals(await storage.waiting(ALICE), []);
});

Deno.test("a settled message waits no more", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  for (const n of [1, 2, 3]) await storage.enqueue(BOB, waiting(n));
  await storage.settle(BOB, new Map([[messageId(1), undefined], [messageId(3), undefined]]));
  await storage.settle(BOB, new Map([[messageId(1), undefined]]));
  assertEquals(await storage.waiting(BOB), [listed(waiting(2))]);
});

Deno.test("a message that waits again under its id takes the place of what stood there", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  for (const n of [1, 2]) await storage.enqueue(BOB, waiting(n));
  const again = waiting(5, { id: messageId(1) });
  await storage.enqueue(BOB, again);
  assertEquals(await storage.waiting(BOB), [listed(again), listed(waiting(2))]);
  assertEquals(await storage.bodies(BOB, [messageId(1)]), new Map([[messageId(1), waiting(5).body!]]));
});

Deno.test("whom we know survives a restart, and is replaced and forgotten by id", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await first.putKnown({ id: ALICE, name: "alice", how: "sent", since: 1 });
  await first.putKnown({ id: BOB, name: "bob", how: "blocked", since: 2 });
  await first.putKnown({ id: ALICE, name: "Alice", how: "trusted", since: 3 });
  await first.close();
  const storage = await bench.open();
  const bob = { id: BOB, name: "bob", how: "blocked", since: 2 } as const;
  assertEquals(await storage.known(), [{ id: ALICE, name: "Alice", how: "trusted", since: 3 }, bob]);
  await storage.forgetKnown(ALICE);
  await storage.forgetKnown(ALICE);
  assertEquals(await storage.known(), [bob]);
});
