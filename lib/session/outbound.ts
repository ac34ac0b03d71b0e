import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { isFinalNak } from "../protocol/errors.ts";
import { TAG_BYTES, UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import { encodeMessage, type Message } from "../protocol/message.ts";

/** Numbers reserved on disk at a time (PROTOCOL.md section 4, Delivery). */
const RESERVE_BLOCK = 64;
/** A new block is asked for when fewer numbers than this are left. */
const RESERVE_AHEAD = 32;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** A message on its way to one recipient. */
export interface OutboundMessage {
  /** Message id (ULID). */
  readonly id: string;
  readonly kind: "document" | "chat";
  /** Document name; empty for a chat. */
  readonly name: string;
  readonly stream?: string;
  /** Of a chat. */
  readonly to?: "all" | "you";
  /** When it was handed in, milliseconds since 1970. */
  readonly at: number;
  /** When it is given up, milliseconds since 1970. */
  readonly expires: number;
  /** Document bytes, or the UTF-8 of the chat text. */
  readonly body: Uint8Array;
}

/** A message as the store keeps it; `seq` 0 while it has no number. */
export interface StoredMessage extends OutboundMessage {
  readonly seq: number;
}

/** What is durable of one numbering. Every promise resolves once the change is on disk. */
export interface OutboundStore {
  /** Undefined where nothing was ever sent to this recipient. The rows stand in the order in which they were handed in. */
  load(): Promise<
    | {
      readonly epoch: number;
      readonly reserved: number;
      readonly acked: number;
      readonly rows: readonly StoredMessage[];
    }
    | undefined
  >;
  reserve(epoch: number, upto: number): Promise<void>;
  /** Adds the message, or replaces what is stored under its id. */
  enqueue(epoch: number, message: StoredMessage): Promise<void>;
  settle(epoch: number, ids: readonly string[], acked: number): Promise<void>;
  renumber(epoch: number, reserved: number, seqById: ReadonlyMap<string, number>): Promise<void>;
}

/** How a message ended. */
export type Settlement =
  | { readonly status: "delivered" }
  | { readonly status: "refused"; readonly code: string; readonly why: string }
  | { readonly status: "expired" };

/** What the owner of an {@linkcode Outbound} is told. */
export interface OutboundEvents {
  /** A message ended. */
  settled(message: OutboundMessage, settlement: Settlement): void;
  /** There is something to send: a session is wanted, or the one there is should ask for frames. */
  wake(): void;
  /** Sends on the session that is attached, at once. */
  sendEpoch(epoch: number): void;
  /** The store failed: nothing more goes to this recipient until the next start. */
  failed(error: unknown): void;
}

interface Item {
  /** 0 while it has none. */
  seq: number;
  /** Undefined: the number was given up, its `void` waits for the acknowledgement. */
  message: OutboundMessage | undefined;
  /** Place in the order in which messages were handed in. */
  readonly order: number;
  /** Bytes of it left in any session. */
  sent: boolean;
  /** Sent in the attached session, not yet answered. */
  inFlight: boolean;
  /** To be kept in the store. */
  durable: boolean;
  /** The store has it, or was asked to. */
  stored: boolean;
  /** Left from before, not what this short-lived peer is about. */
  dormant: boolean;
}

/** Messages with the same key arrive in the order in which they were handed in; others in any. */
function orderKey(message: OutboundMessage): string | undefined {
  return message.kind === "chat"
    ? "chat"
    : message.stream === undefined
    ? undefined
    : `stream ${message.stream}`;
}

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
  /** What waits for a number, oldest first. */
  #unnumbered: Item[] = [];
  /** What the recipient could not take, and what must stay behind it, oldest first. */
  #deferred: Item[] = [];
  /** The deferred message that tries again. */
  #probe: Item | undefined;
  #retryMs = RETRY_FIRST_MS;
  #retryTimer: Timer | undefined;
  #expiryTimer: Timer | undefined;
  #expiryAt = Infinity;
  #reserving = false;
  #renumbering = false;
  #closed = false;

  #session: { readonly window: number; readonly rx: number } | undefined;
  /** Whether the attached session answered our `epoch` with `have`. */
  #agreed = false;
  #unackedBytes = 0;
  /** To be sent in this session, in order of number. */
  #voids: Item[] = [];
  #chats: Item[] = [];
  #documents: Item[] = [];

  private constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly events: OutboundEvents,
  ) {}

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
      Object.assign(item, { seq, sent: true, stored: true, dormant: brief });
      this.#byId.set(message.id, item);
      if (seq > 0) this.#items.set(seq, item);
      else if (!brief) this.#deferred.push(item);
      this.#watchExpiry(message.expires);
    }
    this.#scheduleRetry();
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
      if (!item.dormant && !this.#deferred.includes(item)) return true;
    }
    return false;
  }

  /** Whether anything sent waits for its acknowledgement. */
  get unacknowledged(): boolean {
    for (const item of this.#items.values()) if (item.sent && !item.dormant) return true;
    return false;
  }

  /** Bytes of bodies that wait here. */
  get bytes(): number {
    let sum = 0;
    for (const item of this.#byId.values()) sum += item.message!.body.length;
    return sum;
  }

  /**
   * Takes a message for delivery. `durable`: it is kept in the store until it is settled; the promise resolves once it
   * is there, and sending does not wait for that. A message whose id is already waiting here is taken up, not doubled.
   */
  async add(message: OutboundMessage, durable: boolean): Promise<void> {
    const waiting = this.#byId.get(message.id);
    if (waiting) {
      if (waiting.dormant && waiting.seq === 0) this.#unnumbered.push(waiting);
      waiting.dormant = false;
      this.#number();
      if (this.#agreed && waiting.seq > 0 && !waiting.inFlight) this.#queue(waiting);
      this.events.wake();
      return;
    }
    const item = this.#newItem(message, durable);
    this.#byId.set(message.id, item);
    (this.#isBehind(item) ? this.#deferred : this.#unnumbered).push(item);
    this.#watchExpiry(message.expires);
    this.#number();
    this.events.wake();
    if (!durable) return;
    item.stored = true;
    try {
      await this.store.enqueue(this.#epoch, { ...message, seq: item.seq });
    } catch (error) {
      item.durable = false;
      if (!item.sent) this.#drop(item);
      throw error;
    }
  }

  #newItem(message: OutboundMessage | undefined, durable: boolean): Item {
    return {
      seq: 0,
      message,
      order: this.#order++,
      sent: false,
      inFlight: false,
      durable,
      stored: false,
      dormant: false,
    };
  }

  /**
   * Takes a message back that was not sent yet. `sent`: bytes of it left, so it may have arrived; it stays. `absent`:
   * it is not waiting here.
   */
  withdraw(id: string): "withdrawn" | "sent" | "absent" {
    const item = this.#byId.get(id);
    if (!item) return "absent";
    if (item.sent) return "sent";
    this.#drop(item);
    return "withdrawn";
  }

  /** A session begins: tells it our epoch. Nothing numbered goes out before its `have`. */
  attach(session: { readonly window: number; readonly rx: number }): void {
    this.#session = session;
    this.#agreed = false;
    if (!this.#renumbering) this.events.sendEpoch(this.#epoch);
  }

  /** The session ended: what is not acknowledged goes again on the next one. */
  detach(): void {
    this.#session = undefined;
    this.#agreed = false;
    this.#voids = this.#chats = this.#documents = [];
  }

  /** Stops timers. */
  close(): void {
    this.#closed = true;
    this.detach();
    this.#retryTimer?.cancel();
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
    if (highest > this.#reserved || message.upto < this.#acked) return void this.#newEpoch();
    this.#settleNumbers([...this.#items.keys()].filter(held));
    this.#agreed = true;
    this.#unackedBytes = 0;
    for (const item of this.#items.values()) item.inFlight = false;
    this.#restoreOrder();
    const aside = new Set(this.#deferred);
    const again = [...this.#items.values()].sort((a, b) => a.seq - b.seq).filter((item) => !aside.has(item));
    this.#voids = again.filter((item) => !item.message);
    this.#chats = again.filter((item) => item.message?.kind === "chat" && !item.dormant);
    this.#documents = again.filter((item) => item.message?.kind === "document" && !item.dormant);
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
    if (!item?.sent || !item.message) return;
    if (isFinalNak(message.code)) {
      this.#drop(item);
      this.events.settled(item.message, { status: "refused", code: message.code, why: message.why });
      return;
    }
    if (this.#probe === item) this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
    this.#defer(item);
    const key = orderKey(item.message);
    if (key === undefined) return;
    // What is in flight behind it is refused by the recipient as well; what is not must not overtake it.
    const follows = (each: Item) =>
      each.message !== undefined && each.seq > item.seq && orderKey(each.message) === key;
    const unsent = [...this.#chats, ...this.#documents].filter((each) => !each.inFlight && follows(each));
    this.#chats = this.#chats.filter((each) => !unsent.includes(each));
    this.#documents = this.#documents.filter((each) => !unsent.includes(each));
    const unnumbered = this.#unnumbered.filter((each) => orderKey(each.message!) === key);
    this.#unnumbered = this.#unnumbered.filter((each) => !unnumbered.includes(each));
    for (const each of [...unsent, ...unnumbered]) this.#defer(each);
  }

  /** The next frame that may go out now, or undefined. */
  nextFrame(): Uint8Array | undefined {
    if (!this.#agreed) return undefined;
    for (;;) {
      const item = this.#nextItem();
      if (!item) return undefined;
      const { seq, message } = item;
      if (this.#items.get(seq) !== item) continue;
      if (!message) {
        item.sent = true;
        return encodeMessage({ type: "void", seq });
      }
      const frame = encodeMessage(
        message.kind === "chat"
          ? {
            type: "chat",
            seq,
            id: message.id,
            to: message.to ?? "you",
            at: message.at,
            text: new TextDecoder().decode(message.body),
          }
          : {
            type: "document",
            seq,
            id: message.id,
            name: message.name,
            size: message.body.length,
            at: message.at,
            stream: message.stream,
            body: message.body,
          },
      );
      if (frame.length > this.#session!.rx - TAG_BYTES) {
        this.#drop(item);
        this.events.settled(message, {
          status: "refused",
          code: "too-large",
          why: `the recipient takes at most ${this.#session!.rx} bytes in one record`,
        });
        continue;
      }
      item.sent = item.inFlight = true;
      this.#unackedBytes += message.body.length;
      return frame;
    }
  }

  #nextItem(): Item | undefined {
    const limit = this.#acked + this.#session!.window;
    for (const queue of [this.#voids, this.#chats, this.#documents]) {
      const item = queue[0];
      if (!item || item.seq > limit) continue;
      if (item.message && this.#unackedBytes > 0) {
        if (this.#unackedBytes + item.message.body.length > UNACKNOWLEDGED_MAX) continue;
      }
      return queue.shift();
    }
    return undefined;
  }

  /** Gives numbers to what waits for one, and asks for more numbers in time. */
  #number(): void {
    if (this.#renumbering || this.#closed) return;
    while (this.#unnumbered.length > 0 && this.#next <= this.#reserved) {
      this.#assign(this.#unnumbered.shift()!);
    }
    const short = this.#next + RESERVE_AHEAD > this.#reserved;
    if (short && !this.#reserving && (this.#unnumbered.length > 0 || this.#reserved > 0)) {
      void this.#reserve();
    }
  }

  #assign(item: Item): void {
    item.seq = this.#next++;
    this.#items.set(item.seq, item);
    if (item.stored) this.#store(this.store.enqueue(this.#epoch, { ...item.message!, seq: item.seq }));
    if (!this.#agreed) return;
    this.#queue(item);
  }

  async #reserve(): Promise<void> {
    this.#reserving = true;
    const epoch = this.#epoch;
    const upto = this.#next - 1 + RESERVE_BLOCK;
    try {
      await this.store.reserve(epoch, upto);
    } catch (error) {
      this.events.failed(error);
      this.clock.after(RETRY_FIRST_MS, () => this.#number());
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
    for (const item of this.#deferred) item.seq = 0;
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
      this.#landed(item);
      this.#byId.delete(item.message.id);
      if (item.stored) ids.push(item.message.id);
      ended.push(item.message);
      if (item === this.#probe) this.#probeTaken();
    }
    this.#advance();
    if (ids.length > 0 || this.#acked >= this.#ackedStored + RESERVE_BLOCK) {
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
  #drop(item: Item): void {
    const message = item.message!;
    this.#byId.delete(message.id);
    this.#unnumbered = this.#unnumbered.filter((each) => each !== item);
    this.#deferred = this.#deferred.filter((each) => each !== item);
    if (this.#probe === item) {
      this.#probe = undefined;
      this.#scheduleRetry();
    }
    this.#landed(item);
    const forgotten = item.stored
      ? this.store.settle(this.#epoch, [message.id], this.#acked)
      : Promise.resolve();
    this.#store(forgotten.then(() => this.#voidNumber(item)));
  }

  /** Puts aside what would now arrive before an earlier message of its key, which has a higher number or none. */
  #restoreOrder(): void {
    const aside = new Set([...this.#deferred, ...this.#unnumbered]);
    const highest = new Map<string, number>();
    for (const item of [...this.#byId.values()].sort((a, b) => a.order - b.order)) {
      const key = orderKey(item.message!);
      if (key === undefined || item.dormant) continue;
      const early = item.seq < (highest.get(key) ?? 0) && !aside.has(item);
      if (early) this.#defer(item);
      highest.set(key, early || aside.has(item) ? Infinity : item.seq);
    }
  }

  /** Whether something that was put aside must arrive before this. */
  #isBehind(item: Item): boolean {
    const key = orderKey(item.message!);
    if (key === undefined) return false;
    return this.#deferred.some((each) => orderKey(each.message!) === key);
  }

  /** Puts a message aside; its number, where it has one, is voided once the store knows that it has none. */
  #defer(item: Item): void {
    this.#landed(item);
    if (this.#probe === item) this.#probe = undefined;
    if (!this.#deferred.includes(item)) this.#deferred.push(item);
    this.#deferred.sort((a, b) => a.order - b.order);
    const noted = item.stored
      ? this.store.enqueue(this.#epoch, { ...item.message!, seq: 0 })
      : Promise.resolve();
    this.#store(noted.then(() => {
      this.#voidNumber(item);
      item.seq = 0;
      this.#scheduleRetry();
    }));
  }

  /** Is not in flight any more. */
  #landed(item: Item): void {
    if (!item.inFlight) return;
    item.inFlight = false;
    this.#unackedBytes -= item.message!.body.length;
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
    if (this.#agreed) this.#queue(item);
  }

  /** To be sent in this session, in order of number: the window opens from the lowest on. */
  #queue(item: Item): void {
    const queue = !item.message ? this.#voids : item.message.kind === "chat" ? this.#chats : this.#documents;
    if (queue.includes(item)) return;
    const after = queue.findLastIndex((each) => each.seq < item.seq);
    queue.splice(after + 1, 0, item);
  }

  #scheduleRetry(): void {
    if (this.#probe || this.#retryTimer || this.#deferred.length === 0 || this.#closed) return;
    this.#retryTimer = this.clock.after(this.#retryMs, () => this.#retry());
  }

  /** One deferred message tries whether the recipient can take it again. */
  #retry(): void {
    this.#retryTimer = undefined;
    const item = this.#deferred[0];
    if (!item || item.seq > 0 || this.#probe) return;
    this.#probe = item;
    this.#takeBack([item]);
  }

  #probeTaken(): void {
    this.#probe = undefined;
    this.#retryMs = RETRY_FIRST_MS;
    // Only as far as all are ready: those behind keep their order.
    const ready = this.#deferred.findIndex((each) => each.seq > 0);
    this.#takeBack(ready < 0 ? [...this.#deferred] : this.#deferred.slice(0, ready));
    this.#scheduleRetry();
  }

  #takeBack(items: readonly Item[]): void {
    this.#deferred = this.#deferred.filter((each) => !items.includes(each));
    this.#unnumbered.unshift(...items);
    this.#number();
    this.events.wake();
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
