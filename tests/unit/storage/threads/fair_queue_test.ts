import { assert, assertEquals, assertFalse } from "@std/assert";
import { FairQueue } from "../../../../lib/storage/threads/fair_queue.ts";

Deno.test("one peer's flood does not keep another's message waiting", () => {
  const queue = new FairQueue<string>(1e6, 1e6);
  for (let i = 0; i < 1000; i++) queue.push("flood", `flood ${i}`, 1);
  queue.push("other", "other", 1);
  assert(queue.take(32, 1e6).includes("other"));
});

Deno.test("a peer's items keep their order, and none is lost", () => {
  const queue = new FairQueue<[string, number]>(1e6, 1e6);
  for (let i = 0; i < 100; i++) for (const peer of ["a", "b", "c"]) queue.push(peer, [peer, i], 10);
  const taken: [string, number][] = [];
  while (!queue.isEmpty) taken.push(...queue.take(7, 45));
  for (const peer of ["a", "b", "c"]) {
    assertEquals(
      taken.filter(([of]) => of === peer).map(([, i]) => i),
      Array.from({ length: 100 }, (_, i) => i),
    );
  }
});

Deno.test("a batch ends with the item that reaches its size", () => {
  const queue = new FairQueue<number>(1e6, 1e6);
  for (let i = 0; i < 10; i++) queue.push("a", i, 100);
  assertEquals(queue.take(100, 250), [0, 1, 2]);
  assertEquals(queue.take(2, 1e6), [3, 4]);
});

Deno.test("what waits is bounded per peer and in all, and room comes back", () => {
  const queue = new FairQueue<number>(100, 150);
  queue.push("a", 1, 100);
  assertFalse(queue.hasRoom("a", 1));
  assert(queue.hasRoom("b", 50));
  assertFalse(queue.hasRoom("b", 51));
  queue.take(1, 1);
  assert(queue.hasRoom("a", 100));
});
