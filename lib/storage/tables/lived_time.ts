import type { Clock } from "../../platform/clock.ts";

/** Most that a gap between two readings of the wall clock counts, milliseconds. */
const GAP_MAX_MS = 86_400_000;
/** The wall clock is adjusted and rounded: a smaller difference from the monotonic clock is no gap. Milliseconds. */
const STEERED_MS = 1_000;

/** A reading of {@linkcode LivedTime} as the database stores it. */
export interface Lived {
  /** Time lived through since the database was made, milliseconds. */
  readonly ms: number;
  /** The wall clock at that time, and its latest value ever, milliseconds since 1970; 0 if it was never read. */
  readonly wall: number;
  readonly latestWall: number;
}

/**
 * The time that a store has lived through, used for expiry and retention because the wall clock may be years off. It
 * follows the monotonic clock and never goes back. A gap (program off, machine asleep, wall clock set) counts at most
 * one day.
 */
export class LivedTime {
  #ms: number;
  #now: number;
  #wall: number;
  #latestWall: number;

  /** @param before the reading on disk */
  constructor(private readonly clock: Clock, before: Lived) {
    this.#ms = before.ms;
    this.#now = clock.now();
    this.#wall = before.wall;
    this.#latestWall = before.latestWall;
    if (before.wall > 0) this.#addGap(clock.wall());
    else this.#wall = this.#latestWall = clock.wall();
  }

  /** Reads the clocks. */
  read(): Lived {
    const now = this.clock.now();
    const wall = this.clock.wall();
    const passed = Math.max(0, now - this.#now);
    this.#ms += passed;
    this.#now = now;
    this.#wall += passed;
    if (Math.abs(wall - this.#wall) > STEERED_MS) this.#addGap(wall);
    else this.#latestWall = Math.max(this.#latestWall, this.#wall);
    return { ms: this.#ms, wall: this.#wall, latestWall: this.#latestWall };
  }

  /** Milliseconds lived through since the database was made. */
  get ms(): number {
    return this.read().ms;
  }

  /** Counts the gap before this value of the wall clock. A clock that was behind and is corrected counts nothing. */
  #addGap(wall: number): void {
    const since = wall >= this.#latestWall ? this.#latestWall : this.#wall;
    this.#ms += Math.min(Math.max(0, wall - since), GAP_MAX_MS);
    this.#wall = wall;
    this.#latestWall = Math.max(this.#latestWall, wall);
  }
}
