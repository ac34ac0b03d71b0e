import type { Clock, Timer } from "../platform/clock.ts";
import type { OutboundMessage } from "../storage/types.ts";
import { Bodies, type BodiesEvents } from "./bodies.ts";
import { Expiry } from "./expiry.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Ended, OutboundStore, Settlement } from "./outbound_store.ts";

/** A message that was not answered within this time goes into the store: most never need it. */
const STORE_AFTER_MS = 200;

/** A failed write is tried again after this time, milliseconds. */
const AGAIN_MS = 1_000;

/** Events of {@linkcode Outbox}. */
export interface OutboxEvents extends BodiesEvents {
  /** Its time is over. */
  expired(item: PendingMessage): void;
}

/** Messages that wait for one recipient, in the order in which they were handed in; backed by the store. */
export class Outbox {
  #order = 0;
  readonly #items = new Map<string, PendingMessage>();
  readonly bodies: Bodies;
  readonly #settler: Settler;
  readonly #expiry: Expiry;
  #storing: Timer | undefined;

  constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly events: OutboxEvents,
  ) {
    this.bodies = new Bodies(store, events);
    this.#settler = new Settler(store, clock, (error) => events.failed(error));
    this.#expiry = new Expiry(clock, () => store.lived(), (now, isGrace) => this.#expire(now, isGrace));
  }

  /** Takes up what the store holds. `dormant`: it stays untouched. */
  async load(dormant: boolean): Promise<void> {
    const messages = await this.store.load();
    if (messages.length > 0) this.#expiry.begin();
    for (const message of messages) {
      const stored = { storedFirst: false, stored: Promise.resolve(), isStored: true };
      this.#add({ message, durable: true, sent: true, dormant, ...stored });
    }
  }

  /** Everything that waits. */
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

  /** True while it waits. */
  has(item: PendingMessage): boolean {
    return this.#items.get(item.message.id) === item;
  }

  /**
   * Adds a message behind all others. `durable`: it goes into the store, unless it ends within a moment. `storedFirst`: it
   * is not offered before it is there.
   */
  add(message: OutboundMessage, durable: boolean, storedFirst: boolean): PendingMessage {
    const fresh = { sent: false, dormant: false, stored: undefined, isStored: false };
    const item = this.#add({ message, durable, storedFirst, ...fresh });
    if (durable) this.#storing ??= this.clock.after(STORE_AFTER_MS, () => this.#storeAll());
    return item;
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
   * @throws what the store fails with
   */
  async keep(item: PendingMessage): Promise<void> {
    item.durable = true;
    // The store keeps the order in which it is handed messages: those before this one go first.
    this.#storeAll();
    await item.stored;
  }

  /**
   * These are not waited for any more. Resolves once the store has forgotten them, or has failed to for the first time.
   *
   * @param settlement how they ended; undefined if they were withdrawn
   */
  async end(items: readonly PendingMessage[], settlement: Settlement | undefined): Promise<void> {
    for (const item of items) {
      this.#items.delete(item.message.id);
      this.bodies.remove(item);
    }
    await this.#settler.settle(
      items.map(({ message, stored }) => ({ message, stored: stored !== undefined, settlement })),
    );
  }

  /** Hands to the store what is not there yet, and stops. */
  close(): void {
    this.#storeAll();
    this.#expiry.close();
    this.#settler.close();
  }

  #storeAll(): void {
    this.#storing?.cancel();
    this.#storing = undefined;
    for (const item of this.#items.values()) {
      if (!item.durable || item.stored) continue;
      const stored = item.stored = this.store.enqueue(item.message);
      stored.then(() => {
        item.isStored = true;
        this.bodies.release(item);
        if (item.storedFirst) this.events.loaded();
      }, (error) => {
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

/** Has the store forget messages that ended, however often it fails: else they would go out again after a restart. */
class Settler {
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
