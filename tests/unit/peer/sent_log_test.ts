import { assertEquals, assertMatch } from "@std/assert";
import { SentLog } from "../../../lib/peer/sent_log.ts";
import type { OutboundMessage } from "../../../lib/session/outbound_message.ts";
import { unpackSent } from "../../../lib/storage/sent_batch.ts";
import type { PackedSent, SentEnd } from "../../../lib/storage/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const DELIVERED = { status: "delivered" } as const;

function message(id: string, body = new Uint8Array(2)): OutboundMessage {
  return { id, kind: "document", name: "a.json", at: 1, expires: 2, size: body.length, body };
}

/** A log over a store that answers when it is let. */
class Bench {
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  readonly settled: { ids: readonly string[]; ends: string[] }[] = [];
  readonly noted: string[][] = [];
  answer: Promise<void> = Promise.resolve();

  readonly log = new SentLog({
    storage: {
      settle: (_recipient, _epoch, ids, _acked, ends: ReadonlyMap<string, SentEnd> = new Map()) => {
        this.settled.push({
          ids,
          ends: [...ends].map(([id, end]) => `${id} ${end.recipientName} ${end.status}`),
        });
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

Deno.test("what is settled and ends in one turn goes from the outbox into the history, the rest is only settled", async () => {
  const { log, settled, noted, clock } = new Bench();
  const done = log.settle("bob", 1, ["a", "b"], 2);
  log.ended("bob", message("a"), DELIVERED);
  await done;
  assertEquals(settled, [{ ids: ["a", "b"], ends: ["a name of bob delivered"] }]);
  await log.settle("bob", 1, [], 3);
  assertEquals(settled.at(-1), { ids: [], ends: [] });
  log.ended("bob", message("a"), DELIVERED);
  await clock.advance(1000);
  assertEquals(noted, [["a name of bob"]], "sent again, not through the outbox");
});

Deno.test("what was never in the outbox is noted with others after half a second, or at once where it is much", async () => {
  const { log, noted, clock } = new Bench();
  log.ended("bob", message("a"), DELIVERED);
  log.ended("carol", message("a"), DELIVERED);
  await clock.advance(400);
  assertEquals(noted, []);
  await clock.advance(100);
  assertEquals(noted, [["a name of bob", "a name of carol"]]);
  for (let n = 0; n < 1024; n++) log.ended("bob", message(`${n}`), DELIVERED);
  assertEquals(noted.map(({ length }) => length), [2, 512, 512]);
  for (let n = 0; n < 5; n++) log.ended("bob", message(`${n}`, new Uint8Array(65_000)), DELIVERED);
  assertEquals(noted.map(({ length }) => length), [2, 512, 512, 5]);
  log.ended("bob", message("last"), DELIVERED);
  log.flush();
  assertEquals(noted.at(-1), ["last name of bob"]);
  await clock.advance(1000);
  assertEquals(noted.length, 5);
});

Deno.test("where the disk does not follow, memory stays bounded and what is missing is told once", async () => {
  const bench = new Bench();
  const disk = Promise.withResolvers<void>();
  bench.answer = disk.promise;
  for (let n = 0; n < 40 * 512; n++) bench.log.ended("bob", message(`${n}`), DELIVERED);
  assertEquals(bench.noted.length, 32);
  disk.resolve();
  await bench.clock.advance(0);
  assertMatch(
    bench.warnings.join(),
    /^4096 messages that were sent are missing in the history[^,]*, or has no room\.$/,
  );
  bench.log.ended("bob", message("b"), DELIVERED);
  bench.log.flush();
  assertEquals(bench.noted.length, 33);
});
