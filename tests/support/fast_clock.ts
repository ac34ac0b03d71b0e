import type { Clock } from "../../lib/platform/clock.ts";

/** A clock that runs `speed` times as fast as the machine's: pauses of the protocol pass, its order stays. */
export function fastClock(speed: number): Clock {
  const started = performance.now();
  const wall = Date.now();
  const now = () => (performance.now() - started) * speed;
  return {
    now,
    wall: () => wall + now(),
    after(ms, fn) {
      const id = setTimeout(fn, Math.max(0, ms) / speed);
      return { cancel: () => clearTimeout(id) };
    },
  };
}
