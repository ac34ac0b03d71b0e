import { UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { OutboundMessage } from "../storage/types.ts";
import type { DocumentReader, OutboundStore } from "./outbound_store.ts";

/** Most bodies of one recipient's stored messages that stay in memory, bytes. */
const KEEP_BYTES = UNACKNOWLEDGED_MAX;
/** Most messages, and bytes, that one read from the store returns. */
const LOAD_COUNT = 256;
const LOAD_BYTES = 1024 * 1024;

/** Reason why a message that should be in the store cannot be sent. */
export const LOST = "the outbox does not hold it any more";

/** Events of {@linkcode Bodies}. */
export interface BodiesEvents {
  /** Missing bodies were loaded. */
  loaded(): void;
  /** The store does not have this message. */
  lost(item: PendingMessage): void;
  /** The store failed. */
  failed(error: unknown): void;
}

/**
 * Manages which bodies of the messages to one recipient are in memory: those that are not stored, some of the stored
 * ones, and those that are about to be sent.
 */
export class Bodies {
  readonly #held = new Set<PendingMessage>();
  #bytes = 0;
  #loading = false;

  constructor(private readonly store: OutboundStore, private readonly events: BodiesEvents) {}

  /** Adds a message. */
  add(item: PendingMessage): void {
    this.#held.add(item);
    this.#bytes += item.message.body?.length ?? 0;
  }

  /** Removes a message. */
  remove(item: PendingMessage): void {
    if (this.#held.delete(item)) this.#bytes -= item.message.body?.length ?? 0;
  }

  /** True if a message can be sent as it is. */
  has({ message }: PendingMessage): boolean {
    return message.spool !== undefined || message.body !== undefined;
  }

  /** Opens a document that is sent in parts; its body may have been released after its head was sent. */
  async open({ id, body }: OutboundMessage): Promise<DocumentReader> {
    const bytes = body ?? (await this.store.bodies([id])).get(id);
    if (!bytes) throw new Error(LOST);
    return readerOf(bytes);
  }

  /** Releases the body of a message that is stored and not about to be sent, if many others are in memory. */
  release(item: PendingMessage): void {
    const { body } = item.message;
    if (this.#bytes <= KEEP_BYTES || !item.isStored || !body || !this.#held.has(item)) return;
    this.#bytes -= body.length;
    item.message = { ...item.message, body: undefined };
  }

  /** Loads the missing bodies of the first of these messages. */
  load(items: readonly PendingMessage[]): void {
    if (this.#loading) return;
    const wanted: PendingMessage[] = [];
    let bytes = 0;
    for (const item of items) {
      if (wanted.length === LOAD_COUNT || bytes >= LOAD_BYTES) break;
      if (item.message.spool !== undefined) continue;
      bytes += item.message.size;
      if (!item.message.body) wanted.push(item);
    }
    if (wanted.length === 0) return;
    this.#loading = true;
    this.store.bodies(wanted.map((item) => item.message.id))
      .then((bodies) => {
        for (const item of wanted) this.#take(item, bodies);
        this.#loading = false;
        this.events.loaded();
      })
      .catch((error) => {
        // The next session tries again.
        this.#loading = false;
        this.events.failed(error);
      });
  }

  #take(item: PendingMessage, bodies: ReadonlyMap<string, Uint8Array>): void {
    // It may have ended meanwhile.
    if (!this.#held.has(item) || this.has(item)) return;
    const body = bodies.get(item.message.id);
    if (!body) return this.events.lost(item);
    item.message = { ...item.message, body };
    this.#bytes += body.length;
  }
}

/** Reads a document that is in memory. */
function readerOf(bytes: Uint8Array): DocumentReader {
  return {
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    close: () => {},
  };
}
