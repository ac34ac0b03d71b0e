import type { Clock } from "../platform/clock.ts";

/** First pause, and the longest one in the first part of an outage, milliseconds. */
const PAUSE_FIRST_MS = 500;
const PAUSE_EARLY_MAX_MS = 2_000;
/** The longest of all, milliseconds. */
const PAUSE_MAX_MS = 60_000;

/** Attempts that failed since something was reached. Pauses grow with the outage: it is back soon after its network. */
export class Outage {
  #failures = 0;
  readonly #since: number;

  /** @param part a later pause is at most this part of the outage so far */
  constructor(private readonly clock: Clock, private readonly part: number) {
    this.#since = clock.now();
  }

  /** Counts a failed attempt, and returns the milliseconds to wait before the next one. */
  pause(): number {
    const early = PAUSE_FIRST_MS * 2 ** this.#failures++;
    const late = Math.max(PAUSE_EARLY_MAX_MS, (this.clock.now() - this.#since) * this.part);
    return Math.min(early, late, PAUSE_MAX_MS);
  }
}
