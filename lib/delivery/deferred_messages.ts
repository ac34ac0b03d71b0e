import type { Clock, Timer } from "../platform/clock.ts";
import { orderKey } from "../protocol/order.ts";
import type { PendingMessage } from "./pending_message.ts";

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** What the owner of {@linkcode DeferredMessages} does for it. */
export interface DeferredOwner {
  /** Whether something of this order was offered and is not answered. */
  isUnanswered(key: string): boolean;
  /** These may be offered again. */
  offer(items: readonly PendingMessage[]): void;
}

/**
 * What a recipient could not take for now, and what must stay behind it. After 1 s, doubling to 60 s, the oldest of it
 * tries again; once that was taken, the rest follows (PROTOCOL.md section 4.8, Order and refusals).
 */
export class DeferredMessages {
  /** In the order in which they were handed in. */
  #items: PendingMessage[] = [];
  /** The one that tries again. */
  #probe: PendingMessage | undefined;
  #retryMs = RETRY_FIRST_MS;
  #timer: Timer | undefined;
  /** Whether the pause is over and an answer is waited for. */
  #isDue = false;
  #closed = false;

  constructor(private readonly clock: Clock, private readonly owner: DeferredOwner) {}

  /** Defers a message. */
  add(item: PendingMessage): void {
    if (item === this.#probe) {
      this.#probe = undefined;
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
    }
    if (!item.deferred) {
      item.deferred = true;
      this.#items.splice(this.#items.findLastIndex((each) => each.order < item.order) + 1, 0, item);
    }
    this.#wait();
  }

  /** Whether something deferred must arrive before this. */
  blocks(item: PendingMessage): boolean {
    const key = orderKey(item.message);
    return key !== undefined && this.#items.some((each) => orderKey(each.message) === key);
  }

  /** These ended. `taken`: by the recipient; if the one that tried again is among them, the others follow. */
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

  /** Something that was offered is answered: who waits for that goes on. */
  answered(): void {
    if (this.#isDue) this.#retry();
  }

  /** Stops the timer. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    if (this.#probe || this.#timer || this.#isDue || this.#items.length === 0 || this.#closed) return;
    this.#timer = this.clock.after(this.#retryMs, () => {
      this.#timer = undefined;
      this.#retry();
    });
  }

  #retry(): void {
    const [item] = this.#items;
    const key = item && orderKey(item.message);
    this.#isDue = key !== undefined && this.owner.isUnanswered(key);
    if (!item || this.#isDue) return;
    this.#probe = item;
    this.#offer(1);
  }

  #offer(count: number): void {
    if (count === 0) return;
    const items = this.#items.splice(0, count);
    for (const item of items) item.deferred = false;
    this.owner.offer(items);
  }
}
