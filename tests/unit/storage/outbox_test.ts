import { assertEquals, assertRejects } from "@std/assert";
import type { OutboxRow } from "../../../lib/storage/types.ts";
import { ALICE, Bench, BOB, messageId } from "./support.ts";

function waiting(seq: number, rest: Partial<OutboxRow> = {}): OutboxRow {
  return {
    recipient: BOB,
    epoch: 7,
    seq,
    id: messageId(seq),
    kind: "document",
    name: "a.json",
    at: 1000,
    expires: 2000,
    size: `[${seq}]`.length,
    body: new TextEncoder().encode(`[${seq}]`),
    ...rest,
  };
}

/** A row as it is listed: without its body. */
function listed({ body: _, ...row }: OutboxRow): OutboxRow {
  return row;
}

Deno.test("what waits for a peer survives a restart, in the order in which it was handed in", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  assertEquals(await first.outgoing(BOB), undefined);
  assertEquals(await first.outboxRecipients(), []);
  const chat = waiting(1, { kind: "chat", name: "", to: "you" });
  const line = waiting(2, { stream: "log" });
  const [late, later] = [waiting(0, { id: messageId(9) }), waiting(0, { id: messageId(8) })];
  await first.enqueue(late);
  assertEquals(await first.outgoing(BOB), { epoch: 7, reserved: 0, acked: 0, rows: [listed(late)] });
  await first.reserve(BOB, 7, 64);
  for (const row of [waiting(0, { id: messageId(2) }), later, chat, line]) await first.enqueue(row);
  await first.close();
  const storage = await bench.open();
  assertEquals(await storage.outgoing(BOB), {
    epoch: 7,
    reserved: 64,
    acked: 0,
    rows: [late, line, later, chat].map(listed),
  });
  assertEquals(
    await storage.bodies(BOB, [late.id, chat.id, messageId(77)]),
    new Map([[late.id, late.body!], [chat.id, chat.body!]]),
  );
  assertEquals(await storage.outboxRecipients(), [BOB]);
  assertEquals(await storage.outgoing(ALICE), undefined);
});

Deno.test("numbers stay reserved, and another epoch takes their place only by renumbering", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.reserve(BOB, 7, 64);
  await storage.reserve(BOB, 7, 32);
  assertEquals((await storage.outgoing(BOB))!.reserved, 64);
  await assertRejects(() => storage.reserve(BOB, 8, 64), Error, "epoch");
  assertEquals(await storage.outgoing(BOB), { epoch: 7, reserved: 64, acked: 0, rows: [] });
});

Deno.test("a settled message waits no more, and the bound of what is acknowledged only rises", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.reserve(BOB, 7, 64);
  for (const seq of [1, 2, 3]) await storage.enqueue(waiting(seq));
  await storage.settle(BOB, 7, [messageId(1), messageId(3)], 1);
  await storage.settle(BOB, 7, [], 0);
  await storage.settle(BOB, 6, [], 60);
  assertEquals(await storage.outgoing(BOB), { epoch: 7, reserved: 64, acked: 1, rows: [listed(waiting(2))] });
});

Deno.test("a message that waits again under its id takes the place of what stood there", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.enqueue(waiting(1));
  await storage.enqueue(waiting(5, { id: messageId(1) }));
  assertEquals((await storage.outgoing(BOB))!.rows, [listed(waiting(5, { id: messageId(1) }))]);
  await storage.enqueue(waiting(6, { id: messageId(1), body: undefined }));
  assertEquals((await storage.outgoing(BOB))!.rows, [listed(waiting(6, { id: messageId(1) }))]);
  assertEquals(await storage.bodies(BOB, [messageId(1)]), new Map([[messageId(1), waiting(5).body!]]));
});

Deno.test("a new numbering gives every waiting message its new number at once, or none", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.reserve(BOB, 7, 64);
  for (const seq of [1, 2, 3]) await storage.enqueue(waiting(seq));
  const clash = new Map([1, 2, 3].map((seq) => [messageId(seq), 1]));
  await assertRejects(() => storage.renumber(BOB, 8, 64, clash));
  assertEquals(bench.warnings, []);
  assertEquals((await storage.outgoing(BOB))!.rows.map(({ epoch, seq }) => [epoch, seq]), [[7, 1], [7, 2], [
    7,
    3,
  ]]);
  await storage.renumber(BOB, 8, 32, new Map([[messageId(3), 1], [messageId(1), 2]]));
  assertEquals(await storage.outgoing(BOB), {
    epoch: 8,
    reserved: 32,
    acked: 0,
    rows: [
      waiting(2, { epoch: 8, id: messageId(1) }),
      waiting(0, { epoch: 8, id: messageId(2) }),
      waiting(1, { epoch: 8, id: messageId(3) }),
    ].map(listed),
  });
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
