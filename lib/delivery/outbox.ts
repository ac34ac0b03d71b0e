import type { Clock, Timer } from "../platform/clock.ts";
import type { OutboundMessage } from "../storage/types.ts";
import { Bodies, type BodiesEvents } from "./bodies.ts";
import { Expiry } from "./expiry.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Ended, OutboundStore, Settlement } from "./outbound_store.ts";

/**
 * A message that is not answered within `STORE_AFTER_MS` goes into the store; within `STORE_LATEST_MS`, if another was
 * delivered during the last `DELIVERING_MS`. Most never need it. Milliseconds.
 */
const STORE_AFTER_MS = 200;
const STORE_LATEST_MS = 2_000;
const DELIVERING_MS = 1_000;

/** A failed write is tried again after this time, milliseconds. */
const AGAIN_MS = 1_000;

/** Events of {@linkcode Outbox}. */
export interface OutboxEvents extends BodiesEvents {
  /** The message has expired. */
  expired(item: PendingMessage): void;
}

/** Messages that wait for one recipient, in the order in which they were handed in; backed by the store. */
export class Outbox {
  #order = 0;
  readonly #items = new Map<string, PendingMessage>();
  readonly bodies: Bodies;
  readonly #settler: Settler;
  readonly #expiry: Expiry;
  /** Messages that the store does not have, in their order, each with the time when it was handed in. */
  readonly #unstored = new Map<PendingMessage, number>();
  #storing: Timer | undefined;
  /** When a message was delivered. */
  #deliveredAt = -Infinity;

  constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly events: OutboxEvents,
  ) {
    this.bodies = new Bodies(store, events);
    this.#settler = new Settler(store, clock, (error) => events.failed(error));
    this.#expiry = new Expiry(clock, () => store.lived(), (now, isGrace) => this.#expire(now, isGrace));
  }

  /** Loads the stored messages. `dormant`: they are not offered. */
  async load(dormant: boolean): Promise<void> {
    const messages = await this.store.load();
    if (messages.length > 0) this.#expiry.begin();
    for (const message of messages) {
      const stored = { storedFirst: false, stored: Promise.resolve(), isStored: true };
      this.#add({ ...stored, message, durable: true, sent: true, dormant });
    }
  }

  /** Lists all waiting messages. */
  values(): Iterable<PendingMessage> {
    return this.#items.values();
  }

  /** Number of waiting messages. */
  get size(): number {
    return this.#items.size;
  }

  get(id: string): PendingMessage | undefined {
    return this.#items.get(id);
  }

  /** True while the message waits. */
  has(item: PendingMessage): boolean {
    return this.#items.get(item.message.id) === item;
  }

  /**
   * Adds a message behind all others. `durable`: it is stored, unless it ends within a moment. `storedFirst`: it is not
   * offered before it is stored.
   */
  add(message: OutboundMessage, durable: boolean, storedFirst: boolean): PendingMessage {
    const fresh = { sent: false, dormant: false, stored: undefined, isStored: false };
    const item = this.#add({ ...fresh, message, durable, storedFirst });
    this.#unstored.set(item, this.clock.now());
    if (durable) this.#storing ??= this.clock.after(STORE_AFTER_MS, () => this.#storeOld());
    return item;
  }

  /** Adds a message behind all others that the store has. */
  addStored(message: OutboundMessage): PendingMessage {
    const stored = { durable: true, storedFirst: false, stored: Promise.resolve(), isStored: true };
    return this.#add({ ...stored, message, sent: false, dormant: false });
  }

  #add(fields: Omit<PendingMessage, "order" | "deferred" | "refusal">): PendingMessage {
    const item = { ...fields, order: this.#order++, deferred: false, refusal: undefined };
    this.#items.set(item.message.id, item);
    this.bodies.add(item);
    this.#expiry.watch(item.message.expires);
    return item;
  }

  /**
   * Resolves once a message is in the store.
   *
   * @throws the store's error
   */
  async keep(item: PendingMessage): Promise<void> {
    item.durable = true;
    // The store keeps the order of its calls, so earlier messages go first.
    this.#storeAll();
    await item.stored;
  }

  /**
   * Removes messages. Resolves once the store has removed them, or has failed to for the first time.
   *
   * @param settlement how they ended; undefined if nothing was sent before their sender stopped waiting
   */
  async end(items: readonly PendingMessage[], settlement: Settlement | undefined): Promise<void> {
    if (settlement?.status === "delivered") this.#deliveredAt = this.clock.now();
    for (const item of items) {
      this.#items.delete(item.message.id);
      this.#unstored.delete(item);
      this.bodies.remove(item);
    }
    await this.#settler.settle(
      items.map(({ message, stored }) => ({ message, stored: stored !== undefined, settlement })),
    );
  }

  /** Stores all messages that are not stored yet, and stops. */
  close(): void {
    this.#storeAll();
    this.#expiry.close();
    this.#settler.close();
  }

  /** Stores what waits for long, and looks again later. */
  #storeOld(): void {
    const now = this.clock.now();
    const isDelivering = now - this.#deliveredAt < DELIVERING_MS;
    this.#storeAll(now - (isDelivering ? STORE_LATEST_MS : STORE_AFTER_MS));
    if (this.#unstored.keys().some(({ durable, stored }) => durable && !stored)) {
      this.#storing = this.clock.after(STORE_AFTER_MS, () => this.#storeOld());
    }
  }

  /** Stores what was handed in until `before`, by the monotonic clock. */
  #storeAll(before = Infinity): void {
    this.#storing?.cancel();
    this.#storing = undefined;
    for (const [item, since] of this.#unstored) {
      if (since > before) break;
      if (!item.durable || item.stored) continue;
      const stored = item.stored = this.store.enqueue(item.message);
      stored.then(() => {
        this.#unstored.delete(item);
        item.isStored = true;
        this.bodies.release(item);
        if (item.storedFirst) this.events.loaded();
      }, (error) => {
        // It stays in memory, in its place, unless its caller wants it kept.
        item.stored = undefined;
        item.durable = false;
        this.events.failed(error);
      });
    }
  }

  #expire(now: number, isGrace: boolean): void {
    for (const item of [...this.#items.values()]) {
      if (item.message.expires > now) this.#expiry.watch(item.message.expires);
      else if (!isGrace || !item.durable) this.events.expired(item);
    }
  }
}

/**
 * Makes the store remove ended messages, retrying after failures: otherwise they would be sent again after a restart.
 */
class Settler {
  #again: Ended[] = [];
  #timer: Timer | undefined;
  #closed = false;

  /** @param failed called for each failure of the store */
  constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Passes ended messages to the store. Resolves after the first try. */
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

  /** Stops retrying. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
