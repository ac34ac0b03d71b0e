import { monotonicUlid } from "../platform/std_ulid.ts";
import { ChatLog } from "../delivery/chat_log.ts";
import type { Policy } from "../delivery/policy.ts";
import type { Clock } from "../platform/clock.ts";
import { is } from "../protocol/fields.ts";
import { CHAT_MAX, INLINE_DOCUMENT_MAX, STREAM_MAX } from "../protocol/limits.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { NakCode } from "../protocol/refusal.ts";
import { UserError } from "../platform/user_error.ts";
import type { Spool, Spooled } from "../storage/files/spool.ts";
import type { Storage } from "../storage/storage.ts";
import type { Origin, ReceiveOutcome } from "../storage/types.ts";
import type { Door, PlainDocument, Taken } from "./door.ts";
import type { EventHub } from "./event_hub.ts";
import { DOCUMENT_NAME, nameFault } from "./message_checks.ts";
import { plainName, plainSender } from "./plain_sender.ts";

/** Most documents over 64 KiB that come in at a time, and most of them from one address. */
const SPOOLING_MAX = 16;
const SPOOLING_EACH = 4;
/** Bytes that are copied at a time from the spool to the inbox. */
const PIECE = 256 * 1024;
const NO_BYTES = new Uint8Array();

/** Options of {@linkcode PlainDoor}. */
export interface PlainDoorOptions {
  readonly storage: Storage;
  readonly policy: Policy;
  readonly spool: Spool;
  readonly hub: EventHub;
  readonly clock: Clock;
  /** Largest document accepted, bytes. */
  readonly maxSize: number;
  /** False if nothing that is said in the group may go out. */
  readonly isReadable: boolean;
}

/** Reason why the bytes of a document are not read to their end. */
class Refused extends Error {
  constructor(readonly code: NakCode, message: string) {
    super(message);
  }
}

/** The way into a peer for programs without a key: each address is a sender that nobody knows. */
export class PlainDoor implements Door {
  readonly #options;
  readonly #chats: ChatLog;
  readonly #listeners = new Set<(name: string, text: string) => void>();
  /** Addresses of the documents that are coming into the spool. */
  readonly #spooling: string[] = [];
  #turn = 0;

  constructor(options: PlainDoorOptions) {
    this.#options = options;
    this.#chats = new ChatLog(options.storage, options.clock);
  }

  async chat(from: string, text: string): Promise<Taken> {
    const id = monotonicUlid();
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > CHAT_MAX) return refuse("too-large", `a chat message has at most ${CHAT_MAX} bytes`);
    if (!text.isWellFormed()) return refuse("refused", "it is not well-formed text");
    const { name, origin } = originOf(from);
    const { policy, hub } = this.#options;
    const refusal = policy.refusal(name, { type: "chat", seq: 0, id, at: 0, to: "all", text });
    const outcome = refusal ??
      await this.#chats.keep({ kind: "chat", ...origin, id, turn: ++this.#turn, to: "all", text });
    if (outcome.saved) hub.emit({ event: "chat", id, from: plainSender(name), to: "all", text });
    return taken(id, outcome);
  }

  async document(from: string, document: PlainDocument): Promise<Taken> {
    const { body, stream, id = monotonicUlid() } = document;
    if (!is.ulid(id)) return refuse("refused", "its id is not a ULID");
    const fault = stream === undefined ? undefined : nameFault(stream, STREAM_MAX);
    if (fault !== undefined) return refuse("refused", `the name of its stream ${fault}`);
    const whole = { ...document, name: document.name || DOCUMENT_NAME, id };
    if (body instanceof Uint8Array && body.length <= INLINE_DOCUMENT_MAX) {
      return await this.#small(from, whole, body);
    }
    return await this.#large(from, whole, body instanceof Uint8Array ? piecesOf(body) : body);
  }

  onSaid(listener: (name: string, text: string) => void): () => void {
    if (!this.#options.isReadable) return () => {};
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells the listeners what was said to everyone in the group. */
  said(name: string, text: string): void {
    for (const listener of this.#listeners) listener(name, text);
  }

  /** Passes waiting chats to the store. */
  close(): void {
    this.#listeners.clear();
    this.#chats.flush();
  }

  async #small(from: string, document: PlainDocument & { id: string }, body: Uint8Array): Promise<Taken> {
    const { id, name, stream } = document;
    const { policy, storage } = this.#options;
    const { name: sender, origin } = originOf(from);
    const size = body.length;
    const refusal = policy.refusal(sender, { type: "document", seq: 0, id, at: 0, name, stream, size, body });
    const turn = ++this.#turn;
    const outcome = refusal ??
      await storage.receive({ kind: "document", ...origin, id, turn, name, stream, body });
    return this.#told(sender, document, size, outcome);
  }

  /** Copies a document to the spool, so that its size and hash are known, and from there to the inbox. */
  async #large(
    from: string,
    document: PlainDocument & { id: string },
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<Taken> {
    const { id, name, stream } = document;
    const { policy, spool } = this.#options;
    const { name: sender } = originOf(from);
    // Its size is not known yet.
    const beginning = { type: "document", seq: 0, id, at: 0, name, stream, size: 1, body: NO_BYTES } as const;
    const refusal = policy.refusal(sender, beginning);
    if (refusal) return taken(id, refusal);
    const own = this.#spooling.filter((each) => each === from).length;
    if (this.#spooling.length >= SPOOLING_MAX || own >= SPOOLING_EACH) {
      return refuse("busy", "too many documents are coming");
    }
    this.#spooling.push(from);
    let spooled: Spooled | undefined;
    try {
      spooled = await spool.add(this.#limited(pieces, stream));
      if (spooled.size > INLINE_DOCUMENT_MAX) return await this.#intake(from, document, spooled);
      const body = await spool.take(spooled);
      spooled = undefined;
      return await this.#small(from, document, body);
    } catch (error) {
      return this.#refusalOf(error);
    } finally {
      if (spooled) spool.remove(spooled.spool);
      this.#spooling.splice(this.#spooling.indexOf(from), 1);
    }
  }

  async #intake(
    from: string,
    document: PlainDocument & { id: string },
    { spool: file, size, sha256 }: Spooled,
  ): Promise<Taken> {
    const { id, name } = document;
    const { storage, spool } = this.#options;
    const { name: sender, origin } = originOf(from);
    const intake = await storage.intake({ kind: "large", ...origin, id, name, size, sha256 });
    if ("saved" in intake) return this.#told(sender, document, size, intake);
    let refusal: ReceiveOutcome | undefined;
    try {
      const reader = await spool.open({ spool: file, size });
      try {
        for (let at = intake.offset; at < size && !refusal;) {
          const piece = await reader.read(at, Math.min(PIECE, size - at));
          if (piece.length === 0) throw new Error("its copy is shorter than it was");
          at += piece.length;
          refusal = await intake.write(piece);
        }
      } finally {
        reader.close();
      }
    } catch (error) {
      intake.suspend();
      throw error;
    }
    if (refusal) intake.suspend();
    return this.#told(sender, document, size, refusal ?? await intake.finish());
  }

  /** Passes pieces on, as long as the document is not too large. */
  async *#limited(pieces: AsyncIterable<Uint8Array>, stream?: string): AsyncGenerator<Uint8Array> {
    const { maxSize } = this.#options;
    let size = 0;
    for await (const piece of pieces) {
      size += piece.length;
      if (size > maxSize) throw new Refused("too-large", `at most ${maxSize} bytes are taken here`);
      if (stream !== undefined && size > INLINE_DOCUMENT_MAX) {
        throw new Refused("too-large", `a document of a stream has at most ${INLINE_DOCUMENT_MAX} bytes`);
      }
      yield piece;
    }
  }

  #refusalOf(error: unknown): Taken {
    if (error instanceof Refused) return refuse(error.code, error.message);
    if (error instanceof ProtocolError) return refuse("not-json", error.message);
    // The cause may be the disk, whose state is nobody else's business, or a sender that left.
    const why = error instanceof UserError ? "It cannot be saved now." : "Its bytes stopped coming.";
    return refuse("busy", why);
  }

  /** Reports a document that was saved now. */
  #told(
    sender: string,
    document: PlainDocument & { id: string },
    size: number,
    outcome: ReceiveOutcome,
  ): Taken {
    const { id, name, stream } = document;
    if (outcome.saved && !outcome.duplicate && outcome.path !== undefined) {
      const { path } = outcome;
      const from = plainSender(sender);
      this.#options.hub.emit({ event: "document", id, from, name: outcome.name ?? name, path, size, stream });
    }
    return taken(id, outcome);
  }
}

/** Returns the sender's fields for storage. */
function originOf(address: string) {
  const name = plainName(address);
  const from: Origin = { known: false, address };
  return { name, origin: { sender: name, senderName: name, from } };
}

function taken(id: string, outcome: ReceiveOutcome): Taken {
  if (!outcome.saved) return refuse(outcome.code, outcome.why);
  const { duplicate, path, name } = outcome;
  return { taken: true, id, duplicate, path, name };
}

function refuse(code: NakCode, why: string): Taken {
  return { taken: false, code, why };
}

async function* piecesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += PIECE) yield await body.subarray(at, at + PIECE);
}
