import type { Clock, Timer } from "../platform/clock.ts";

/** A wall clock may be set meanwhile: it is looked at least this often, milliseconds. */
const LOOK_EVERY_MS = 3_600_000;

/** Calls back when the earliest of many moments of the wall clock has come. */
export class Expiry {
  #timer: Timer | undefined;
  #at = Infinity;

  /** @param due told the time, milliseconds since 1970; moments that are still to come are to be watched anew */
  constructor(private readonly clock: Clock, private readonly due: (now: number) => void) {}

  /** Waits for this moment too, milliseconds since 1970. */
  watch(at: number): void {
    if (at >= this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    const wait = Math.min(Math.max(0, at - this.clock.wall()), LOOK_EVERY_MS);
    this.#timer = this.clock.after(wait, () => {
      this.#at = Infinity;
      this.due(this.clock.wall());
    });
  }

  /** Stops the timer. */
  close(): void {
    this.#timer?.cancel();
  }
}
