import type { Clock, Timer } from "../platform/clock.ts";

/** Longest time between two looks, milliseconds: lived time may jump. */
const LOOK_EVERY_MS = 3_600_000;
/** How long waiting messages are still tried after the start or a jump of lived time, milliseconds. */
const GRACE_MS = 60_000;
/** Difference from which lived time counts as having jumped, milliseconds. */
const JUMP_MS = 1_000;

/** Calls back when the earliest of many moments of lived time has come. */
export class Expiry {
  #timer: Timer | undefined;
  #at = Infinity;
  /** Difference between lived time and the clock. */
  #ahead: number;
  #graceUntil = 0;

  /**
   * @param lived returns lived time, milliseconds
   * @param due called with that time; later moments have to be watched again. `isGrace`: waiting messages were not
   *   tried since the start or a jump, and are checked again after the grace period
   */
  constructor(
    private readonly clock: Clock,
    private readonly lived: () => number,
    private readonly due: (now: number, isGrace: boolean) => void,
  ) {
    this.#ahead = lived() - clock.now();
  }

  /** Starts a grace period: messages from before the start are tried before they expire. */
  begin(): void {
    this.#graceUntil = this.clock.now() + GRACE_MS;
  }

  /** Adds a moment, milliseconds of lived time. */
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
