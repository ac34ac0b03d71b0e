import { assertEquals } from "@std/assert";
import type { WorkerRequest } from "../../../../lib/storage/threads/worker_messages.ts";
import { aDocument, Bench } from "../support.ts";

const MINUTE = 60_000;

/** Counts the syncs that stores of this process ask their threads for. */
function countSyncs(): { syncs: number } & Disposable {
  const original = Worker.prototype.postMessage;
  const counter = {
    syncs: 0,
    [Symbol.dispose]: () => {
      Worker.prototype.postMessage = original;
    },
  };
  Worker.prototype.postMessage = function (this: Worker, message: WorkerRequest, ...rest: never[]) {
    if (message.kind === "sync") counter.syncs++;
    return Reflect.apply(original, this, [message, ...rest]);
  };
  return counter;
}

Deno.test("a store with nothing to do lets its thread sleep, but for a look once a minute", async () => {
  await using bench = new Bench();
  using counter = countSyncs();
  const storage = await bench.open();
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await bench.clock.advance(1_000);
      // The next round is planned once a sync is over.
      while (bench.clock.next() === undefined) await storage.sync();
    }
    const { syncs } = counter;
    counter.syncs = 0;
    return syncs > 0;
  };
  assertEquals(await pass(5_000), true, "after the start");
  await storage.sync();
  counter.syncs = 0;
  assertEquals(await pass(20_000), false, "nothing came");
  await storage.receive(aDocument(1));
  assertEquals(await pass(5_000), true, "a document came");
  await storage.sync();
  counter.syncs = 0;
  assertEquals(await pass(20_000), false, "it is durable");
  assertEquals(await pass(MINUTE), true, "a minute is over");
  Deno.renameSync(bench.inbox, `${bench.inbox}-away`);
  Deno.writeTextFileSync(bench.inbox, "");
  await storage.receive(aDocument(2));
  for (let i = 0; i < 3; i++) assertEquals(await pass(5_000), true, "a file cannot be placed");
  Deno.removeSync(bench.inbox);
  Deno.renameSync(`${bench.inbox}-away`, bench.inbox);
  await storage.sync();
  assertEquals(await pass(5_000), true, "it may be placed by now");
  await storage.sync();
  counter.syncs = 0;
  assertEquals(await pass(20_000), false, "it was placed");
});
