import { createHash } from "node:crypto";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { TAG_BYTES, UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import { encodeMessage, type Message } from "../protocol/message.ts";
import { orderKey } from "../protocol/order.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import type { OutboundMessage } from "../storage/types.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Uploads } from "./upload.ts";

/** Documents of the spool that are announced at a time: more of them would only wait at the recipient. */
const ANNOUNCED = 64;
/** Messages of each kind of which the bodies are made ready. */
const READY = 256;

const NO_BYTES = new Uint8Array();

/** Limits of a session: the other side's largest record in bytes, and how many messages may be unanswered. */
export interface Capacity {
  readonly rx: number;
  readonly window: number;
}

/** Callbacks of {@linkcode Offers}. */
export interface OffersOwner {
  /** True if a message still waits and may be offered now. */
  isDue(item: PendingMessage): boolean;
  /** True if its body is in memory or in the spool. */
  isAtHand(item: PendingMessage): boolean;
  /** These are next: reads the bodies that are missing. */
  prepare(items: readonly PendingMessage[]): void;
  /** It fits no frame that the recipient takes. */
  tooLarge(item: PendingMessage): void;
}

/** A number of the session that is not answered. */
interface Offer {
  /** Undefined once it was given up. */
  item: PendingMessage | undefined;
  readonly key: string | undefined;
  /** Its place among the messages that were handed in. */
  readonly order: number;
  /** Bytes that count as unanswered. */
  readonly bytes: number;
  /** Only its head was sent: the recipient asks for its parts. */
  readonly inParts: boolean;
}

/**
 * What one session has been offered, and what is still to be (PROTOCOL.md 3.11): gives numbers, takes answers.
 * Chats go first, then documents, each in the order in which they were handed in.
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
  /** Orders of which a document goes out in parts, by its number: what is behind it waits until that is answered. */
  readonly #inParts = new Map<string, number>();
  /** Documents in parts that are not answered. */
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

  /** True if a message of this order is not answered. */
  isUnanswered(key: string): boolean {
    return this.#unanswered.values().some((offer) => offer.key === key);
  }

  /** A message may be offered. */
  add(item: PendingMessage): void {
    if (this.#queued.has(item) || this.#numbers.has(item)) return;
    this.#queued.add(item);
    const queue = item.message.kind === "chat" ? this.#chats : this.#documents;
    queue.splice(queue.findLastIndex((each) => each.order < item.order) + 1, 0, item);
  }

  /** A number is answered. Returns its message, if that still waits. */
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
   * A number is refused for now. What holds up its order at the recipient ends with a `void`, whatever became of the
   * message meanwhile. Returns what was offered; undefined if nothing was.
   */
  refused(seq: number): Readonly<Offer> | undefined {
    const offer = this.#unanswered.get(seq);
    if (offer?.key !== undefined) this.#voids.push(seq);
    this.answered(seq);
    return offer;
  }

  /** A message ended before it was answered: its number stays unanswered, and no more of it is sent. */
  giveUp(item: PendingMessage): void {
    const seq = this.#numbers.get(item);
    if (seq === undefined) return;
    this.#numbers.delete(item);
    const offer = this.#unanswered.get(seq)!;
    offer.item = undefined;
    this.uploads.end(seq);
    if (offer.inParts) this.#voids.push(seq);
  }

  /** The recipient asks for parts of a document. Returns its message. */
  want(seq: number, offset: number, until: number): PendingMessage | undefined {
    const offer = this.#unanswered.get(seq);
    if (!offer?.item || !offer.inParts) return undefined;
    this.uploads.want(seq, offer.item, offset, until);
    return offer.item;
  }

  /** The next frame that may go out now. */
  nextFrame(): Uint8Array | undefined {
    const voided = this.#voids.shift();
    if (voided !== undefined) return encodeMessage({ type: "void", seq: voided });
    const max = this.capacity.rx - TAG_BYTES;
    for (let item; (item = this.#take());) {
      const whole = wholeOf(this.#next, item.message);
      const isWhole = whole !== undefined && whole.length <= max;
      const frame = isWhole ? whole : headOf(this.#next, item.message);
      if (frame && frame.length <= max) {
        this.#sent(item, !isWhole);
        return frame;
      }
      this.owner.tooLarge(item);
    }
    this.owner.prepare([...this.#chats.slice(0, READY), ...this.#documents.slice(0, READY)]);
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

  /** Takes the next message out of its queue, if it may go out now. */
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

/** Bytes of a message that count as unanswered; of a spooled one none do. */
function bytesOf({ message }: PendingMessage): number {
  return message.spool === undefined ? message.size : 0;
}

/** The frame of a whole message; undefined if none can hold it. */
function wholeOf(seq: number, message: OutboundMessage): Uint8Array | undefined {
  const { id, name, at, stream, body } = message;
  if (!body) return undefined;
  return encoded(
    message.kind === "chat"
      ? { type: "chat", seq, id, to: message.to ?? "you", at, text: decodeUtf8(body) }
      : { type: "document", seq, id, name, size: body.length, at, stream, body },
  );
}

/** The frame that announces a document in parts; undefined for what cannot come in parts. */
function headOf(seq: number, message: OutboundMessage): Uint8Array | undefined {
  const { kind, id, name, at, stream, size, body } = message;
  if (kind === "chat" || size === 0) return undefined;
  const sha256 = message.sha256 ?? createHash("sha256").update(body!).digest("hex");
  return encoded({ type: "document", seq, id, name, size, at, stream, sha256, body: NO_BYTES });
}

function encoded(message: Message): Uint8Array | undefined {
  try {
    return encodeMessage(message);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
