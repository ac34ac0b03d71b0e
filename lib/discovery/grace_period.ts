import type { Clock, Timer } from "../platform/clock.ts";

const GRACE_MS = 30_000;
const LOOK_EVERY_MS = 5_000;
/** A jump of a clock that is no mere delay of a busy machine. */
const JUMP_MS = 10_000;

/**
 * The 30 s after waking from sleep or a change of interfaces in which nobody is declared gone: the silence was ours. A
 * wake-up shows as a wall clock that ran ahead of the monotonic one, or as a monotonic one that jumped (some systems
 * count sleep in it). A wall clock that was set looks the same and does no harm.
 */
export class GracePeriod {
  /** Monotonic end of the grace, milliseconds. */
  until = -Infinity;
  #now: number;
  #wall: number;
  #timer: Timer | undefined;

  /** @param woke called when the machine was found to have slept */
  constructor(private readonly clock: Clock, private readonly woke: () => void) {
    this.#now = clock.now();
    this.#wall = clock.wall();
  }

  /** Whether nobody may be declared gone now. */
  get active(): boolean {
    return this.clock.now() < this.until;
  }

  /** 30 s from now on. */
  begin(): void {
    this.until = this.clock.now() + GRACE_MS;
  }

  /** Looks at the clocks every 5 s. */
  start(): void {
    this.#timer = this.clock.after(LOOK_EVERY_MS, () => {
      this.notice();
      this.start();
    });
  }

  /** Looks at the clocks now, and begins the grace if the machine slept since the last look. */
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
