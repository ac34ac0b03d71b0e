import type { Clock, Timer } from "../platform/clock.ts";

/** Lived time may pass in jumps: it is looked at least this often, milliseconds. */
const LOOK_EVERY_MS = 3_600_000;
/** So long after the start, or a jump of lived time, what waits is still tried, milliseconds. */
const GRACE_MS = 60_000;
/** Lived time has jumped if it is ahead by more than this, milliseconds. */
const JUMP_MS = 1_000;

/** Calls back when the earliest of many moments of lived time has come. */
export class Expiry {
  #timer: Timer | undefined;
  #at = Infinity;
  /** Lived time less that of the clock. */
  #ahead: number;
  #graceUntil = 0;

  /**
   * @param lived reads the time that counts, milliseconds
   * @param due told that time; moments that are still to come are to be watched anew. `isGrace`: what waits was not
   * tried yet since the start, or since lived time jumped, and is looked at once more when it was
   */
  constructor(
    private readonly clock: Clock,
    private readonly lived: () => number,
    private readonly due: (now: number, isGrace: boolean) => void,
  ) {
    this.#ahead = lived() - clock.now();
  }

  /** Begins a grace period: messages from before the start are tried before they expire. */
  begin(): void {
    this.#graceUntil = this.clock.now() + GRACE_MS;
  }

  /** Waits for this moment too, milliseconds of lived time. */
  watch(at: number): void {
    if (at >= this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    this.#wait(Math.min(Math.max(0, at - this.lived()), LOOK_EVERY_MS));
  }

  #wait(ms: number): void {
    this.#timer = this.clock.after(ms, () => {
      this.#at = Infinity;
      const lived = this.lived();
      const now = this.clock.now();
      if (lived - now > this.#ahead + JUMP_MS) this.begin();
      this.#ahead = lived - now;
      const grace = this.#graceUntil - now;
      this.due(lived, grace > 0);
      if (grace <= 0) return;
      this.#timer?.cancel();
      this.#wait(Math.min(grace, Math.max(0, this.#at - lived)));
    });
  }

  /** Stops for good: what is to be watched from now on is not waited for. */
  close(): void {
    this.#timer?.cancel();
    this.#at = -Infinity;
  }
}
