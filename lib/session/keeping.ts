import type { Clock, Timer } from "../platform/clock.ts";
import type { Bodies } from "./bodies.ts";
import type { Item } from "./outbound_item.ts";
import type { OutboundStore } from "./outbound_message.ts";

/** A message that was not answered within this time goes into the store: most never need it. */
const STORE_AFTER_MS = 200;

/** Has the store keep the messages to one recipient that did not end soon. */
export class Keeping {
  #timer: Timer | undefined;

  /**
   * @param items every message that waits, in the order in which they were handed in
   * @param epoch of our numbering
   */
  constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly bodies: Bodies,
    private readonly items: () => Iterable<Item>,
    private readonly epoch: () => number,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Keeps everything that is to be kept, in a moment. */
  later(): void {
    this.#timer ??= this.clock.after(STORE_AFTER_MS, () => this.now());
  }

  /** Keeps it now. */
  now(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const item of this.items()) {
      if (!item.durable || item.stored) continue;
      const stored = item.stored = this.store.enqueue(this.epoch(), { ...item.message!, seq: item.seq });
      stored.then(() => {
        item.isStored = true;
        this.bodies.release(item);
      }, (error) => {
        item.stored = undefined;
        item.durable = false;
        this.failed(error);
      });
    }
  }

  /** A message that the store has, or is about to have, has this number from now on; 0 for none. */
  async number(item: Item, seq: number): Promise<void> {
    if (item.stored) await this.store.enqueue(this.epoch(), { ...item.message!, body: undefined, seq });
  }

  /** Stops the timer. */
  close(): void {
    this.#timer?.cancel();
  }
}
