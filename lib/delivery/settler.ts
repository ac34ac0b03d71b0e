import type { Clock, Timer } from "../platform/clock.ts";
import type { Ended, OutboundStore } from "./types.ts";

/** What the store did not take is handed to it again after this long. */
const AGAIN_MS = 1_000;

/** Has the store forget messages that ended, however often it fails: else they would go out again after a restart. */
export class Settler {
  #again: Ended[] = [];
  #timer: Timer | undefined;
  #closed = false;

  /** @param failed told each time that the store did not take something */
  constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Hands these to the store. Resolves after the first try. */
  async settle(ended: readonly Ended[]): Promise<void> {
    try {
      await this.store.settle(ended);
    } catch (error) {
      if (this.#closed) return;
      this.failed(error);
      this.#again.push(...ended);
      this.#timer ??= this.clock.after(AGAIN_MS, () => {
        this.#timer = undefined;
        void this.settle(this.#again.splice(0));
      });
    }
  }

  /** Nothing is tried again. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
