import { assert, assertFalse } from "@std/assert";
import { ulid } from "@std/ulid";
import { EndedIds } from "../../../lib/delivery/ended_ids.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("a new id is known as new, and one that may have been used is not, however many have ended since", () => {
  const clock = new FakeClock();
  const ids = new EndedIds(clock);
  const at = (ms: number) => ulid(clock.wall() + ms);
  assert(ids.mayHave(at(-1)), "from before the start");
  const [first, last] = [at(1), at(20_000)];
  clock.advanceSync(30_000);
  ids.add(first);
  assert(ids.mayHave(first) && ids.isRecent(first));
  // One of the future makes no other look old.
  ids.add(at(1e9));
  for (let n = 2; n < 20_000; n++) ids.add(ulid(clock.wall() - 30_000 + n));
  assert(ids.mayHave(first), "it has ended long ago");
  assertFalse(ids.isRecent(first), "and is not remembered for ever");
  assertFalse(ids.mayHave(last));
  assertFalse(ids.mayHave(at(0)));
});

Deno.test("a clock that shows no time of an id is none that stops us", () => {
  for (const wall of [-1, 0.5, Date.now() + 0.25, 2 ** 60]) {
    const clock = { wall: () => wall } as unknown as FakeClock;
    assert(new EndedIds(clock).mayHave(ulid(0)), `${wall}`);
  }
});
