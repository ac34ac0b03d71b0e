import { assert, assertEquals } from "@std/assert";
import { WINDOW } from "../../../../lib/protocol/limits.ts";
import { BodyMemory } from "../../../../lib/storage/threads/body_memory.ts";

Deno.test("what is kept is what was given, whatever becomes of the caller's memory", () => {
  const memory = new BodyMemory();
  const record = new Uint8Array(64_000);
  const kept = Array.from({ length: 200 }, (_, i) => {
    record.fill(i);
    return memory.keep("alice", record.subarray(i, i + 40 * i)).body;
  });
  for (const [i, body] of kept.entries()) assertEquals(body, new Uint8Array(40 * i).fill(i));
});

Deno.test("all memory that is kept is counted, and one sender's keeps none for another", () => {
  const memory = new BodyMemory();
  let taken = 0;
  const owners = new Map<ArrayBufferLike, string>();
  for (let i = 0; i < 3_000; i++) {
    const sender = i % 100 < 50 ? "flood" : i % 2 === 0 ? "alice" : "bob";
    const kept = memory.keep(sender, new Uint8Array(i % 7_000).subarray(0, i % 5_000));
    taken += kept.taken;
    assertEquals(owners.get(kept.body.buffer) ?? sender, sender);
    owners.set(kept.body.buffer, sender);
  }
  const held = [...owners.keys()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert(held <= taken, `${held} bytes are held, ${taken} were counted`);
});

Deno.test("senders whose small documents come by turns count as little as the queue has room for", () => {
  const memory = new BodyMemory();
  const taken = { alice: 0, bob: 0 };
  for (let i = 0; i < WINDOW; i += 2) {
    for (const sender of ["alice", "bob"] as const) {
      for (const _ of [1, 2]) taken[sender] += memory.keep(sender, new Uint8Array(100)).taken;
    }
  }
  // Of 8 MiB for each, the documents take half a KiB apiece besides their bodies.
  assert(Math.max(taken.alice, taken.bob) < 4 * 1024 * 1024, `${taken.alice} and ${taken.bob} bytes`);
});
