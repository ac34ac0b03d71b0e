import type { Clock, Timer } from "../platform/clock.ts";

const GRACE_MS = 30_000;
/** How often the clocks are checked at least, and how much sooner it may be, milliseconds. */
const LOOK_EVERY_MS = 2_000;
const LOOK_SLACK_MS = 500;
/** Smallest jump of a clock that is no mere delay of a busy machine, milliseconds. */
const JUMP_MS = 10_000;

/**
 * The 30 s after waking from sleep or a change of interfaces, in which no peer is declared gone: the silence was ours.
 * A wake-up shows as a wall clock that ran ahead of the monotonic one, or as a jump of the monotonic clock (some
 * systems count sleep in it). Setting the wall clock looks the same and does no harm.
 */
export class GracePeriod {
  /** Monotonic end of the grace, milliseconds. */
  until = -Infinity;
  #now: number;
  #wall: number;
  #timer: Timer | undefined;

  /** @param woke called when the machine has slept */
  constructor(private readonly clock: Clock, private readonly woke: () => void) {
    this.#now = clock.now();
    this.#wall = clock.wall();
  }

  /** True if no peer may be declared gone now. */
  get active(): boolean {
    return this.clock.now() < this.until;
  }

  /** Starts a grace period of 30 s. */
  begin(): void {
    this.until = this.clock.now() + GRACE_MS;
  }

  /** Checks the clocks at least every 2 s. */
  start(): void {
    this.#timer = this.clock.after(LOOK_EVERY_MS - LOOK_SLACK_MS, () => {
      this.notice();
      this.start();
    }, LOOK_SLACK_MS);
  }

  /** Checks the clocks now, and starts a grace period if the machine has slept since the last check. */
  notice(): void {
    const passed = this.clock.now() - this.#now;
    const passedOnWall = this.clock.wall() - this.#wall;
    this.#now += passed;
    this.#wall += passedOnWall;
    if (Math.abs(passedOnWall - passed) <= JUMP_MS && passed <= LOOK_EVERY_MS + JUMP_MS) return;
    this.begin();
    this.woke();
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
