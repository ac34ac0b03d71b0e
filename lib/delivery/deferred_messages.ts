import type { Clock, Timer } from "../platform/clock.ts";
import { orderKey } from "../protocol/order.ts";
import type { PendingMessage } from "./pending_message.ts";

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** Callbacks of {@linkcode DeferredMessages}. */
export interface DeferredOwner {
  /** True if a message of this order was offered and is not answered. */
  isUnanswered(key: string): boolean;
  /** Offers these messages again. */
  offer(items: readonly PendingMessage[]): void;
}

/**
 * Messages that the recipient cannot take now, and those of the same order that must stay behind them (PROTOCOL.md
 * 3.12). Orders do not wait for each other; documents without a stream form one.
 */
export class DeferredMessages {
  readonly #orders = new Map<string | undefined, DeferredOrder>();

  constructor(private readonly clock: Clock, private readonly owner: DeferredOwner) {}

  /** Defers a message. */
  add(item: PendingMessage): void {
    const key = orderKey(item.message);
    let order = this.#orders.get(key);
    if (!order) this.#orders.set(key, order = new DeferredOrder(key, this.clock, this.owner));
    order.add(item);
  }

  /** True if a deferred message must arrive before this one. */
  blocks(item: PendingMessage): boolean {
    const key = orderKey(item.message);
    return key !== undefined && (this.#orders.get(key)?.isWaiting ?? false);
  }

  /**
   * Removes ended messages. `taken`: the recipient took them; if one was a new attempt, the rest of its order follows.
   */
  remove(items: readonly PendingMessage[], taken: boolean): void {
    if (this.#orders.size === 0) return;
    for (const [key, some] of Map.groupBy(items, ({ message }) => orderKey(message))) {
      const order = this.#orders.get(key);
      order?.remove(some, taken);
      if (order?.isOver) this.#orders.delete(key);
    }
  }

  /** An offered message was answered: orders that waited for that continue. */
  answered(): void {
    for (const order of this.#orders.values()) order.answered();
  }

  /** Stops the timers. */
  close(): void {
    for (const order of this.#orders.values()) order.close();
  }
}

/**
 * Deferred messages of one order. After 1 s, doubling to 60 s, one is tried again; once it is taken, the rest follows.
 */
class DeferredOrder {
  /** The one to be tried next is first. */
  #items: PendingMessage[] = [];
  /** The one that is being tried. */
  #probe: PendingMessage | undefined;
  #retryMs = RETRY_FIRST_MS;
  #timer: Timer | undefined;
  /** Set if the pause is over but an answer is still outstanding. */
  #isDue = false;
  #closed = false;

  /** @param key undefined for documents without a stream: if one finds no room, another may */
  constructor(
    private readonly key: string | undefined,
    private readonly clock: Clock,
    private readonly owner: DeferredOwner,
  ) {}

  get isWaiting(): boolean {
    return this.#items.length > 0;
  }

  get isOver(): boolean {
    return !this.isWaiting && !this.#probe;
  }

  add(item: PendingMessage): void {
    if (item === this.#probe) {
      this.#probe = undefined;
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
    }
    if (!item.deferred) {
      item.deferred = true;
      const before = this.key === undefined
        ? this.#items.length
        : this.#items.findLastIndex((each) => each.order < item.order) + 1;
      this.#items.splice(before, 0, item);
    }
    this.#wait();
  }

  remove(items: readonly PendingMessage[], taken: boolean): void {
    const isTried = this.#probe !== undefined && items.includes(this.#probe);
    if (isTried) this.#probe = undefined;
    if (items.some((item) => item.deferred)) {
      for (const item of items) item.deferred = false;
      this.#items = this.#items.filter((item) => item.deferred);
    }
    if (isTried && taken) {
      this.#retryMs = RETRY_FIRST_MS;
      this.#offer(this.#items.length);
    } else this.#wait();
  }

  answered(): void {
    if (this.#isDue) this.#retry();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    if (this.#probe || this.#timer || this.#isDue || !this.isWaiting || this.#closed) return;
    this.#timer = this.clock.after(this.#retryMs, () => {
      this.#timer = undefined;
      this.#retry();
    });
  }

  #retry(): void {
    this.#isDue = this.key !== undefined && this.isWaiting && this.owner.isUnanswered(this.key);
    if (!this.isWaiting || this.#isDue) return;
    this.#probe = this.#items[0];
    this.#offer(1);
  }

  #offer(count: number): void {
    if (count === 0) return;
    const items = this.#items.splice(0, count);
    for (const item of items) item.deferred = false;
    this.owner.offer(items);
  }
}
