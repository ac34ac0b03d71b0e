import { UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import { type Item, orderKey } from "./outbound_item.ts";

/** What waits to be sent in one session: numbers given up first, then chats, then documents, each in order of number. */
export class SendQueue {
  #voids: Item[] = [];
  #chats: Item[] = [];
  #documents: Item[] = [];
  #inFlightBytes = 0;
  /** Streams of which a document goes out in parts: what is behind it waits until that is answered. */
  readonly #blocked = new Map<string, Item>();

  /** Queues an item by its number. */
  add(item: Item): void {
    if (item.queued) return;
    item.queued = true;
    const queue = !item.message ? this.#voids : item.message.kind === "chat" ? this.#chats : this.#documents;
    // The recipient's window opens from the lowest number on.
    queue.splice(queue.findLastIndex((each) => each.seq < item.seq) + 1, 0, item);
  }

  /** Takes out what fits. */
  take(fits: (item: Item) => boolean): Item[] {
    const taken = [...this.#chats, ...this.#documents].filter(fits);
    for (const item of taken) item.queued = false;
    this.#chats = this.#chats.filter((item) => item.queued);
    this.#documents = this.#documents.filter((item) => item.queued);
    return taken;
  }

  /**
   * The next item that may go out: its number is at most `limit`, it is at hand, and no more than 4 MiB are in flight
   * with it.
   */
  next(limit: number, isAtHand: (item: Item) => boolean): Item | undefined {
    for (const queue of [this.#voids, this.#chats, this.#documents]) {
      const at = this.#blocked.size > 0 ? queue.findIndex((item) => !this.#isBlocked(item)) : 0;
      const item = queue[at];
      if (!item || item.seq > limit || !isAtHand(item)) continue;
      if (this.#inFlightBytes > 0 && this.#inFlightBytes + bytesOf(item) > UNACKNOWLEDGED_MAX) continue;
      item.queued = false;
      if (at === 0) return queue.shift();
      return queue.splice(at, 1)[0];
    }
    return undefined;
  }

  /** The first items of each kind, as many as 512. */
  first(): Item[] {
    return [...this.#chats.slice(0, 256), ...this.#documents.slice(0, 256)];
  }

  /** It went out; `inParts`: only its head did. */
  sent(item: Item, inParts: boolean): void {
    if (item.inFlight) return;
    item.inFlight = true;
    this.#inFlightBytes += bytesOf(item);
    const key = orderKey(item.message!);
    if (inParts && key !== undefined) this.#blocked.set(key, item);
  }

  /** It was answered, or given up. */
  landed(item: Item): void {
    if (!item.inFlight) return;
    item.inFlight = false;
    this.#inFlightBytes -= bytesOf(item);
    if (this.#blocked.size === 0) return;
    const key = orderKey(item.message!);
    if (key !== undefined && this.#blocked.get(key) === item) this.#blocked.delete(key);
  }

  /** The session ended, or begins. */
  clear(): void {
    for (const item of [...this.#voids, ...this.#chats, ...this.#documents]) item.queued = false;
    this.#voids = [];
    this.#chats = [];
    this.#documents = [];
    this.#inFlightBytes = 0;
    this.#blocked.clear();
  }

  #isBlocked({ message }: Item): boolean {
    const key = message && orderKey(message);
    return key !== undefined && this.#blocked.has(key);
  }
}

/** What is in flight with a message; of one in the spool, only what the recipient has asked for. */
function bytesOf({ message }: Item): number {
  return !message || message.spool !== undefined ? 0 : message.size;
}
