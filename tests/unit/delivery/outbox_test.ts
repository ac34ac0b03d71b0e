import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { Outbox } from "../../../lib/delivery/outbox.ts";
import type { PendingMessage } from "../../../lib/delivery/pending_message.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const DELIVERED = { status: "delivered" } as const;

/** An outbox over a store that tells what it was asked to keep. */
class Bench {
  readonly clock = new FakeClock();
  readonly stored: string[] = [];
  /** Ids that the store does not take. */
  readonly refused = new Set<string>();
  #count = 0;

  readonly outbox = new Outbox(
    {
      load: () => Promise.resolve([]),
      bodies: () => Promise.resolve(new Map()),
      open: () => Promise.reject(new Error("nothing is in the spool")),
      enqueue: ({ id }) => {
        if (this.refused.has(id)) return Promise.reject(new Error("full"));
        this.stored.push(id);
        return Promise.resolve();
      },
      settle: () => Promise.resolve(),
      lived: () => this.clock.now(),
    },
    this.clock,
    { loaded: () => {}, lost: () => {}, failed: () => {}, expired: () => {} },
  );

  add(): PendingMessage {
    const id = `${++this.#count}`;
    const body = new Uint8Array(1);
    const message = { id, kind: "document", name: "a.json", at: 0, expires: 1e9, size: 1, body } as const;
    return this.outbox.add(message, true, false);
  }
}

Deno.test("what is not answered in time is stored, and what came after it has its own time", async () => {
  const { outbox, clock, stored, add } = bound(new Bench());
  add();
  await clock.advance(150);
  add();
  await clock.advance(50);
  assertEquals(stored, ["1"]);
  await clock.advance(400);
  assertEquals(stored, ["1", "2"]);
  outbox.close();
});

Deno.test("while a recipient takes messages, those behind are not stored at once, but in two seconds in any case", async () => {
  const { outbox, clock, stored, add } = bound(new Bench());
  const first = Array.from({ length: 30 }, add);
  add();
  for (const item of first) {
    await outbox.end([item], DELIVERED);
    await clock.advance(60);
  }
  assertEquals(stored, [], "1.8 seconds have passed");
  await clock.advance(400);
  assertEquals(stored, ["31"]);
  outbox.close();
});

Deno.test("once a recipient takes nothing for a second, all is stored", async () => {
  const { outbox, clock, stored, add } = bound(new Bench());
  const first = add();
  await clock.advance(50);
  add();
  await outbox.end([first], DELIVERED);
  await clock.advance(1_300);
  assertEquals(stored, ["2"]);
  outbox.close();
});

Deno.test("what the store did not take keeps its place before what came later", async () => {
  const { outbox, clock, stored, refused, add } = bound(new Bench());
  refused.add("1");
  const first = add();
  await clock.advance(200);
  add();
  refused.clear();
  await outbox.keep(first);
  assertEquals(stored, ["1", "2"]);
  outbox.close();
});

Deno.test("a store that takes nothing costs no more for each message if many wait", async () => {
  const { outbox, clock, refused, add } = bound(new Bench());
  const items = Array.from({ length: 4_000 }, add);
  for (const { message } of items) refused.add(message.id);
  const before = process.cpuUsage();
  await clock.advance(200);
  const { user, system } = process.cpuUsage(before);
  assertEquals(items.filter(({ durable, stored }) => !durable && !stored).length, 4_000);
  // With a sort for each it was half a minute.
  assert(user + system < 3_000_000, `${user + system} microseconds of processor time`);
  outbox.close();
});

/** Returns a bench whose method can be called alone. */
function bound(bench: Bench) {
  const { outbox, clock, stored, refused } = bench;
  return { outbox, clock, stored, refused, add: () => bench.add() };
}
