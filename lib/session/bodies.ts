import { UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import type { Item } from "./outbound_item.ts";
import type { OutboundStore } from "./outbound_message.ts";

/** Bodies of one recipient's messages that stay in memory though they are in the store, bytes. */
const KEEP_BYTES = UNACKNOWLEDGED_MAX;
/** What is read from the store in one go: messages, and bytes. */
const LOAD_COUNT = 256;
const LOAD_BYTES = 1024 * 1024;

/**
 * Which bodies of the messages to one recipient are in memory: those that the store does not have, some that it has, and
 * those that are about to be sent.
 */
export class Bodies {
  readonly #held = new Set<Item>();
  #bytes = 0;
  #loading = false;

  /**
   * @param loaded bodies that were missing are there
   * @param lost the store does not have this message
   * @param failed the store failed
   */
  constructor(
    private readonly store: OutboundStore,
    private readonly loaded: () => void,
    private readonly lost: (item: Item) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** A message begins to be held. */
  add(item: Item): void {
    this.#held.add(item);
    this.#bytes += item.message?.body?.length ?? 0;
  }

  /** A message is held no more. */
  remove(item: Item): void {
    if (this.#held.delete(item)) this.#bytes -= item.message?.body?.length ?? 0;
  }

  /** Whether a message can be sent as it is. */
  has({ message }: Item): boolean {
    return !message || message.spool !== undefined || message.body !== undefined;
  }

  /** It is not about to be sent: where the store has it, its body need not be in memory with many others. */
  release(item: Item): void {
    const body = item.message?.body;
    if (this.#bytes <= KEEP_BYTES || !item.isStored || item.inFlight || !body || !this.#held.has(item)) {
      return;
    }
    this.#bytes -= body.length;
    item.message = { ...item.message!, body: undefined };
  }

  /** Reads those that are missing of the first of these messages. */
  load(items: readonly Item[]): void {
    if (this.#loading) return;
    const wanted: Item[] = [];
    let bytes = 0;
    for (const item of items) {
      if (wanted.length === LOAD_COUNT || bytes >= LOAD_BYTES) break;
      if (!item.message || item.message.spool !== undefined) continue;
      bytes += item.message.size;
      if (!item.message.body) wanted.push(item);
    }
    if (wanted.length === 0) return;
    this.#loading = true;
    this.store.bodies(wanted.map((item) => item.message!.id))
      .then((bodies) => {
        for (const item of wanted) this.#take(item, bodies);
        this.#loading = false;
        this.loaded();
      })
      .catch((error) => {
        // Tried again on the next session.
        this.#loading = false;
        this.failed(error);
      });
  }

  #take(item: Item, bodies: ReadonlyMap<string, Uint8Array>): void {
    // It may have ended meanwhile.
    if (!this.#held.has(item) || this.has(item)) return;
    const body = bodies.get(item.message!.id);
    if (!body) return this.lost(item);
    item.message = { ...item.message!, body };
    this.#bytes += body.length;
  }
}
