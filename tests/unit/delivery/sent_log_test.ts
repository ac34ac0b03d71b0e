import { assertEquals, assertMatch } from "@std/assert";
import { SentLog } from "../../../lib/delivery/sent_log.ts";
import type { Ended } from "../../../lib/delivery/outbound_store.ts";
import { unpackSent } from "../../../lib/storage/engine/sent_batch.ts";
import type { PackedSent } from "../../../lib/storage/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const DELIVERED = { status: "delivered" } as const;

function ended(id: string, stored: boolean, body = new Uint8Array(2)): Ended {
  const message = {
    id,
    kind: "document",
    name: "a.json",
    at: 1,
    expires: 2,
    size: body.length,
    body,
  } as const;
  return { message, stored, settlement: DELIVERED };
}

/** A log over a store that answers when it is let. */
class Bench {
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  readonly settled: string[][] = [];
  readonly noted: string[][] = [];
  answer: Promise<void> = Promise.resolve();

  readonly log = new SentLog({
    storage: {
      settle: (_recipient, ends) => {
        this.settled.push([...ends].map(([id, end]) => `${id} ${end?.recipientName} ${end?.status}`));
        return this.answer;
      },
      noteSent: (sent: PackedSent) => {
        this.noted.push([...unpackSent(sent)].map(({ id, recipientName }) => `${id} ${recipientName}`));
        return this.answer;
      },
    },
    clock: this.clock,
    nameOf: (id) => `name of ${id}`,
    warning: (_code, text) => this.warnings.push(text),
  });
}

Deno.test("what the outbox holds leaves it for the history in one transaction, what was withdrawn leaves nothing", async () => {
  const { log, settled, noted, clock } = new Bench();
  const withdrawn = { ...ended("c", true), settlement: undefined };
  await log.settle("bob", [ended("a", true), ended("b", false), withdrawn]);
  assertEquals(settled, [["a name of bob delivered", "c undefined undefined"]]);
  await log.settle("bob", [ended("d", false), { ...ended("e", false), settlement: undefined }]);
  assertEquals(settled.length, 1, "the store is asked only about what it holds");
  await clock.advance(1000);
  assertEquals(noted, [["b name of bob", "d name of bob"]]);
});

Deno.test("what was never in the outbox is noted with others after half a second, or at once where it is much", async () => {
  const { log, noted, clock } = new Bench();
  void log.settle("bob", [ended("a", false)]);
  void log.settle("carol", [ended("a", false)]);
  await clock.advance(400);
  assertEquals(noted, []);
  await clock.advance(100);
  assertEquals(noted, [["a name of bob", "a name of carol"]]);
  for (let n = 0; n < 1024; n++) void log.settle("bob", [ended(`${n}`, false)]);
  assertEquals(noted.map(({ length }) => length), [2, 512, 512]);
  for (let n = 0; n < 5; n++) void log.settle("bob", [ended(`${n}`, false, new Uint8Array(65_000))]);
  assertEquals(noted.map(({ length }) => length), [2, 512, 512, 5]);
  void log.settle("bob", [ended("last", false)]);
  void log.flush();
  assertEquals(noted.at(-1), ["last name of bob"]);
  await clock.advance(1000);
  assertEquals(noted.length, 5);
});

Deno.test("where the disk does not follow, memory stays bounded and what is missing is told once", async () => {
  const bench = new Bench();
  const disk = Promise.withResolvers<void>();
  bench.answer = disk.promise;
  for (let n = 0; n < 40 * 512; n++) void bench.log.settle("bob", [ended(`${n}`, false)]);
  assertEquals(bench.noted.length, 32);
  disk.resolve();
  await bench.clock.advance(0);
  assertMatch(
    bench.warnings.join(),
    /^4096 messages that were sent are missing in the history[^,]*, or has no room\.$/,
  );
  void bench.log.settle("bob", [ended("b", false)]);
  void bench.log.flush();
  assertEquals(bench.noted.length, 33);
});

Deno.test("a flush resolves once the history has what ended before, and half a second later if the disk does not follow", async () => {
  const bench = new Bench();
  await bench.log.flush();
  const disk = Promise.withResolvers<void>();
  bench.answer = disk.promise;
  void bench.log.settle("bob", [ended("a", false)]);
  let flushed = 0;
  void bench.log.flush().then(() => flushed++);
  assertEquals(bench.noted, [["a name of bob"]]);
  await bench.clock.advance(499);
  assertEquals(flushed, 0);
  await bench.clock.advance(1);
  assertEquals(flushed, 1);
  void bench.log.flush().then(() => flushed++);
  disk.resolve();
  await bench.clock.advance(0);
  assertEquals(flushed, 2);
});
