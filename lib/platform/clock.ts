/** A timer that has not fired yet. */
export interface Timer {
  /** Cancels the timer. Harmless after it fired. */
  cancel(): void;
}

/** Time, injected so that every rule about time can be tested without waiting. */
export interface Clock {
  /** Milliseconds from an arbitrary origin; never goes back. */
  now(): number;
  /** Milliseconds since 1970-01-01 UTC; may jump. */
  wall(): number;
  /**
   * Calls `fn` once, `ms` milliseconds from now; as soon as possible if that is past.
   *
   * @param slack how much later it may be called, milliseconds: timers that can wait fire together
   */
  after(ms: number, fn: () => void, slack?: number): Timer;
}

/** A timer with slack. Times are monotonic. */
interface SlackTimer {
  readonly earliest: number;
  readonly latest: number;
  readonly fn: () => void;
}

/**
 * Fires timers with slack together, and along with other timers. To wake a process that sleeps takes far longer than
 * what most timers do.
 */
export class CoalescingClock implements Clock {
  readonly #waiting = new Set<SlackTimer>();
  #timer: Timer | undefined;
  /** When {@linkcode #timer} fires; Infinity if there is none. */
  #wakeAt = Infinity;

  constructor(private readonly base: Clock) {}

  now = (): number => this.base.now();

  wall = (): number => this.base.wall();

  after = (ms: number, fn: () => void, slack = 0): Timer => {
    if (slack <= 0) {
      return this.base.after(ms, () => {
        fn();
        this.#fire();
      });
    }
    const earliest = this.now() + ms;
    const timer = { earliest, latest: earliest + slack, fn };
    this.#waiting.add(timer);
    this.#wakeBy(timer.latest);
    return { cancel: () => this.#cancel(timer) };
  };

  #fire(): void {
    if (this.#waiting.size === 0) return;
    const now = this.now();
    for (const timer of [...this.#waiting]) {
      // One before it may have cancelled it.
      if (timer.earliest <= now && this.#waiting.delete(timer)) timer.fn();
    }
    if (this.#waiting.size === 0) return this.#sleep();
    this.#wakeBy(Math.min(...[...this.#waiting].map(({ latest }) => latest)));
  }

  #cancel(timer: SlackTimer): void {
    if (this.#waiting.delete(timer) && this.#waiting.size === 0) this.#sleep();
  }

  #sleep(): void {
    this.#timer?.cancel();
    this.#wakeAt = Infinity;
  }

  /** Sees to it that timers fire at this time. The runtime would wake up for a timer that was put off all the same. */
  #wakeBy(at: number): void {
    if (at >= this.#wakeAt) return;
    this.#timer?.cancel();
    this.#wakeAt = at;
    this.#timer = this.base.after(at - this.now(), () => {
      this.#wakeAt = Infinity;
      this.#fire();
    });
  }
}

/** The clock of this machine. */
export const systemClock: Clock = new CoalescingClock({
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const id = setTimeout(fn, Math.max(0, ms));
    return { cancel: () => clearTimeout(id) };
  },
});

/** Most timers of {@linkcode commandClock} that have not fired, cancelled ones included. */
const LIGHT_MAX = 8;

let light = 0;

/**
 * The clock of this machine for a command that soon ends and hardly needs a timer. From Deno 2.9 on the first
 * `setTimeout` loads a part of Node, which takes longer than all else that such a command does; this clock does without
 * for its first few timers. A cancelled one stays with the system until its time, and keeps the process alive until then:
 * a command ends with `Deno.exit`.
 */
export const commandClock: Clock = {
  now: systemClock.now,
  wall: systemClock.wall,
  after(ms, fn, slack) {
    if (light === LIGHT_MAX) return systemClock.after(ms, fn, slack);
    light++;
    let call: (() => void) | undefined = fn;
    AbortSignal.timeout(Math.max(0, Math.ceil(ms))).onabort = () => {
      light--;
      call?.();
    };
    return { cancel: () => call = undefined };
  },
};
