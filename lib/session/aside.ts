import type { Clock, Timer } from "../platform/clock.ts";
import { type Item, orderKey } from "./outbound_item.ts";

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/**
 * What a recipient could not take for now, and what must stay behind it. After 1 s, doubling to 60 s, the oldest of it
 * tries again; once that was taken, the rest follows (PROTOCOL.md section 4, Delivery).
 */
export class Aside {
  /** In the order in which they were handed in. */
  readonly #items: Item[] = [];
  /** The one that tries again. */
  #probe: Item | undefined;
  #retryMs = RETRY_FIRST_MS;
  #timer: Timer | undefined;
  #closed = false;

  /** @param offer gives these items new numbers, ahead of everything else */
  constructor(private readonly clock: Clock, private readonly offer: (items: readonly Item[]) => void) {}

  /** What is put aside. Items that still have a number are not ready to be offered. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** Puts an item aside. */
  put(item: Item): void {
    if (this.#probe === item) this.#probe = undefined;
    if (!item.aside) {
      item.aside = true;
      this.#items.splice(this.#items.findLastIndex((each) => each.order < item.order) + 1, 0, item);
    }
    this.ready();
  }

  /** Whether something put aside must arrive before this. */
  blocks(item: Item): boolean {
    const key = orderKey(item.message!);
    return key !== undefined && this.#items.some((each) => orderKey(each.message!) === key);
  }

  /** An item's number is given up: the oldest may be ready to be offered. */
  ready(): void {
    if (this.#probe || this.#timer || this.#items.length === 0 || this.#closed) return;
    this.#timer = this.clock.after(this.#retryMs, () => this.#retry());
  }

  /**
   * The recipient refused this one for now: where it was the one that tried again, the next pause is longer. `gotOn`: it
   * had come farther than at the try before, so it goes on at once.
   */
  refused(item: Item, gotOn: boolean): void {
    if (gotOn) this.#retryMs = 0;
    else if (item === this.#probe) {
      this.#retryMs = Math.min(Math.max(RETRY_FIRST_MS, 2 * this.#retryMs), RETRY_MAX_MS);
    }
  }

  /** The recipient took this one: where it was the one that tried again, those that are ready follow it. */
  taken(item: Item): void {
    const tried = item === this.#probe;
    this.remove(item);
    if (!tried) return;
    this.#retryMs = RETRY_FIRST_MS;
    // Only as far as all are ready: those behind keep their order.
    const notReady = this.#items.findIndex((each) => each.seq > 0);
    this.#offer(notReady < 0 ? this.#items.length : notReady);
  }

  /** It ended in another way. */
  remove(item: Item): void {
    if (this.#probe === item) this.#probe = undefined;
    if (item.aside) {
      item.aside = false;
      this.#items.splice(this.#items.indexOf(item), 1);
    }
    this.ready();
  }

  /** Stops the timer. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #retry(): void {
    this.#timer = undefined;
    const item = this.#items[0];
    if (!item || item.seq > 0 || this.#probe) return;
    this.#retryMs ||= RETRY_FIRST_MS;
    this.#probe = item;
    this.#offer(1);
  }

  #offer(count: number): void {
    if (count === 0) return;
    const items = this.#items.splice(0, count);
    for (const item of items) item.aside = false;
    this.offer(items);
  }
}
