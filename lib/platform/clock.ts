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
  /** Calls `fn` once, `ms` milliseconds from now; as soon as possible if that is past. */
  after(ms: number, fn: () => void): Timer;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const id = setTimeout(fn, Math.max(0, ms));
    return { cancel: () => clearTimeout(id) };
  },
};
