import { assert, assertEquals } from "@std/assert";
import { type Lived, LivedTime } from "../../../../lib/storage/tables/lived_time.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NEW: Lived = { ms: 0, wall: 0, latestWall: 0 };

/** A clock on which a program starts that read `before` last. */
function start(clock: FakeClock, before = NEW): LivedTime {
  return new LivedTime(clock, before);
}

Deno.test("lived time goes with the monotonic clock", () => {
  const clock = new FakeClock();
  const lived = start(clock);
  assertEquals(lived.ms, 0);
  clock.advanceSync(10 * DAY);
  assertEquals(lived.ms, 10 * DAY);
});

Deno.test("of any gap at most a day counts: off for an hour, for a year, a clock that jumps 400 days ahead", () => {
  for (const [gap, counted] of [[HOUR, HOUR], [DAY, DAY], [365 * DAY, DAY], [-10 * DAY, 0]] as const) {
    const clock = new FakeClock();
    const before = start(clock).read();
    clock.wallOffset += gap;
    assertEquals(start(clock, before).ms, counted, "while it was off");
    const running = start(new FakeClock(), NEW);
    assertEquals(running.ms, 0);
    const other = new FakeClock();
    const lived = start(other);
    other.wallOffset += gap;
    assertEquals(lived.ms, counted, "while it ran");
  }
});

Deno.test("ten years back during a run is no time, and time goes on from there", () => {
  const clock = new FakeClock();
  const lived = start(clock);
  clock.advanceSync(HOUR);
  clock.wallOffset -= 3650 * DAY;
  assertEquals(lived.ms, HOUR);
  clock.advanceSync(HOUR);
  assertEquals(lived.ms, 2 * HOUR);
  const before = lived.read();
  clock.wallOffset += 3 * HOUR;
  assertEquals(start(clock, before).ms, 5 * HOUR, "off for three hours, in the past");
});

Deno.test("a machine without a clock that starts in the past each time lives through no more than there is", () => {
  const clock = new FakeClock();
  let before = start(clock).read();
  for (let n = 0; n < 30; n++) {
    clock.wallOffset += 10 * 60_000 - 21 * DAY;
    const lived = start(clock, before);
    clock.advanceSync(1000);
    lived.read();
    clock.wallOffset += 21 * DAY;
    before = lived.read();
  }
  assert(before.ms <= 30 * (10 * 60_000 + 2000), `${before.ms / HOUR} hours`);
});

Deno.test("a wall clock that is steered, or read between its ticks, adds nothing", () => {
  const clock = new FakeClock();
  const lived = start(clock);
  for (let n = 0; n < 10_000; n++) {
    clock.advanceSync(0.3);
    clock.wallOffset += n % 2 === 0 ? 0.9 : -0.9;
    lived.read();
  }
  assertEquals(Math.round(lived.ms), 3000);
});
