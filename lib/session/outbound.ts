import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { isFinalNak } from "../protocol/errors.ts";
import { TAG_BYTES } from "../protocol/limits.ts";
import { encodeMessage, type Message } from "../protocol/message.ts";
import { Window } from "../protocol/window.ts";
import { Aside } from "./aside.ts";
import { Bodies } from "./bodies.ts";
import { Expiry } from "./expiry.ts";
import { Keeping } from "./keeping.ts";
import { Numbering } from "./numbering.ts";
import { headOf, readerOf, wholeOf } from "./outbound_frame.ts";
import { type Item, newItem, orderKey } from "./outbound_item.ts";
import type { OutboundEvents, OutboundMessage, OutboundStore, Refusal } from "./outbound_message.ts";
import { RefusedVoids } from "./refused_voids.ts";
import { SendQueue } from "./send_queue.ts";
import { StoreChanges } from "./store_changes.ts";
import { Uploads } from "./upload.ts";

/** What is told of a message that waits behind another one. */
const BEHIND: Refusal = { code: "busy", why: "an earlier one has to come first" };

/**
 * What goes to one recipient (PROTOCOL.md section 4, Delivery): keeps what is not acknowledged, and offers it again on
 * every session until it is. Lives longer than its sessions; at most one is attached.
 */
export class Outbound {
  #order = 0;
  /** Everything that has a number and is not acknowledged. */
  readonly #items = new Map<number, Item>();
  readonly #byId = new Map<string, Item>();
  /** What waits for a number, oldest first. */
  #unnumbered: Item[] = [];
  readonly #numbering: Numbering;
  readonly #aside: Aside;
  readonly #bodies: Bodies;
  readonly #keeping: Keeping;
  readonly #uploads: Uploads;
  readonly #expiry: Expiry;
  /** Whether the attached session made us begin a new epoch. */
  #renumbered = false;
  readonly #refusedVoids: RefusedVoids;
  readonly #changes: StoreChanges;

  #session: { readonly window: number; readonly rx: number } | undefined;
  /** Whether the attached session answered our `epoch` with `have`. */
  #agreed = false;
  readonly #queue = new SendQueue();

  private constructor(
    private readonly store: OutboundStore,
    clock: Clock,
    random: Random,
    private readonly events: OutboundEvents,
  ) {
    this.#numbering = new Numbering(store, clock, random, {
      reserved: () => {
        if (this.#number()) events.wake();
      },
      exhausted: () => void this.#newEpoch(),
      failed: (error) => events.failed(error),
    });
    this.#aside = new Aside(clock, (items) => {
      this.#unnumbered.unshift(...items);
      this.#number();
      this.events.wake();
    });
    this.#bodies = new Bodies(
      store,
      () => events.wake(),
      (item) => this.#unreadable(item, "the outbox does not hold it any more"),
      (error) => events.failed(error),
    );
    this.#keeping = new Keeping(
      store,
      clock,
      this.#bodies,
      () => this.#byId.values(),
      () => this.#numbering.epoch,
      (error) => events.failed(error),
    );
    this.#uploads = new Uploads(
      (message) =>
        message.spool === undefined ? Promise.resolve(readerOf(message.body!)) : store.open(message),
      () => events.wake(),
      (item, error) => this.#unreadable(item, error instanceof Error ? error.message : String(error)),
    );
    this.#refusedVoids = new RefusedVoids(clock, (items) => {
      for (const each of items) {
        if (this.#agreed && this.#items.get(each.seq) === each) this.#queue.add(each);
      }
      events.wake();
    });
    this.#changes = new StoreChanges(clock, (error) => events.failed(error));
    this.#expiry = new Expiry(
      clock,
      () => store.lived?.() ?? clock.wall(),
      (now, isGrace) => this.#expire(now, isGrace),
    );
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
    this.#numbering.take(state);
    if (!state) return;
    this.#expiry.begin();
    for (const { seq, ...message } of state.rows) {
      const item = newItem(message, this.#order++, true);
      Object.assign(item, { seq, sent: true, stored: Promise.resolve(), isStored: true, dormant: brief });
      this.#hold(item);
      if (seq > 0) this.#items.set(seq, item);
      else if (!brief) this.#aside.put(item);
      this.#expiry.watch(message.expires);
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
      const item = newItem(message, this.#order++, durable);
      this.#hold(item);
      if (this.#aside.blocks(item)) this.#aside.put(item);
      else this.#unnumbered.push(item);
      this.#expiry.watch(message.expires);
      if (durable) this.#keeping.later();
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
    this.#keeping.now();
    try {
      await item.stored;
    } catch (error) {
      if (!item.sent && this.#byId.get(id) === item) this.#drop(item);
      throw error;
    }
  }

  #hold(item: Item): void {
    this.#byId.set(item.message!.id, item);
    this.#bodies.add(item);
  }

  #release(item: Item): void {
    this.#byId.delete(item.message!.id);
    this.#bodies.remove(item);
    this.#uploads.end(item);
  }

  /**
   * Takes a message back that was not sent yet; resolves once the store has forgotten it, too. `sent`: bytes of it left,
   * so it may have arrived; it stays. `absent`: it is not waiting here.
   */
  async withdraw(id: string): Promise<"withdrawn" | "sent" | "absent"> {
    const item = this.#byId.get(id);
    if (!item) return "absent";
    if (item.sent) return "sent";
    await this.#drop(item);
    return "withdrawn";
  }

  /** Why a message waits though its recipient is there; undefined where that is not known. */
  refusalOf(id: string): Refusal | undefined {
    const item = this.#byId.get(id);
    if (!item?.aside) return undefined;
    return item.refusal ?? (this.#agreed ? BEHIND : undefined);
  }

  /** Why nothing new can be sent, where that is our own fault. */
  get trouble(): string | undefined {
    return this.#numbering.trouble;
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
    if (!this.#numbering.isRenewing) this.events.sendEpoch(this.#numbering.epoch);
  }

  /** The session ended: what is not acknowledged goes again on the next one. */
  detach(): void {
    this.#session = undefined;
    this.#agreed = false;
    this.#queue.clear();
    this.#uploads.clear();
    for (const item of this.#items.values()) item.inFlight = false;
    for (const item of this.#byId.values()) this.#bodies.release(item);
  }

  /** Hands to the store what is not there yet, and stops. */
  close(): void {
    this.#keeping.now();
    this.#numbering.close();
    this.detach();
    this.#aside.close();
    this.#refusedVoids.close();
    this.#changes.close();
    this.#expiry.close();
    this.#keeping.close();
  }

  /** The recipient's account of our numbers. */
  have(message: Message & { type: "have" }): void {
    const numbering = this.#numbering;
    // One answers each `epoch`: more of them would have us go through everything again and again.
    if (this.#agreed || !this.#session || message.epoch !== numbering.epoch || numbering.isRenewing) return;
    const done = new Window(message.epoch, 8 * message.bitmap.length, message.upto, message.bitmap);
    if (!numbering.fits(done.upto, done.highest)) {
      // Once in a session: a recipient whose account never fits would have us write for ever.
      if (this.#renumbered) return this.events.misfit();
      this.#renumbered = true;
      return void this.#newEpoch();
    }
    this.#settleNumbers([...this.#items.keys()].filter((seq) => done.has(seq)));
    this.#agreed = true;
    this.#queue.clear();
    this.#uploads.clear();
    for (const item of this.#items.values()) item.inFlight = false;
    this.#restoreOrder();
    for (const item of [...this.#items.values()].sort((a, b) => a.seq - b.seq)) {
      if (!item.dormant && this.#isDue(item)) this.#queue.add(item);
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
    if (item && !item.message) return this.#refusedVoids.add(item);
    if (!item?.sent || !item.message) return;
    if (isFinalNak(message.code)) {
      this.#drop(item);
      this.events.settled(item.message, { status: "refused", code: message.code, why: message.why });
      return;
    }
    // Refused already, and about to lose this number.
    if (item.aside) return;
    item.refusal = { code: message.code, why: message.why };
    this.#aside.refused(item, this.#uploads.gotOn(item));
    this.#defer(item);
    this.events.deferred(item.message, item.refusal);
    const key = orderKey(item.message);
    if (key === undefined) return;
    // What is in flight behind it is refused by the recipient as well; what is not must not overtake it.
    const follows = (each: Item) =>
      each.message !== undefined && each.order > item.order && orderKey(each.message) === key;
    const unnumbered = this.#unnumbered.filter(follows);
    this.#unnumbered = this.#unnumbered.filter((each) => !follows(each));
    for (const each of [...this.#queue.take(follows), ...unnumbered]) {
      this.#defer(each);
      this.events.deferred(each.message!, BEHIND);
    }
  }

  /** The recipient asks for parts of a document. */
  want({ seq, offset, until }: Message & { type: "want" }): void {
    const item = this.#agreed ? this.#items.get(seq) : undefined;
    if (!item?.message || !item.inFlight || !item.inParts) return;
    this.#uploads.want(item, offset, until);
    this.events.progress(item.message, Math.min(offset, item.message.size));
  }

  /** The next frame that may go out now, or undefined. */
  nextFrame(): Uint8Array | undefined {
    if (!this.#agreed) return undefined;
    const { window, rx } = this.#session!;
    const max = rx - TAG_BYTES;
    for (;;) {
      const item = this.#queue.next(this.#numbering.acked + window, (each) => this.#bodies.has(each));
      if (!item) break;
      const { seq, message } = item;
      if (this.#items.get(seq) !== item || !this.#isDue(item)) continue;
      if (!message) {
        item.sent = true;
        return encodeMessage({ type: "void", seq });
      }
      const whole = wholeOf(seq, message);
      const isWhole = whole !== undefined && whole.length <= max;
      const frame = isWhole ? whole : headOf(seq, message);
      if (!frame || frame.length > max) {
        this.#drop(item);
        const why = `it does not fit the ${rx} bytes of a record that the recipient takes`;
        this.events.settled(message, { status: "refused", code: "too-large", why });
        continue;
      }
      item.sent = true;
      item.inParts = !isWhole;
      this.#queue.sent(item, !isWhole);
      return frame;
    }
    this.#bodies.load(this.#queue.first());
    return this.#uploads.nextFrame(max);
  }

  /** Gives numbers to what waits for one, and asks for more numbers in time. Returns whether it gave any. */
  #number(): boolean {
    let given = 0;
    for (let seq; given < this.#unnumbered.length && (seq = this.#numbering.next()) !== undefined;) {
      this.#assign(this.#unnumbered[given++]!, seq);
    }
    this.#unnumbered.splice(0, given);
    this.#numbering.replenish(this.#unnumbered.length);
    return given > 0;
  }

  #assign(item: Item, seq: number): void {
    item.seq = seq;
    this.#items.set(seq, item);
    this.#store(this.#keeping.number(item, seq));
    if (this.#agreed) this.#queue.add(item);
  }

  /** Our numbers and the recipient's memory do not fit together: what remains is numbered anew. */
  async #newEpoch(): Promise<void> {
    this.#agreed = false;
    for (const item of this.#aside.items) item.seq = 0;
    const items = [...this.#items.values()].filter((item) => item.message && item.seq > 0)
      .sort((a, b) => a.seq - b.seq);
    this.#items.clear();
    items.forEach((item, i) => this.#items.set(item.seq = i + 1, item));
    const ids = items.map((item) => item.stored && item.message!.id);
    if (!await this.#numbering.renew(ids)) return;
    if (this.#session) this.events.sendEpoch(this.#numbering.epoch);
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
    this.#store(this.#numbering.settle(ids, (seq) => this.#items.has(seq)));
    for (const message of ended) this.events.settled(message, { status: "delivered" });
    if (this.#agreed) this.events.wake();
  }

  /** Whether it may be sent: it was not given up meanwhile, nor put aside. */
  #isDue(item: Item): boolean {
    return !item.message || (!item.aside && this.#byId.get(item.message.id) === item);
  }

  /**
   * Forgets a message; its number, where it has one, is voided once the store has forgotten it too. Resolves when the
   * store has, or has failed to for the first time.
   */
  #drop(item: Item): Promise<void> {
    const message = item.message!;
    this.#release(item);
    this.#unnumbered = this.#unnumbered.filter((each) => each !== item);
    this.#aside.remove(item);
    this.#queue.landed(item);
    const isStored = item.stored !== undefined;
    return this.#changes.make(
      () =>
        isStored
          ? this.store.settle(this.#numbering.epoch, [message.id], this.#numbering.acked)
          : Promise.resolve(),
      () => this.#voidNumber(item),
    );
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
    this.#uploads.end(item);
    this.#aside.put(item);
    const { seq, message } = item;
    const isOver = () => item.seq !== seq || this.#byId.get(message!.id) !== item;
    void this.#changes.make(() => isOver() ? Promise.resolve() : this.#keeping.number(item, 0), () => {
      if (!isOver()) {
        this.#voidNumber(item);
        item.seq = 0;
      }
      this.#aside.ready();
    });
  }

  #voidNumber(item: Item): void {
    if (item.seq === 0 || this.#items.get(item.seq) !== item) return;
    this.#addVoid(item.seq);
    this.events.wake();
  }

  #addVoid(seq: number): void {
    const item = newItem(undefined, this.#order++, false);
    Object.assign(item, { seq, sent: true });
    this.#items.set(seq, item);
    if (this.#agreed) this.#queue.add(item);
  }

  #expire(now: number, isGrace: boolean): void {
    for (const item of [...this.#byId.values()]) {
      const message = item.message!;
      if (message.expires > now) this.#expiry.watch(message.expires);
      else if (!isGrace || !item.durable) {
        this.#drop(item);
        const { refusal } = item;
        this.events.settled(message, {
          status: "expired",
          why: refusal && `${refusal.code}: ${refusal.why}`,
        });
      }
    }
  }

  /** What was handed in is not there any more. */
  #unreadable(item: Item, why: string): void {
    const { message } = item;
    if (!message || this.#byId.get(message.id) !== item) return;
    this.#drop(item);
    this.events.settled(message, { status: "refused", code: "unreadable", why });
  }

  #store(change: Promise<void>): Promise<void> {
    return change.catch((error) => this.events.failed(error));
  }
}
