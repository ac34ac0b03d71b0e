import type { Clock, Timer } from "../platform/clock.ts";

/** A change that the store did not take is tried again after this long. */
const AGAIN_MS = 1_000;

/** Changes that the store has to make, however often it fails. */
export class StoreChanges {
  readonly #timers = new Set<Timer>();
  #closed = false;

  /** @param failed told each time that a change was not taken */
  constructor(private readonly clock: Clock, private readonly failed: (error: unknown) => void) {}

  /** Has a change made, and calls `done` once it is. Resolves after the first try. */
  async make(change: () => Promise<void>, done: () => void): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (this.#closed) return;
      this.failed(error);
      const timer = this.clock.after(AGAIN_MS, () => {
        this.#timers.delete(timer);
        void this.make(change, done);
      });
      this.#timers.add(timer);
      return;
    }
    done();
  }

  /** Nothing is tried again. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
  }
}
