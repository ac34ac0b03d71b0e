import type { Clock } from "../platform/clock.ts";
import { isFinalNak, type Refusal } from "../protocol/refusal.ts";
import type { Message } from "../protocol/message.ts";
import { orderKey } from "../protocol/order.ts";
import type { OutboundMessage } from "../storage/types.ts";
import { LOST } from "./bodies.ts";
import { DeferredMessages } from "./deferred_messages.ts";
import { type Capacity, Offers, takes } from "./offers.ts";
import type { OutboundStore, Settlement } from "./outbound_store.ts";
import { Outbox } from "./outbox.ts";
import type { PendingMessage } from "./pending_message.ts";
import { isAnother } from "./same_message.ts";
import { Uploads } from "./upload.ts";

/** Refusal that is reported for a message behind a deferred one. */
const BEHIND: Refusal = { code: "busy", why: "an earlier one has to come first" };

/** Refusal of a question by ourselves, because its recipient does not say that it answers questions. */
export const CANNOT = {
  code: "cannot",
  why: "its program does not answer questions: update it, or send a document",
};

/** Why a message that its owner withdraws stays, or may have arrived all the same. */
const UNDER_WAY = "it is under way, and may have arrived";
const ANSWER = "it answers a question, and its asker waits for it";
const MAY_HAVE_ARRIVED = "it may have arrived before";

/** Outcome for a message that its owner withdraws. */
export type GivenUp =
  /** `why`: it may have arrived; undefined if nothing of it was sent. */
  | { readonly status: "withdrawn"; readonly why?: string }
  | { readonly status: "kept"; readonly why: string }
  | { readonly status: "absent" };

/** Events of {@linkcode Outbound}. */
export type OutboundEvent =
  /** A message ended. */
  | { readonly type: "settled"; readonly message: OutboundMessage; readonly settlement: Settlement }
  /** The recipient has this many bytes of a large document. */
  | { readonly type: "progress"; readonly message: OutboundMessage; readonly bytes: number }
  /** The recipient cannot take the message now; it is offered again later. */
  | { readonly type: "deferred"; readonly message: OutboundMessage; readonly refusal: Refusal }
  /** There is something to send: open a session, or fetch frames for the open one. */
  | { readonly type: "wanted" }
  /** The store failed. */
  | { readonly type: "failed"; readonly error: unknown };

const WANTED: OutboundEvent = { type: "wanted" };

/**
 * The messages to one recipient (PROTOCOL.md 3.11). Offers them on every session until they have a final answer. It
 * outlives its sessions, of which at most one is attached.
 */
export class Outbound {
  readonly #outbox: Outbox;
  readonly #deferred: DeferredMessages;
  #opening: Promise<this> | undefined;
  #isOpen = false;
  /** Limits of the attached session. */
  #session: Capacity | undefined;
  #uploads: Uploads | undefined;
  /** Messages offered in the attached session. */
  #offers: Offers | undefined;

  /**
   * @param tell called for each event; must not throw
   * @param brief true: leaves stored messages from before alone
   */
  constructor(
    private readonly store: OutboundStore,
    clock: Clock,
    private readonly tell: (event: OutboundEvent) => void,
    private readonly brief = false,
  ) {
    this.#outbox = new Outbox(store, clock, {
      loaded: () => this.#wake(),
      lost: (item) => this.#unreadable(item, LOST),
      failed: (error) => tell({ type: "failed", error }),
      expired: (item) => void this.#end([item], { status: "expired", why: saidBy(item) }),
    });
    this.#deferred = new DeferredMessages(clock, {
      isUnanswered: (key) => this.#offers?.isUnanswered(key) ?? false,
      offer: (items) => {
        for (const item of items) this.#offers?.add(item);
        this.#wake();
      },
    });
  }

  /**
   * Loads the stored messages for the recipient, the first time. Messages can be added from then on.
   *
   * @throws the store's error; the next call tries again
   */
  open(): Promise<this> {
    return this.#opening ??= this.#load();
  }

  async #load(): Promise<this> {
    try {
      await this.#outbox.load(this.brief);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
    this.#isOpen = true;
    if (this.#session) this.#offerAll(this.#session);
    return this;
  }

  /** True if it can be dropped: there is no session, and nothing waits. */
  get isIdle(): boolean {
    return !this.#session && (!this.#opening || (this.#isOpen && !this.isBusy));
  }

  /** True if a session with the recipient is open. */
  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  /** Number of waiting messages, including stored ones that a short-lived peer leaves alone. */
  get waiting(): number {
    return this.#outbox.size;
  }

  /** True if a message waits, not counting those that a short-lived peer leaves alone. */
  get isBusy(): boolean {
    return this.#some((item) => !item.dormant);
  }

  /** True if a session is useful now: a message can be sent, or is unanswered. */
  get wantsSession(): boolean {
    return this.#some((item) => !item.dormant && !item.deferred);
  }

  /** True if any offered message is unanswered. */
  get unacknowledged(): boolean {
    return this.#offers?.hasUnanswered ?? false;
  }

  /**
   * Adds a message for delivery. `durable`: it is stored, unless it ends within a moment. `storedFirst`: it is not
   * offered before it is stored, and by a short-lived peer not at all. A message whose id is already waiting is
   * resumed, not added twice.
   */
  add(message: OutboundMessage, durable: boolean, storedFirst = false): void {
    let item = this.#outbox.get(message.id);
    if (this.brief && storedFirst) {
      if (!item) this.#outbox.add(message, durable, storedFirst).dormant = true;
      return;
    }
    if (item) this.#wakeUpTo(item);
    else {
      item = this.#outbox.add(message, durable, storedFirst);
      this.#wakeUpTo(item);
      if (this.#deferred.blocks(item)) this.#deferred.add(item);
    }
    if (!item.deferred) this.#offers?.add(item);
    this.#wake();
  }

  /**
   * Adds a message that the store has already. One whose id is waiting stays as it is.
   */
  addStored(message: OutboundMessage): void {
    if (this.#outbox.get(message.id)) return this.#wake();
    const item = this.#outbox.addStored(message);
    this.#offers?.add(item);
    this.#wake();
  }

  /**
   * Resolves to true if a different message waits under this id; undefined if none waits.
   *
   * @param isNamed see {@linkcode isAnother}
   */
  isAnother(message: OutboundMessage, isNamed: boolean): Promise<boolean> | undefined {
    const item = this.#outbox.get(message.id);
    return item && this.#isAnother(item.message, message, isNamed);
  }

  async #isAnother(waiting: OutboundMessage, message: OutboundMessage, isNamed: boolean): Promise<boolean> {
    const { id, spool } = waiting;
    if (!waiting.ask !== !message.ask) return true;
    const body = spool === undefined ? waiting.body ?? (await this.store.bodies([id])).get(id) : undefined;
    return isAnother({ ...waiting, body }, message, isNamed);
  }

  /**
   * Resolves once a message is stored, or has ended.
   *
   * @throws the store's error; if nothing of the message was sent, it is dropped then
   */
  async keep(id: string): Promise<void> {
    const item = this.#outbox.get(id);
    if (!item) return;
    try {
      await this.#outbox.keep(item);
    } catch (error) {
      if (!item.sent && this.#outbox.has(item)) void this.#end([item]);
      throw error;
    }
  }

  /**
   * Withdraws a message of which nothing was sent; resolves once the store has removed it, too. `sent`: it may have
   * arrived, and stays. `absent`: it is not waiting here.
   */
  async withdraw(id: string): Promise<"withdrawn" | "sent" | "absent"> {
    const item = this.#outbox.get(id);
    if (!item) return "absent";
    if (item.sent) return "sent";
    await this.#end([item]);
    return "withdrawn";
  }

  /**
   * Gives up a waiting message for its owner; resolves once the store has recorded that, or has failed to for the first
   * time. `kept`: it stays. `absent`: it is not waiting here.
   */
  async giveUp(id: string): Promise<GivenUp> {
    const item = this.#outbox.get(id);
    if (!item) return { status: "absent" };
    if (item.message.re !== undefined) return { status: "kept", why: ANSWER };
    if (this.#offers?.isOffered(item)) return { status: "kept", why: UNDER_WAY };
    const withdrawn = { status: "withdrawn", ...item.sent && { why: MAY_HAVE_ARRIVED } } as const;
    await this.#end([item], withdrawn);
    return withdrawn;
  }

  /** True if a message with this id waits here. */
  has(id: string): boolean {
    return this.#outbox.get(id) !== undefined;
  }

  /** Returns the latest temporary refusal of a message; undefined if there is none. */
  refusalOf(id: string): Refusal | undefined {
    const item = this.#outbox.get(id);
    return item?.deferred ? item.refusal ?? BEHIND : undefined;
  }

  /** Ends all waiting messages as refused by ourselves. */
  refuseAll(refusal: Refusal): void {
    void this.#end([...this.#outbox.values()], { status: "refused", ...refusal });
  }

  /** Attaches a session: all waiting messages are offered to it, once they are loaded. */
  attach(session: Capacity): void {
    this.detach();
    this.#session = session;
    if (this.#isOpen) this.#offerAll(session);
    else this.open().catch((error) => this.tell({ type: "failed", error }));
  }

  /** True if this session is attached. */
  isAttached(session: Capacity): boolean {
    return this.#session === session;
  }

  #offerAll(session: Capacity): void {
    this.#uploads = new Uploads(
      (message) => message.spool === undefined ? this.#outbox.bodies.open(message) : this.store.open(message),
      () => this.#wake(),
      (item, error) => this.#unreadable(item, error instanceof Error ? error.message : String(error)),
    );
    this.#offers = new Offers(session, this.#uploads, {
      isDue: (item) =>
        !item.dormant && !item.deferred && this.#outbox.has(item) && takes(session, item.message) !== "later",
      isAtHand: (item) => (item.isStored || !item.storedFirst) && this.#outbox.bodies.has(item),
      prepare: (items) => this.#outbox.bodies.load(items),
      tooLarge: (item) => this.#tooLarge(item, session.rx),
      cannot: (item) => void this.#end([item], { status: "refused", ...CANNOT }),
    });
    for (const item of this.#outbox.values()) if (!item.dormant && !item.deferred) this.#offers.add(item);
    this.#wake();
  }

  /** Detaches the session: unanswered messages are sent again on the next one. */
  detach(): void {
    this.#session = this.#offers = undefined;
    this.#uploads?.close();
    this.#uploads = undefined;
    for (const item of this.#outbox.values()) this.#outbox.bodies.release(item);
    this.#deferred.answered();
  }

  /** Stores all messages that are not stored yet, and stops. */
  close(): void {
    this.#deferred.close();
    this.#outbox.close();
    this.detach();
  }

  /** The recipient has made messages durable. */
  ack({ seqs }: Message & { type: "ack" }): void {
    const items = seqs.map((seq) => this.#offers?.answered(seq)).filter((item) => item !== undefined);
    void this.#end(items, { status: "delivered" });
    this.#answered();
  }

  /** The recipient refused a message, finally or for now. */
  nak({ seq, code, why }: Message & { type: "nak" }): void {
    if (isFinalNak(code)) {
      const item = this.#offers?.answered(seq);
      if (item) void this.#end([item], { status: "refused", code, why });
    } else {
      const offer = this.#offers?.refused(seq);
      // A message behind another one was deferred together with it.
      if (offer?.item && !offer.item.deferred) this.#defer(offer.item, { code, why });
      // It was given up meanwhile. Later messages of its order were refused with it; newer ones must not overtake
      // those.
      else if (offer?.key !== undefined && this.#offers?.isUnanswered(offer.key)) {
        this.#deferBehind(offer.key, offer.order);
      }
    }
    this.#answered();
  }

  /** The recipient requests parts of a document. */
  want({ seq, offset, until }: Message & { type: "want" }): void {
    const item = this.#offers?.want(seq, offset, until);
    if (!item) return;
    const { message } = item;
    this.tell({ type: "progress", message, bytes: Math.min(offset, message.size) });
  }

  /** Returns the next frame that may go out now. */
  nextFrame(): Uint8Array | undefined {
    return this.#offers?.nextFrame();
  }

  #answered(): void {
    this.#deferred.answered();
    if (this.#offers?.hasMore) this.#wake();
  }

  /** Defers a message that was refused for now, and those that must not overtake it. */
  #defer(item: PendingMessage, refusal: Refusal): void {
    item.refusal = refusal;
    this.#deferred.add(item);
    this.tell({ type: "deferred", message: item.message, refusal });
    const key = orderKey(item.message);
    if (key !== undefined) this.#deferBehind(key, item.order);
  }

  /** Defers the messages after this place of an order. */
  #deferBehind(key: string, order: number): void {
    for (const each of this.#outbox.values()) {
      const follows = each.order > order && !each.deferred && !each.dormant && orderKey(each.message) === key;
      if (!follows) continue;
      this.#deferred.add(each);
      this.tell({ type: "deferred", message: each.message, refusal: BEHIND });
    }
  }

  /** A short-lived peer sends this message, and with it those that must arrive before it. */
  #wakeUpTo(item: PendingMessage): void {
    if (!this.brief) return;
    const key = orderKey(item.message);
    for (const each of this.#outbox.values()) {
      const isMeant = each === item ||
        (each.order < item.order && key !== undefined && orderKey(each.message) === key);
      if (!each.dormant || !isMeant) continue;
      each.dormant = false;
      if (!each.deferred) this.#offers?.add(each);
    }
  }

  /** Ends messages. Resolves once the store knows, or has failed for the first time. */
  async #end(items: readonly PendingMessage[], settlement?: Settlement): Promise<void> {
    if (items.length === 0) return;
    for (const item of items) this.#offers?.giveUp(item);
    const forgotten = this.#outbox.end(items, settlement);
    this.#deferred.remove(items, settlement?.status === "delivered");
    if (settlement) { for (const { message } of items) this.tell({ type: "settled", message, settlement }); }
    if (!this.#offers || this.#offers.hasMore) this.#wake();
    await forgotten;
  }

  #tooLarge(item: PendingMessage, rx: number): void {
    const why = `it does not fit the ${rx} bytes of a record that the recipient takes`;
    void this.#end([item], { status: "refused", code: "too-large", why });
  }

  /** The content of a message is lost. */
  #unreadable(item: PendingMessage, why: string): void {
    if (this.#outbox.has(item)) void this.#end([item], { status: "refused", code: "unreadable", why });
  }

  #wake(): void {
    this.tell(WANTED);
  }

  #some(fits: (item: PendingMessage) => boolean): boolean {
    for (const item of this.#outbox.values()) if (fits(item)) return true;
    return false;
  }
}

/** Returns the recipient's latest temporary refusal of a message. */
function saidBy({ refusal }: PendingMessage): string | undefined {
  return refusal && `${refusal.code}: ${refusal.why}`;
}
