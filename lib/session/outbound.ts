import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { isFinalNak, ProtocolError } from "../protocol/errors.ts";
import { TAG_BYTES, U32_MAX, WINDOW } from "../protocol/limits.ts";
import { encodeMessage, type Message } from "../protocol/message.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import { Aside } from "./aside.ts";
import {
  type Item,
  orderKey,
  type OutboundEvents,
  type OutboundMessage,
  type OutboundStore,
} from "./outbound_message.ts";
import { SendQueue } from "./send_queue.ts";

/**
 * Numbers reserved on disk at a time (PROTOCOL.md section 4, Delivery): a restart voids what is left of them, so no more
 * than messages wait, and never more than a window.
 */
const RESERVE_MIN = 64;
const RESERVE_MAX = WINDOW;
/** A message that was not answered within this time goes into the store: most never need it. */
const STORE_AFTER_MS = 200;
/** What of the numbers acknowledged is noted at least every so many. */
const NOTE_ACKED_EVERY = 64;
/** A void that was refused is sent again after this long. */
const VOID_AGAIN_MS = 1_000;
/** A reservation that failed is tried again after this long. */
const RESERVE_AGAIN_MS = 1_000;

/**
 * Our numbering towards one recipient (PROTOCOL.md section 4, Delivery): gives numbers, keeps what is not acknowledged,
 * and offers it again on every session until it is. Lives longer than its sessions; at most one is attached.
 */
export class Outbound {
  #epoch = 0;
  #next = 1;
  #reserved = 0;
  #acked = 0;
  /** What the store was told of `#acked`. */
  #ackedStored = 0;
  #order = 0;
  /** Everything that has a number and is not acknowledged. */
  readonly #items = new Map<number, Item>();
  readonly #byId = new Map<string, Item>();
  #bytes = 0;
  /** What waits for a number, oldest first. */
  #unnumbered: Item[] = [];
  readonly #aside: Aside;
  #reserveTimer: Timer | undefined;
  #storeTimer: Timer | undefined;
  #expiryTimer: Timer | undefined;
  #expiryAt = Infinity;
  #reserving = false;
  #block = RESERVE_MIN;
  #renumbering = false;
  /** Whether the attached session made us begin a new epoch. */
  #renumbered = false;
  /** Voids that the recipient could not take, until the timer fires. */
  #refusedVoids: Item[] = [];
  #voidTimer: Timer | undefined;
  #closed = false;

  #session: { readonly window: number; readonly rx: number } | undefined;
  /** Whether the attached session answered our `epoch` with `have`. */
  #agreed = false;
  readonly #queue = new SendQueue();

  private constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly events: OutboundEvents,
  ) {
    this.#aside = new Aside(clock, (items) => {
      this.#unnumbered.unshift(...items);
      this.#number();
      this.events.wake();
    });
  }

  /** Takes up what the store holds for the recipient. `brief`: what it holds stays where it is. */
  static async open(
    store: OutboundStore,
    clock: Clock,
    random: Random,
    events: OutboundEvents,
    brief = false,
  ): Promise<Outbound> {
    const outbound = new Outbound(store, clock, random, events);
    outbound.#take(await store.load(), brief);
    return outbound;
  }

  #take(state: Awaited<ReturnType<OutboundStore["load"]>>, brief: boolean): void {
    if (!state) {
      this.#epoch = this.random.u32();
      return;
    }
    this.#epoch = state.epoch;
    this.#reserved = state.reserved;
    this.#acked = this.#ackedStored = state.acked;
    this.#next = state.reserved + 1;
    for (const { seq, ...message } of state.rows) {
      const item = this.#newItem(message, true);
      Object.assign(item, { seq, sent: true, stored: Promise.resolve(), dormant: brief });
      this.#hold(item);
      if (seq > 0) this.#items.set(seq, item);
      else if (!brief) this.#aside.put(item);
      this.#watchExpiry(message.expires);
    }
    // A number that may have been used and is not in the outbox must not hold back the recipient's window.
    for (let seq = state.acked + 1; seq <= state.reserved; seq++) {
      if (!this.#items.has(seq)) this.#addVoid(seq);
    }
  }

  /** Messages that wait for their end and that this peer is about. */
  get waiting(): number {
    let dormant = 0;
    for (const item of this.#byId.values()) if (item.dormant) dormant++;
    return this.#byId.size - dormant;
  }

  /** Whether a session is of use now: something can be sent, or waits for its acknowledgement. */
  get wantsSession(): boolean {
    for (const item of this.#byId.values()) {
      if (!item.dormant && !item.aside) return true;
    }
    return false;
  }

  /** Whether anything sent waits for its acknowledgement. */
  get unacknowledged(): boolean {
    for (const item of this.#items.values()) if (item.sent && !item.dormant) return true;
    return false;
  }

  /** Bytes of the bodies that wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a message for delivery. `durable`: it goes into the store, unless it ends within a moment. A message whose id
   * is already waiting here is taken up, not doubled.
   */
  add(message: OutboundMessage, durable: boolean): void {
    const waiting = this.#byId.get(message.id);
    if (waiting) {
      if (waiting.dormant && waiting.seq === 0) this.#unnumbered.push(waiting);
      waiting.dormant = false;
      if (this.#agreed && waiting.seq > 0 && !waiting.inFlight && !waiting.aside) this.#queue.add(waiting);
    } else {
      const item = this.#newItem(message, durable);
      this.#hold(item);
      if (this.#aside.blocks(item)) this.#aside.put(item);
      else this.#unnumbered.push(item);
      this.#watchExpiry(message.expires);
      if (durable) this.#storeTimer ??= this.clock.after(STORE_AFTER_MS, () => this.#storeAll());
    }
    this.#number();
    this.events.wake();
  }

  /**
   * Resolves once a message is in the store, or has ended.
   *
   * @throws what the store fails with; a message of which nothing was sent is dropped then
   */
  async keep(id: string): Promise<void> {
    const item = this.#byId.get(id);
    if (!item) return;
    item.durable = true;
    // The store keeps the order in which it is handed messages: those before this one go first.
    this.#storeAll();
    try {
      await item.stored;
    } catch (error) {
      if (!item.sent && this.#byId.get(id) === item) this.#drop(item);
      throw error;
    }
  }

  /** What did not end soon goes into the store. */
  #storeAll(): void {
    this.#storeTimer?.cancel();
    this.#storeTimer = undefined;
    for (const item of this.#byId.values()) {
      if (!item.durable || item.stored) continue;
      item.stored = this.store.enqueue(this.#epoch, { ...item.message!, seq: item.seq });
      item.stored.catch((error) => {
        item.stored = undefined;
        item.durable = false;
        this.events.failed(error);
      });
    }
  }

  #hold(item: Item): void {
    this.#byId.set(item.message!.id, item);
    this.#bytes += item.message!.body.length;
  }

  #release(item: Item): void {
    if (this.#byId.delete(item.message!.id)) this.#bytes -= item.message!.body.length;
  }

  #newItem(message: OutboundMessage | undefined, durable: boolean): Item {
    return {
      seq: 0,
      message,
      order: this.#order++,
      sent: false,
      inFlight: false,
      durable,
      stored: undefined,
      dormant: false,
      queued: false,
      aside: false,
    };
  }

  /**
   * Takes a message back that was not sent yet; resolves once the store has forgotten it, too. `sent`: bytes of it left, so it may have arrived; it stays. `absent`:
   * it is not waiting here.
   */
  async withdraw(id: string): Promise<"withdrawn" | "sent" | "absent"> {
    const item = this.#byId.get(id);
    if (!item) return "absent";
    if (item.sent) return "sent";
    await this.#drop(item);
    return "withdrawn";
  }

  /** Everything that waits here ends as refused, on our own decision. */
  refuseAll(code: string, why: string): void {
    for (const item of [...this.#byId.values()]) {
      const message = item.message!;
      this.#drop(item);
      this.events.settled(message, { status: "refused", code, why });
    }
  }

  /** A session begins: tells it our epoch. Nothing numbered goes out before its `have`. */
  attach(session: { readonly window: number; readonly rx: number }): void {
    this.#session = session;
    this.#agreed = false;
    this.#renumbered = false;
    if (!this.#renumbering) this.events.sendEpoch(this.#epoch);
  }

  /** The session ended: what is not acknowledged goes again on the next one. */
  detach(): void {
    this.#session = undefined;
    this.#agreed = false;
    this.#queue.clear();
  }

  /** Hands to the store what is not there yet, and stops. */
  close(): void {
    this.#storeAll();
    this.#closed = true;
    this.detach();
    this.#aside.close();
    this.#reserveTimer?.cancel();
    this.#voidTimer?.cancel();
    this.#expiryTimer?.cancel();
  }

  /** The recipient's account of our numbers. */
  have(message: Message & { type: "have" }): void {
    if (!this.#session || message.epoch !== this.#epoch || this.#renumbering) return;
    const held = (seq: number): boolean => {
      const bit = seq - message.upto - 1;
      return bit < 0 || ((message.bitmap[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
    };
    let highest = message.upto;
    for (let bit = message.bitmap.length * 8; bit > 0; bit--) {
      if (held(message.upto + bit)) {
        highest = message.upto + bit;
        break;
      }
    }
    if (highest > this.#reserved || message.upto < this.#acked) {
      // Once in a session: a recipient whose account never fits would have us write for ever.
      if (this.#renumbered) return this.events.misfit();
      this.#renumbered = true;
      return void this.#newEpoch();
    }
    this.#settleNumbers([...this.#items.keys()].filter(held));
    this.#agreed = true;
    this.#queue.clear();
    for (const item of this.#items.values()) item.inFlight = false;
    this.#restoreOrder();
    for (const item of [...this.#items.values()].sort((a, b) => a.seq - b.seq)) {
      if (!item.dormant && !item.aside) this.#queue.add(item);
    }
    this.#number();
    this.events.wake();
  }

  /** Durable there. */
  ack(message: Message & { type: "ack" }): void {
    if (!this.#agreed) return;
    this.#settleNumbers(message.seqs);
  }

  /** Not taken: for good, or not now. */
  nak(message: Message & { type: "nak" }): void {
    const item = this.#agreed ? this.#items.get(message.seq) : undefined;
    if (item && !item.message) return this.#voidRefused(item);
    if (!item?.sent || !item.message) return;
    if (isFinalNak(message.code)) {
      this.#drop(item);
      this.events.settled(item.message, { status: "refused", code: message.code, why: message.why });
      return;
    }
    this.#aside.refused(item);
    this.#defer(item);
    const key = orderKey(item.message);
    if (key === undefined) return;
    // What is in flight behind it is refused by the recipient as well; what is not must not overtake it.
    const follows = (each: Item) =>
      each.message !== undefined && each.order > item.order && orderKey(each.message) === key;
    const unnumbered = this.#unnumbered.filter(follows);
    this.#unnumbered = this.#unnumbered.filter((each) => !follows(each));
    for (const each of [...this.#queue.take(follows), ...unnumbered]) this.#defer(each);
  }

  /** The next frame that may go out now, or undefined. */
  nextFrame(): Uint8Array | undefined {
    if (!this.#agreed) return undefined;
    for (;;) {
      const item = this.#queue.next(this.#acked + this.#session!.window);
      if (!item) return undefined;
      const { seq, message } = item;
      if (this.#items.get(seq) !== item) continue;
      if (!message) {
        item.sent = true;
        return encodeMessage({ type: "void", seq });
      }
      const frame = frameOf(seq, message);
      if (!frame || frame.length > this.#session!.rx - TAG_BYTES) {
        this.#drop(item);
        const why = `it does not fit the ${this.#session!.rx} bytes of a record that the recipient takes`;
        this.events.settled(message, { status: "refused", code: "too-large", why });
        continue;
      }
      item.sent = true;
      this.#queue.sent(item);
      return frame;
    }
  }

  /** Gives numbers to what waits for one, and asks for more numbers in time. */
  #number(): void {
    if (this.#renumbering || this.#closed) return;
    while (this.#unnumbered.length > 0 && this.#next <= this.#reserved) {
      this.#assign(this.#unnumbered.shift()!);
    }
    const short = this.#next + this.#block / 2 > this.#reserved;
    if (short && !this.#reserving && (this.#unnumbered.length > 0 || this.#reserved > 0)) {
      void this.#reserve();
    }
  }

  #assign(item: Item): void {
    item.seq = this.#next++;
    this.#items.set(item.seq, item);
    if (item.stored) this.#store(this.store.enqueue(this.#epoch, { ...item.message!, seq: item.seq }));
    if (!this.#agreed) return;
    this.#queue.add(item);
  }

  async #reserve(): Promise<void> {
    this.#reserving = true;
    const epoch = this.#epoch;
    this.#block = Math.min(Math.max(RESERVE_MIN, 2 * this.#unnumbered.length), RESERVE_MAX);
    const upto = this.#next - 1 + this.#block;
    if (upto > U32_MAX) {
      this.#reserving = false;
      return await this.#newEpoch();
    }
    try {
      await this.store.reserve(epoch, upto);
    } catch (error) {
      if (this.#closed) return;
      this.events.failed(error);
      this.#reserveTimer = this.clock.after(RESERVE_AGAIN_MS, () => this.#number());
      return;
    } finally {
      this.#reserving = false;
    }
    if (epoch !== this.#epoch || this.#renumbering) return this.#number();
    this.#reserved = upto;
    const had = this.#unnumbered.length;
    this.#number();
    if (had > 0) this.events.wake();
  }

  /** Our numbers and the recipient's memory do not fit together: what remains is numbered anew. */
  async #newEpoch(): Promise<void> {
    this.#renumbering = true;
    this.#agreed = false;
    for (const item of this.#aside.items) item.seq = 0;
    const items = [...this.#items.values()].filter((item) => item.message && item.seq > 0)
      .sort((a, b) => a.seq - b.seq);
    this.#items.clear();
    this.#epoch = this.random.u32();
    this.#next = 1;
    for (const item of items) {
      item.seq = this.#next++;
      this.#items.set(item.seq, item);
    }
    this.#reserved = this.#next - 1;
    this.#acked = this.#ackedStored = 0;
    const seqById = new Map(items.filter((item) => item.stored).map((item) => [item.message!.id, item.seq]));
    try {
      await this.store.renumber(this.#epoch, this.#reserved, seqById);
    } catch (error) {
      return this.events.failed(error);
    }
    this.#renumbering = false;
    if (this.#session) this.events.sendEpoch(this.#epoch);
    this.#number();
  }

  #settleNumbers(seqs: readonly number[]): void {
    const ids: string[] = [];
    const ended: OutboundMessage[] = [];
    for (const seq of seqs) {
      const item = this.#items.get(seq);
      if (!item?.sent) continue;
      this.#items.delete(seq);
      if (!item.message) continue;
      this.#queue.landed(item);
      this.#release(item);
      if (item.stored) ids.push(item.message.id);
      ended.push(item.message);
      this.#aside.taken(item);
    }
    this.#advance();
    if (ids.length > 0 || this.#acked >= this.#ackedStored + NOTE_ACKED_EVERY) {
      this.#ackedStored = this.#acked;
      this.#store(this.store.settle(this.#epoch, ids, this.#acked));
    }
    for (const message of ended) this.events.settled(message, { status: "delivered" });
    if (this.#agreed) this.events.wake();
  }

  #advance(): void {
    while (this.#acked + 1 < this.#next && !this.#items.has(this.#acked + 1)) this.#acked++;
  }

  /** Forgets a message; its number, where it has one, is voided once the store has forgotten it too. */
  #drop(item: Item): Promise<void> {
    const message = item.message!;
    this.#release(item);
    this.#unnumbered = this.#unnumbered.filter((each) => each !== item);
    this.#aside.remove(item);
    this.#queue.landed(item);
    const forgotten = item.stored
      ? this.store.settle(this.#epoch, [message.id], this.#acked)
      : Promise.resolve();
    return this.#store(forgotten.then(() => this.#voidNumber(item)));
  }

  /** Puts aside what would now arrive before an earlier message of its key, which has a higher number or none. */
  #restoreOrder(): void {
    const unnumbered = new Set(this.#unnumbered);
    const highest = new Map<string, number>();
    for (const item of [...this.#byId.values()].sort((a, b) => a.order - b.order)) {
      const key = orderKey(item.message!);
      if (key === undefined || item.dormant) continue;
      const waits = item.aside || unnumbered.has(item);
      const early = !waits && item.seq < (highest.get(key) ?? 0);
      if (early) this.#defer(item);
      highest.set(key, waits || early ? Infinity : item.seq);
    }
  }

  /** Puts a message aside; its number, where it has one, is voided once the store knows that it has none. */
  #defer(item: Item): void {
    this.#queue.landed(item);
    this.#aside.put(item);
    const noted = item.stored
      ? this.store.enqueue(this.#epoch, { ...item.message!, seq: 0 })
      : Promise.resolve();
    this.#store(noted.then(() => {
      this.#voidNumber(item);
      item.seq = 0;
      this.#aside.ready();
    }));
  }

  /** A recipient short of room may refuse even a void: it is offered again after a while. */
  #voidRefused(item: Item): void {
    this.#refusedVoids.push(item);
    this.#voidTimer ??= this.clock.after(VOID_AGAIN_MS, () => {
      this.#voidTimer = undefined;
      for (const each of this.#refusedVoids.splice(0)) {
        if (this.#agreed && this.#items.get(each.seq) === each) this.#queue.add(each);
      }
      this.events.wake();
    });
  }

  #voidNumber(item: Item): void {
    if (item.seq === 0 || this.#items.get(item.seq) !== item) return;
    this.#addVoid(item.seq);
    this.events.wake();
  }

  #addVoid(seq: number): void {
    const item = this.#newItem(undefined, false);
    Object.assign(item, { seq, sent: true });
    this.#items.set(seq, item);
    if (this.#agreed) this.#queue.add(item);
  }

  #watchExpiry(expires: number): void {
    if (expires >= this.#expiryAt) return;
    this.#expiryTimer?.cancel();
    this.#expiryAt = expires;
    const wait = Math.min(Math.max(0, expires - this.clock.wall()), 3_600_000);
    this.#expiryTimer = this.clock.after(wait, () => this.#expire());
  }

  #expire(): void {
    this.#expiryAt = Infinity;
    const now = this.clock.wall();
    for (const item of [...this.#byId.values()]) {
      const message = item.message!;
      if (message.expires <= now) {
        this.#drop(item);
        this.events.settled(message, { status: "expired" });
      } else this.#watchExpiry(message.expires);
    }
  }

  #store(change: Promise<void>): Promise<void> {
    return change.catch((error) => this.events.failed(error));
  }
}

/** The frame of a message; undefined where none can hold it. */
function frameOf(seq: number, message: OutboundMessage): Uint8Array | undefined {
  const { id, name, at, stream, body } = message;
  try {
    return encodeMessage(
      message.kind === "chat"
        ? { type: "chat", seq, id, to: message.to ?? "you", at, text: decodeUtf8(body) }
        : { type: "document", seq, id, name, size: body.length, at, stream, body },
    );
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
