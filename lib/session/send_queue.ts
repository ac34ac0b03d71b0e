import { UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import type { Item } from "./outbound_message.ts";

/** What waits to be sent in one session: numbers given up first, then chats, then documents, each in order of number. */
export class SendQueue {
  #voids: Item[] = [];
  #chats: Item[] = [];
  #documents: Item[] = [];
  #inFlightBytes = 0;

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
   * The next item that may go out: its number is at most `limit`, and no more than 4 MiB are in flight with it.
   */
  next(limit: number): Item | undefined {
    for (const queue of [this.#voids, this.#chats, this.#documents]) {
      const item = queue[0];
      if (!item || item.seq > limit) continue;
      const bytes = this.#inFlightBytes + (item.message?.body.length ?? 0);
      if (item.message && this.#inFlightBytes > 0 && bytes > UNACKNOWLEDGED_MAX) continue;
      item.queued = false;
      return queue.shift();
    }
    return undefined;
  }

  /** It went out. */
  sent(item: Item): void {
    if (item.inFlight) return;
    item.inFlight = true;
    this.#inFlightBytes += item.message!.body.length;
  }

  /** It was answered, or given up. */
  landed(item: Item): void {
    if (!item.inFlight) return;
    item.inFlight = false;
    this.#inFlightBytes -= item.message!.body.length;
  }

  /** The session ended, or begins. */
  clear(): void {
    for (const item of [...this.#voids, ...this.#chats, ...this.#documents]) item.queued = false;
    this.#voids = [];
    this.#chats = [];
    this.#documents = [];
    this.#inFlightBytes = 0;
  }
}
