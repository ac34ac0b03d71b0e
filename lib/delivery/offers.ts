import { createHash } from "node:crypto";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { TAG_BYTES, UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import { ASK_FEATURE, encodeChat, encodeMessage, hasFeature } from "../protocol/message.ts";
import { orderKey } from "../protocol/order.ts";
import type { OutboundMessage } from "../storage/types.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Uploads } from "./upload.ts";

/** Most spooled documents announced at a time: more would only wait at the recipient. */
const ANNOUNCED = 64;
/** Number of next messages of each kind whose bodies are loaded. */
const READY = 256;

const NO_BYTES = new Uint8Array();

/** Limits of a session: the other side's largest record in bytes, and how many messages may be unanswered. */
export interface Capacity {
  readonly rx: number;
  readonly window: number;
  /** The other side's features, see {@linkcode takes}. */
  readonly can?: string;
  readonly brief?: boolean;
  readonly answers?: boolean;
}

/**
 * Tells whether the other side of a session takes such a message: `later` if another session may, `never` if it lacks a
 * feature that the message needs (PROTOCOL.md 2.9).
 */
export function takes(
  remote: Omit<Capacity, "rx" | "window">,
  { ask, re }: Pick<OutboundMessage, "ask" | "re">,
): "now" | "later" | "never" {
  if (remote.brief && !(remote.answers && re !== undefined)) return "later";
  if ((ask || re !== undefined) && !hasFeature(remote, ASK_FEATURE)) return ask ? "never" : "later";
  return "now";
}

/** Callbacks of {@linkcode Offers}. */
export interface OffersOwner {
  /** True if a message still waits and may be offered now. */
  isDue(item: PendingMessage): boolean;
  /** True if its body is in memory or in the spool. */
  isAtHand(item: PendingMessage): boolean;
  /** Loads missing bodies of these messages, which are next. */
  prepare(items: readonly PendingMessage[]): void;
  /** The message fits no frame that the recipient accepts. */
  tooLarge(item: PendingMessage): void;
  /** The recipient lacks a feature that the message needs. */
  cannot(item: PendingMessage): void;
}

/** An unanswered number of the session. */
interface Offer {
  /** Undefined once it was given up. */
  item: PendingMessage | undefined;
  readonly key: string | undefined;
  /** Its place among the messages that were handed in. */
  readonly order: number;
  /** Bytes that count as unanswered. */
  readonly bytes: number;
  /** True if only its head was sent: the recipient requests its parts. */
  readonly inParts: boolean;
}

/**
 * The messages offered in one session, and those still to be offered (PROTOCOL.md 3.11). Assigns numbers and processes
 * answers. Chats go first, then documents, each in the order in which they were handed in.
 */
export class Offers {
  #next = 1;
  readonly #unanswered = new Map<number, Offer>();
  readonly #numbers = new Map<PendingMessage, number>();
  #bytes = 0;
  readonly #chats: PendingMessage[] = [];
  readonly #documents: PendingMessage[] = [];
  readonly #queued = new Set<PendingMessage>();
  /** Numbers to be voided. */
  #voids: number[] = [];
  /** Orders with a document that is sent in parts → its number: later messages of the order wait for its answer. */
  readonly #inParts = new Map<string, number>();
  /** Number of unanswered documents in parts. */
  #announced = 0;

  constructor(
    private readonly capacity: Capacity,
    private readonly uploads: Uploads,
    private readonly owner: OffersOwner,
  ) {}

  /** True if any offered message is not answered. */
  get hasUnanswered(): boolean {
    return this.#unanswered.size > 0;
  }

  /** True if a message waits to be offered, or a number to be voided. */
  get hasMore(): boolean {
    return this.#queued.size > 0 || this.#voids.length > 0;
  }

  /** True if a message of this order is not answered. */
  isUnanswered(key: string): boolean {
    return this.#unanswered.values().some((offer) => offer.key === key);
  }

  /** True if a message was offered and is not answered. */
  isOffered(item: PendingMessage): boolean {
    return this.#numbers.has(item);
  }

  /** Adds a message that may be offered. */
  add(item: PendingMessage): void {
    if (this.#queued.has(item) || this.#numbers.has(item)) return;
    this.#queued.add(item);
    const queue = item.message.kind === "chat" ? this.#chats : this.#documents;
    queue.splice(queue.findLastIndex((each) => each.order < item.order) + 1, 0, item);
  }

  /** Notes that a number was answered. Returns its message, if that still waits. */
  answered(seq: number): PendingMessage | undefined {
    const offer = this.#unanswered.get(seq);
    if (!offer) return undefined;
    this.#unanswered.delete(seq);
    this.#bytes -= offer.bytes;
    if (offer.inParts) this.#announced--;
    this.uploads.end(seq);
    for (const [key, number] of this.#inParts) if (number === seq) this.#inParts.delete(key);
    if (offer.item) this.#numbers.delete(offer.item);
    return offer.item;
  }

  /**
   * Notes a temporary refusal of a number. A `void` lifts the block of its order at the recipient, even if the message
   * has ended meanwhile. Returns the offer, if there was one.
   */
  refused(seq: number): Readonly<Offer> | undefined {
    const offer = this.#unanswered.get(seq);
    if (offer?.key !== undefined) this.#voids.push(seq);
    this.answered(seq);
    return offer;
  }

  /** Notes that a message ended without an answer: its number stays unanswered, and no more of it is sent. */
  giveUp(item: PendingMessage): void {
    const seq = this.#numbers.get(item);
    if (seq === undefined) return;
    this.#numbers.delete(item);
    const offer = this.#unanswered.get(seq)!;
    offer.item = undefined;
    this.uploads.end(seq);
    if (offer.inParts) this.#voids.push(seq);
  }

  /** Notes that the recipient requests parts of a document. Returns its message. */
  want(seq: number, offset: number, until: number): PendingMessage | undefined {
    const offer = this.#unanswered.get(seq);
    if (!offer?.item || !offer.inParts) return undefined;
    this.uploads.want(seq, offer.item, offset, until);
    return offer.item;
  }

  /** Returns the next frame that may go out now. */
  nextFrame(): Uint8Array | undefined {
    const voided = this.#voids.shift();
    if (voided !== undefined) return encodeMessage({ type: "void", seq: voided });
    const max = this.capacity.rx - TAG_BYTES;
    for (let item; (item = this.#take());) {
      if (takes(this.capacity, item.message) === "never") {
        this.owner.cannot(item);
        continue;
      }
      const whole = wholeOf(this.#next, item.message);
      const isWhole = whole !== undefined && whole.length <= max;
      const frame = isWhole ? whole : headOf(this.#next, item.message);
      if (frame && frame.length <= max) {
        this.#sent(item, !isWhole);
        return frame;
      }
      this.owner.tooLarge(item);
    }
    if (this.#queued.size > 0) {
      this.owner.prepare([...this.#chats.slice(0, READY), ...this.#documents.slice(0, READY)]);
    }
    return this.uploads.nextFrame(max);
  }

  #sent(item: PendingMessage, inParts: boolean): void {
    const seq = this.#next++;
    const bytes = bytesOf(item);
    item.sent = true;
    const key = orderKey(item.message);
    this.#unanswered.set(seq, { item, key, order: item.order, bytes, inParts });
    this.#numbers.set(item, seq);
    this.#bytes += bytes;
    if (!inParts) return;
    this.#announced++;
    if (key !== undefined) this.#inParts.set(key, seq);
  }

  /** Takes the next message from its queue, if it may go out now. */
  #take(): PendingMessage | undefined {
    if (this.#unanswered.size >= this.capacity.window) return undefined;
    for (const queue of [this.#chats, this.#documents]) {
      for (let at = 0; at < queue.length;) {
        const item = queue[at]!;
        const isDue = this.owner.isDue(item);
        if (isDue && this.#isBlocked(item)) {
          at++;
          continue;
        }
        if (isDue && !this.#mayGo(item)) break;
        this.#queued.delete(item);
        if (at === 0) queue.shift();
        else queue.splice(at, 1);
        if (isDue) return item;
      }
    }
    return undefined;
  }

  #mayGo(item: PendingMessage): boolean {
    if (!this.owner.isAtHand(item)) return false;
    return this.#bytes === 0 || this.#bytes + bytesOf(item) <= UNACKNOWLEDGED_MAX;
  }

  #isBlocked({ message }: PendingMessage): boolean {
    if (message.spool !== undefined && this.#announced >= ANNOUNCED) return true;
    if (this.#inParts.size === 0) return false;
    const key = orderKey(message);
    return key !== undefined && this.#inParts.has(key);
  }
}

/** Returns the bytes of a message that count as unanswered; none of a spooled one. */
function bytesOf({ message }: PendingMessage): number {
  return message.spool === undefined ? message.size : 0;
}

/** Returns the frame of a whole message; undefined if no frame can hold it. */
function wholeOf(seq: number, message: OutboundMessage): Uint8Array | undefined {
  const { id, name, at, stream, ask, re, code, body } = message;
  if (!body) return undefined;
  return unlessRefused(() =>
    message.kind === "chat"
      ? encodeChat({ seq, id, to: message.to ?? "you", at }, body)
      : encodeMessage({ type: "document", seq, id, name, size: body.length, at, stream, ask, re, code, body })
  );
}

/** Returns the frame that announces a document in parts; undefined for a message that cannot be sent in parts. */
function headOf(seq: number, message: OutboundMessage): Uint8Array | undefined {
  const { kind, id, name, at, stream, size, ask, re, code, body } = message;
  if (kind === "chat" || size === 0) return undefined;
  const sha256 = message.sha256 ?? createHash("sha256").update(body!).digest("hex");
  const head = { seq, id, name, size, at, stream, sha256, ask, re, code };
  return unlessRefused(() => encodeMessage({ type: "document", ...head, body: NO_BYTES }));
}

function unlessRefused(encode: () => Uint8Array): Uint8Array | undefined {
  try {
    return encode();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
