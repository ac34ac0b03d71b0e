import type { Clock } from "../../platform/clock.ts";

/** Most that counts of a gap between two readings of the wall clock, milliseconds. */
const GAP_MAX_MS = 86_400_000;
/** The wall clock is steered, and rounded: what it differs by no more than this from the other clock is no gap. */
const STEERED_MS = 1_000;

/** A reading of {@linkcode LivedTime}, as the database keeps it. */
export interface Lived {
  /** Time lived through, milliseconds since the database was made. */
  readonly ms: number;
  /** The wall clock then, and the latest that it ever showed, milliseconds since 1970; 0 if it was never read. */
  readonly wall: number;
  readonly latestWall: number;
}

/**
 * The time that a store has lived through: what expiry and retention count on, for the wall clock may be years off. It
 * goes with the monotonic clock. Of a gap (the program was off, the machine slept, the wall clock was set) at most a day
 * counts; it never goes back.
 */
export class LivedTime {
  #ms: number;
  #now: number;
  #wall: number;
  #latestWall: number;

  /** @param before the reading that is on disk */
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

  /** Milliseconds since the database was made. */
  get ms(): number {
    return this.read().ms;
  }

  /** The wall clock shows this now. A clock that was behind and is right again has lived through nothing by that. */
  #addGap(wall: number): void {
    const since = wall >= this.#latestWall ? this.#latestWall : this.#wall;
    this.#ms += Math.min(Math.max(0, wall - since), GAP_MAX_MS);
    this.#wall = wall;
    this.#latestWall = Math.max(this.#latestWall, wall);
  }
}
