import { monotonicUlid } from "../platform/std_ulid.ts";
import type { Delivery, DeliveryEvent } from "../delivery/delivery.ts";
import type { Outbound } from "../delivery/outbound.ts";
import type { Settlement } from "../delivery/outbound_store.ts";
import type { TrustBook } from "../identity/trust_book.ts";
import type { Clock } from "../platform/clock.ts";
import { UserError } from "../platform/user_error.ts";
import { printable } from "../protocol/label.ts";
import { INLINE_DOCUMENT_MAX } from "../protocol/limits.ts";
import type { Refusal } from "../protocol/refusal.ts";
import { encodeUtf8 } from "../protocol/utf8.ts";
import type { Spool } from "../storage/files/spool.ts";
import type { Storage } from "../storage/storage.ts";
import { type OutboundMessage, WITHDRAWN } from "../storage/types.ts";
import { checkChat, checkDocumentOptions, checkedPieces } from "./argument_checks.ts";
import type { PeerDirectory } from "./directory.ts";
import type { EventHub } from "./event_hub.ts";
import { Handover } from "./handover.ts";
import {
  checkJson,
  DOCUMENT_NAME,
  LARGE_TIMEOUT_MS,
  notJson,
  QUESTION_NAME,
  usage,
} from "./message_checks.ts";
import { StreamTurns } from "./stream_turns.ts";
import type {
  DeliveryResult,
  DocumentOptions,
  DocumentSource,
  PeerRef,
  SendOptions,
  SpooledDocument,
} from "./types.ts";
import { Waiter, Waiters } from "./waiter.ts";

/** How long a chat to everybody waits for the peers that were up, milliseconds (PROTOCOL.md 3.11). */
const BROADCAST_KEEP_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 5_000;
/** A document in memory is copied to the spool in pieces of this size, so that other work gets its turn; bytes. */
const PIECE = 256 * 1024;
/** The result for an id that another message to the recipient has. */
export const ID_IN_USE = { code: "id-in-use", why: "another message to this peer has this id" };

/** A message in memory, or a document in the spool. */
type Content = { readonly body: Uint8Array; readonly size: number } | SpooledDocument;

/** Options of {@linkcode Messenger}. */
export interface MessengerContext {
  readonly delivery: Delivery;
  readonly directory: PeerDirectory;
  readonly trust: TrustBook;
  readonly hub: EventHub;
  readonly storage: Storage;
  readonly spool: Spool;
  readonly clock: Clock;
  /** Time that a message waits for its recipient, milliseconds. */
  readonly outboxMs: number;
  /** Called with what we say to everyone. */
  readonly said?: (text: string) => void;
}

/** Passes messages to delivery and waits for their outcome. */
export class Messenger {
  readonly #waiters;
  readonly #delivering = new Set<Promise<unknown>>();
  readonly #turns = new StreamTurns();
  readonly #handover;
  #closed = false;

  readonly #context: MessengerContext;

  constructor(context: MessengerContext) {
    this.#context = context;
    this.#waiters = new Waiters(context.clock);
    this.#handover = new Handover(context.delivery);
  }

  /** Sends a chat message to everybody who is up (`to` undefined) or to some. */
  say(text: string, options: Partial<SendOptions>): Promise<DeliveryResult[]> {
    checkChat(text, options);
    const body = encodeUtf8(text);
    const everybody = options.to === undefined;
    const to = options.to ??
      this.#context.directory.list().filter((peer) =>
        peer.state !== "gone" && !this.#context.trust.isBlocked(peer.id)
      ).map((
        peer,
      ) => peer.id);
    const message = this.#message("chat", { body, size: body.length }, options, {
      name: "",
      to: everybody ? "all" : "you",
      keepMs: everybody ? BROADCAST_KEEP_MS : this.#context.outboxMs,
    });
    const results = this.#deliver(message, to, options, !everybody);
    if (everybody) this.#context.said?.(text);
    return results;
  }

  /**
   * Sends a document as it is at this moment. Refuses invalid JSON before anything is sent. Documents of one stream go
   * to each recipient in the order of the calls.
   */
  send(document: DocumentSource, options: DocumentOptions): Promise<DeliveryResult[]> {
    const given = "spool" in document ? document.spool : undefined;
    try {
      checkDocumentOptions(options);
    } catch (error) {
      if (given !== undefined) this.#context.spool.remove(given);
      throw error;
    }
    const asGiven = { ...options, to: [...options.to] };
    if (document instanceof Uint8Array) return this.#sendBytes(new Uint8Array(document), asGiven);
    return this.#sendRead(asGiven, async () => {
      return "spool" in document
        ? document
        : await this.#context.spool.add(checkedPieces(document)).catch(notJson);
    }, given);
  }

  #sendBytes(body: Uint8Array, options: DocumentOptions): Promise<DeliveryResult[]> {
    const { to, stream } = options;
    if (body.length > INLINE_DOCUMENT_MAX) {
      refuseInStream(stream, body.length);
      return this.#sendRead(options, () => this.#context.spool.add(piecesOf(body)).catch(notJson));
    }
    checkJson(body);
    const content = { body, size: body.length };
    if (!this.#turns.isBusy(to, stream)) return this.#sendContent(content, options);
    return this.#sendInTurn(options, () => Promise.resolve(content));
  }

  /**
   * Sends a document that has to be read first: one to be copied to the spool, or one that is there.
   *
   * @param given the file that the caller has put there, which another process of the profile may use
   */
  #sendRead(
    options: DocumentOptions,
    read: () => Promise<SpooledDocument>,
    given?: string,
  ): Promise<DeliveryResult[]> {
    const { spool } = this.#context;
    return this.#sendInTurn(options, async () => {
      const spooled = await read();
      if (spooled.size <= INLINE_DOCUMENT_MAX) {
        const body = await spool.take(spooled);
        return { body, size: body.length };
      }
      const isOver = this.#closed && given === undefined;
      if (options.stream !== undefined || options.to.length === 0 || isOver) spool.remove(spooled.spool);
      refuseInStream(options.stream, spooled.size);
      return { spool: spooled.spool, size: spooled.size, sha256: spooled.sha256 };
    });
  }

  async #sendInTurn(options: DocumentOptions, read: () => Promise<Content>): Promise<DeliveryResult[]> {
    const turn = this.#turns.take(options.to, options.stream);
    let sent: Promise<DeliveryResult[]>;
    try {
      const content = await read();
      await turn.before;
      const timeout = options.timeout ?? ("spool" in content ? LARGE_TIMEOUT_MS : undefined);
      sent = this.#sendContent(content, { ...options, timeout });
    } finally {
      turn.done();
    }
    return await sent;
  }

  #sendContent(content: Content, options: DocumentOptions): Promise<DeliveryResult[]> {
    const { name = DOCUMENT_NAME, stream, to } = options;
    const rest = { name, stream, keepMs: this.#context.outboxMs };
    return this.#deliver(this.#message("document", content, options, rest), to, options, true);
  }

  /** Sends a question to one peer. Resolves when it is durable there, refused, or the timeout is over. */
  async question(body: Uint8Array, options: SendOptions): Promise<DeliveryResult> {
    const rest = { name: QUESTION_NAME, ask: true, keepMs: this.#context.outboxMs };
    const message = this.#message("document", { body, size: body.length }, options, rest);
    const [result] = await this.#deliver(message, options.to, options, true);
    return result!;
  }

  /** Follows the outcome of messages. */
  followed(event: DeliveryEvent): void {
    switch (event.type) {
      case "settled":
        return this.#settled(event.recipient, event.message, event.settlement);
      case "progress":
        for (const each of this.#waiters.of(event.recipient, event.message.id)) each.progress(event.bytes);
        return;
      case "deferred":
        for (const each of this.#waiters.of(event.recipient, event.message.id)) each.deferred(event.refusal);
    }
  }

  /** Reports the end of a message, and tells its waiters. */
  #settled(recipient: string, { id, kind, name, to: whom }: OutboundMessage, settlement: Settlement): void {
    const { directory, hub, clock } = this.#context;
    const waiters = this.#waiters.of(recipient, id);
    const to = waiters[0]?.to ?? directory.ref(recipient);
    if (settlement.status === "delivered") hub.emit({ event: "delivered", id, to });
    else if (settlement.status === "refused") {
      hub.emit({ event: "refused", id, to, code: settlement.code, why: settlement.why });
    } else if (settlement.status === "withdrawn") {
      hub.emit({ event: "withdrawn", id, to, why: settlement.why });
    } else if (whom !== "all") {
      const what = kind === "chat" ? "A chat message" : `The document "${printable(name)}"`;
      const why = settlement.why ?? directory.whyNot(recipient).why;
      const gaveUp = `was given up: its time in the outbox is over (${why}).`;
      hub.warn("expired", `${what} (${id}) to ${printable(to.name)} ${gaveUp}`);
    }
    for (const waiter of waiters) {
      if (waiter.series && settlement.status === "delivered") waiter.series.acknowledgedAt = clock.now();
      waiter.end(settlement);
    }
  }

  /** Gives up the messages that wait for a blocked peer. */
  async blocked(id: string): Promise<void> {
    const outbound = await this.#context.delivery.outbound(id);
    outbound.refuseAll(blockedHere(id));
  }

  /** Stops waiting: messages of which nothing was sent are withdrawn, the others may have arrived. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiters.endAll();
    await Promise.allSettled(this.#delivering);
  }

  #message(
    kind: OutboundMessage["kind"],
    content: Content,
    { id = monotonicUlid() }: Partial<SendOptions>,
    rest: { name: string; to?: "all" | "you"; stream?: string; ask?: boolean; keepMs: number },
  ): OutboundMessage {
    const at = Math.round(this.#context.clock.wall());
    const { name, to, stream, ask, keepMs } = rest;
    const expires = Math.round(this.#context.storage.lived() + keepMs);
    return { ...content, id, kind, name, to, stream, ask, at, expires };
  }

  #deliver(
    message: OutboundMessage,
    to: readonly string[],
    options: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult[]> {
    if (this.#closed) throw new UserError("This peer is closed.");
    const recipients = [...new Set(to)];
    const all = message.spool === undefined
      ? this.#deliverAll(recipients, message, options, durable)
      : this.#deliverSpooled(recipients, message, message.spool, options, durable);
    this.#delivering.add(all);
    const done = () => void this.#delivering.delete(all);
    all.then(done, done);
    return all;
  }

  /**
   * Delivers a document in the spool. The copy stays until each recipient has it, or the outbox has the message for the
   * others.
   */
  async #deliverSpooled(
    to: readonly string[],
    message: OutboundMessage,
    spool: string,
    options: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult[]> {
    const release = await this.#context.storage.holdSpool(spool);
    try {
      return await this.#deliverAll(to, message, options, durable);
    } finally {
      // If this peer leaves before that, another process of the profile may send the document.
      if (!this.#closed) await release().catch(() => {/* swept at a later start */});
    }
  }

  /** Delivers to each recipient: if the outbox fails for one, the results for the others are still returned. */
  async #deliverAll(
    to: readonly string[],
    message: OutboundMessage,
    options: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult[]> {
    if (to.length === 1) return [await this.#deliverTo(to[0]!, message, options, durable)];
    const ends = await Promise.allSettled(to.map((id) => this.#deliverTo(id, message, options, durable)));
    return ends.map((end, i) => {
      if (end.status === "fulfilled") return end.value;
      const isUserError = end.reason instanceof UserError;
      if (!isUserError || ends.every(({ status }) => status === "rejected")) throw end.reason;
      const why = end.reason.message.replace(/\.$/, "");
      return { id: message.id, to: this.#context.directory.ref(to[i]!), status: "unreachable", why };
    });
  }

  async #deliverTo(
    recipient: string,
    message: OutboundMessage,
    options: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult> {
    const { directory, trust, clock } = this.#context;
    const { id } = message;
    const to = directory.ref(recipient);
    if (trust.isBlocked(recipient)) return { id, to, status: "refused", ...blockedHere(recipient) };
    if (options.queue) {
      const outbound = await this.#handover.add(recipient, message, options, (outbound) => {
        outbound.add(message, true, true);
        return outbound;
      });
      if (!outbound) return { id, to, status: "refused", ...ID_IN_USE };
      await outbound.keep(id);
      return { id, to, status: "queued" };
    }
    const { timeout = DEFAULT_TIMEOUT_MS } = options;
    const added = await this.#handover.add(recipient, message, options, (outbound) => {
      const waiter = new Waiter(to, clock, this.#closed ? 0 : timeout, options);
      this.#waiters.add(id, waiter, options.series);
      outbound.add(message, durable);
      return { outbound, waiter };
    });
    if (!added) return { id, to, status: "refused", ...ID_IN_USE };
    const { outbound, waiter } = added;
    try {
      const earlier = outbound.refusalOf(id);
      if (earlier) waiter.deferred(earlier);
      // The outbox decides which files of the spool are needed.
      if (message.spool !== undefined) await outbound.keep(id);
      const settlement = await waiter.ended;
      if (settlement) return this.#settledResult(id, to, settlement);
      return await this.#unsettledResult(id, to, outbound, durable);
    } finally {
      waiter.end(undefined);
      this.#waiters.remove(id, waiter);
    }
  }

  #settledResult(id: string, to: PeerRef, settlement: Settlement): DeliveryResult {
    if (settlement.status === "withdrawn") {
      const { why } = settlement;
      return { id, to, status: why === undefined ? "unreachable" : "unknown", code: WITHDRAWN, why };
    }
    if (settlement.status === "delivered") return { id, to, status: "delivered" };
    if (settlement.status === "refused") return { id, to, ...settlement };
    return {
      id,
      to,
      status: "unreachable",
      why: settlement.why ? `given up: ${settlement.why}` : "given up",
    };
  }

  /** Returns the result after a timeout: a message of which nothing was sent is withdrawn, another may have arrived. */
  async #unsettledResult(
    id: string,
    to: PeerRef,
    outbound: Outbound,
    durable: boolean,
  ): Promise<DeliveryResult> {
    const refusal = outbound.refusalOf(id);
    const isSent = await outbound.withdraw(id) === "sent";
    if (!isSent) {
      return { id, to, status: "unreachable", ...(refusal ?? this.#context.directory.whyNot(to.id)) };
    }
    const why = "sent, but not acknowledged: it may have arrived";
    if (!durable) return { id, to, status: "unknown", ...(refusal ?? { why }) };
    const trouble = await outbound.keep(id).then(() => undefined, (error: Error) => error.message);
    if (trouble !== undefined) {
      return { id, to, status: "unknown", why: `${why}; it cannot be kept in the outbox: ${trouble}` };
    }
    return refusal ? { id, to, status: "queued", ...refusal } : { id, to, status: "unknown", why };
  }
}

/** @throws {UserError} if a document of so many bytes is to go to a stream */
function refuseInStream(stream: string | undefined, size: number): void {
  if (stream === undefined) return;
  throw usage(`A document of a stream has at most ${INLINE_DOCUMENT_MAX} bytes; this one has ${size}.`);
}

async function* piecesOf(document: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < document.length; at += PIECE) yield await document.subarray(at, at + PIECE);
}

/** Returns the result for a peer that is blocked here. */
function blockedHere(id: string): Refusal {
  return { code: "blocked", why: `it is blocked here; lift that with: earshot forget ${id}` };
}
