import type { Timer } from "../../lib/platform/clock.ts";
import { FakeClock } from "./fake_clock.ts";

/** The machine's time between two looks at it, and the most that one look counts, milliseconds. */
const TICK = 5;
const TICK_MAX = 15;

/**
 * A clock that runs up to `speed` times as fast as the machine's: pauses of the protocol pass, its order stays. Time in
 * which this process could not run does not count, so a busy machine makes no peer of this process too late.
 */
export function fastClock(speed: number): FakeClock {
  return new FastClock(speed);
}

class FastClock extends FakeClock {
  #looked = performance.now();
  #isFiring = false;
  #tick: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly speed: number) {
    super();
    this.wallOffset = Date.now();
  }

  override now(): number {
    // Without a timer, nobody looks.
    if (this.#tick === undefined) this.#look(Infinity);
    return super.now();
  }

  override after(ms: number, fn: () => void): Timer {
    if (this.#tick === undefined) this.#look(Infinity);
    const timer = super.after(ms, fn);
    this.#goOn();
    return {
      cancel: () => {
        timer.cancel();
        this.#goOn();
      },
    };
  }

  /** Looks again in a moment as long as anybody waits. */
  #goOn(): void {
    if (this.next() === undefined) {
      clearTimeout(this.#tick);
      this.#tick = undefined;
    } else {
      this.#tick ??= setTimeout(() => {
        this.#look(TICK_MAX);
        this.#tick = undefined;
        this.#goOn();
      }, TICK);
    }
  }

  #look(most: number): void {
    if (this.#isFiring) return;
    const passed = Math.min(performance.now() - this.#looked, most);
    this.#looked = performance.now();
    this.#isFiring = true;
    try {
      this.advanceSync(passed * this.speed);
    } finally {
      this.#isFiring = false;
    }
  }
}
