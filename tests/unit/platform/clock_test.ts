import { assertEquals } from "@std/assert";
import { CoalescingClock, commandClock } from "../../../lib/platform/clock.ts";
import type { Timer } from "../../../lib/platform/clock.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** Timers that note when they fire. */
class Fired {
  readonly base = new FakeClock();
  readonly clock = new CoalescingClock(this.base);
  readonly all: [string, number][] = [];

  after(ms: number, name: string, slack?: number): Timer {
    return this.clock.after(ms, () => this.all.push([name, this.clock.now()]), slack);
  }
}

Deno.test("timers with slack fire together, when the first cannot wait any longer", () => {
  const fired = new Fired();
  fired.after(100, "a", 1_000);
  fired.after(500, "b", 100);
  fired.after(700, "c", 1_000);
  fired.base.advanceSync(10_000);
  assertEquals(fired.all, [["a", 600], ["b", 600], ["c", 1_700]]);
});

Deno.test("timers with slack fire along with others, and never early", () => {
  const fired = new Fired();
  fired.after(100, "lax", 1_000);
  fired.after(300, "later", 1_000);
  fired.after(50, "before");
  fired.after(200, "exact");
  fired.base.advanceSync(10_000);
  assertEquals(fired.all, [["before", 50], ["exact", 200], ["lax", 200], ["later", 1_100]]);
});

Deno.test("a timer with slack that is cancelled does not fire, and nothing waits for it", () => {
  const fired = new Fired();
  const timer = fired.after(100, "cancelled", 100);
  timer.cancel();
  timer.cancel();
  assertEquals(fired.base.next(), undefined);
  fired.clock.after(50, () => neighbour.cancel(), 60);
  const neighbour = fired.after(100, "cancelled by its neighbour", 100);
  fired.base.advanceSync(10_000);
  assertEquals(fired.all, []);
});

Deno.test("a timer with slack that starts itself anew goes on", () => {
  const fired = new Fired();
  const again = () => {
    fired.all.push(["tick", fired.clock.now()]);
    fired.clock.after(1_000, again, 500);
  };
  again();
  fired.base.advanceSync(4_000);
  assertEquals(fired.all.map(([, at]) => at), [0, 1_500, 3_000]);
});

Deno.test("nothing wakes the program once the last timer with slack has fired along with another", () => {
  const fired = new Fired();
  fired.after(100, "lax", 1_000);
  fired.after(200, "exact");
  fired.base.advanceSync(200);
  assertEquals(fired.all, [["exact", 200], ["lax", 200]]);
  assertEquals(fired.base.next(), undefined);
});

Deno.test("a command's first timers fire unless they are cancelled, and do without the runtime's part of Node", async () => {
  const { setTimeout } = globalThis;
  let loaded = 0;
  globalThis.setTimeout = ((fn: () => void, ms: number) => {
    loaded++;
    return setTimeout(fn, ms);
  }) as typeof setTimeout;
  try {
    const fired: number[] = [];
    const timers = Array.from({ length: 8 }, (_, i) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = commandClock.after(i + 0.5, () => {
        fired.push(i);
        resolve();
      });
      return { timer, promise };
    });
    timers[3]!.timer.cancel();
    assertEquals(loaded, 0);
    await Promise.all(timers.filter((_, i) => i !== 3).map(({ promise }) => promise));
    assertEquals(fired.toSorted(), [0, 1, 2, 4, 5, 6, 7]);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});

Deno.test("many timers of a command that wait at once are bounded: further ones are the runtime's own", async () => {
  const waits = Array.from(
    { length: 20 },
    (_, i) => new Promise<void>((resolve) => commandClock.after(10 + i, resolve)),
  );
  await Promise.all(waits);
});
