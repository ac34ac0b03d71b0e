import { monotonicUlid } from "@std/ulid";
import type { Delivery } from "../delivery/delivery.ts";
import type { Settlement } from "../delivery/types.ts";
import type { TrustBook } from "../identity/trust.ts";
import type { Clock } from "../platform/clock.ts";
import { UserError } from "../platform/user_error.ts";
import type { Refusal } from "../protocol/errors.ts";
import { printable } from "../protocol/label.ts";
import { INLINE_DOCUMENT_MAX } from "../protocol/limits.ts";
import type { Spool } from "../storage/files/spool.ts";
import type { Storage } from "../storage/storage.ts";
import type { OutboundMessage } from "../storage/types.ts";
import { checkChat, checkDocumentOptions, checkedPieces } from "./argument_checks.ts";
import type { EventHub } from "./event_hub.ts";
import { checkJson, DOCUMENT_NAME, notJson, usage } from "./message_checks.ts";
import type { Presence } from "./presence.ts";
import { StreamTurns } from "./stream_turns.ts";
import type {
  DeliveryResult,
  DocumentOptions,
  DocumentSource,
  PeerRef,
  SendOptions,
  SpooledDocument,
} from "./types.ts";

/** How long a chat to everybody is kept for those who are up (PROTOCOL.md section 4, Delivery). */
const BROADCAST_KEEP_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 5_000;
/** Without any progress, for a document in the spool: its recipient may have to read what it has of it first. */
export const LARGE_TIMEOUT_MS = 30_000;
/** A document in memory is copied to the spool in such pieces, so that others get their turn; bytes. */
const PIECE = 256 * 1024;
/** What is not sent to a peer that is blocked here. */
const BLOCKED = { code: "refused", why: "it is blocked here; lift that with: earshot forget" };
/** What is not sent under an id that is given to something else. */
const ANOTHER = { code: "refused", why: "another message waits for this peer with this id" };

/** A message in memory, or a document in the spool. */
type Content = { readonly body: Uint8Array; readonly size: number } | SpooledDocument;

/** Somebody who waits for the end of a message; undefined where it does not come. */
interface Waiter {
  /** The recipient as it was named when it was handed in, whatever it is called since. */
  readonly to: PeerRef;
  tell(settlement: Settlement | undefined): void;
}

/** What somebody who waits for a message is told before its end. */
interface Watcher {
  progress(bytes: number): void;
  deferred(refusal: Refusal): void;
}

/** What a {@linkcode Messenger} works with. */
export interface MessengerContext {
  readonly delivery: Delivery;
  readonly presence: Presence;
  readonly trust: TrustBook;
  readonly hub: EventHub;
  readonly storage: Storage;
  readonly spool: Spool;
  readonly clock: Clock;
  /** How long a message waits for its recipient, milliseconds. */
  readonly outboxMs: number;
}

/** Hands messages to delivery and waits for what becomes of them. */
export class Messenger {
  /** Who waits for the end of which message, by recipient and id. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  /** Who is told meanwhile how it goes, likewise. */
  readonly #watching = new Map<string, Set<Watcher>>();
  readonly #delivering = new Set<Promise<unknown>>();
  readonly #turns = new StreamTurns();
  #closed = false;

  readonly #context: MessengerContext;

  constructor(context: MessengerContext) {
    this.#context = context;
  }

  /** A line of chat, to everybody who is up (`to` undefined) or to some. */
  say(text: string, options: Partial<SendOptions>): Promise<DeliveryResult[]> {
    checkChat(text, options);
    const body = new TextEncoder().encode(text);
    const everybody = options.to === undefined;
    const to = options.to ??
      this.#context.presence.list().filter((peer) =>
        peer.state !== "gone" && !this.#context.trust.isBlocked(peer.id)
      ).map((
        peer,
      ) => peer.id);
    const message = this.#message("chat", { body, size: body.length }, options, {
      name: "",
      to: everybody ? "all" : "you",
      keepMs: everybody ? BROADCAST_KEEP_MS : this.#context.outboxMs,
    });
    return this.#deliver(message, to, options, !everybody);
  }

  /**
   * A document, as it is at this moment. Refuses what is not JSON before anything leaves. Documents of one stream go to
   * each recipient in the order of the calls.
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
   * Sends what has to be read first: a document that goes to the spool, or lies there.
   *
   * @param given the file that the caller has put there, which another process of the profile may take up
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

  /** A message ended, whoever waits for it. */
  settled(recipient: string, message: OutboundMessage, settlement: Settlement): void {
    const waiting = [...this.#waiting.get(`${recipient} ${message.id}`) ?? []];
    const to = waiting[0]?.to ?? this.#context.presence.ref(recipient);
    if (settlement.status === "delivered") this.#context.hub.emit({ event: "delivered", id: message.id, to });
    else if (settlement.status === "refused") {
      this.#context.hub.emit({
        event: "refused",
        id: message.id,
        to,
        code: settlement.code,
        why: settlement.why,
      });
    } else if (message.to !== "all") {
      const what = message.kind === "chat" ? "A chat message" : `The document "${printable(message.name)}"`;
      const why = settlement.why ?? this.#context.presence.whyNot(recipient).why;
      this.#context.hub.warn(
        "expired",
        `${what} (${message.id}) to ${
          printable(to.name)
        } was given up: its time in the outbox is over (${why}).`,
      );
    }
    for (const waiter of waiting) waiter.tell(settlement);
  }

  /** A recipient has so many bytes of a large document. */
  progress(recipient: string, message: OutboundMessage, bytes: number): void {
    for (const each of this.#watching.get(`${recipient} ${message.id}`) ?? []) each.progress(bytes);
  }

  /** A recipient cannot take a message for now. */
  deferred(recipient: string, message: OutboundMessage, refusal: Refusal): void {
    for (const each of this.#watching.get(`${recipient} ${message.id}`) ?? []) each.deferred(refusal);
  }

  /** A peer is blocked: what waits for it is given up. */
  async blocked(id: string): Promise<void> {
    const outbound = await this.#context.delivery.outbound(id);
    outbound.refuseAll(BLOCKED);
  }

  /** Nothing more is waited for: what was not sent is withdrawn, the rest may have arrived. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiters of this.#waiting.values()) for (const waiter of waiters) waiter.tell(undefined);
    await Promise.allSettled(this.#delivering);
  }

  #message(
    kind: OutboundMessage["kind"],
    content: Content,
    { id = monotonicUlid() }: Partial<SendOptions>,
    rest: { name: string; to?: "all" | "you"; stream?: string; keepMs: number },
  ): OutboundMessage {
    const at = Math.round(this.#context.clock.wall());
    const { name, to, stream, keepMs } = rest;
    const expires = Math.round(this.#context.storage.lived() + keepMs);
    return { id, kind, name, to, stream, at, expires, ...content };
  }

  #deliver(
    message: OutboundMessage,
    to: readonly string[],
    options: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult[]> {
    if (this.#closed) throw new UserError("This peer is closed.");
    const all = this.#deliverSpooled([...new Set(to)], message, options, durable);
    this.#delivering.add(all);
    return all.finally(() => this.#delivering.delete(all));
  }

  /** A copy in the spool stays until each recipient has it, or the outbox holds the message for those who do not. */
  async #deliverSpooled(
    to: readonly string[],
    message: OutboundMessage,
    options: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult[]> {
    if (message.spool === undefined) return await this.#deliverAll(to, message, options, durable);
    const release = await this.#context.storage.holdSpool(message.spool);
    try {
      return await this.#deliverAll(to, message, options, durable);
    } finally {
      // If this peer leaves in the middle, the document may be handed to another one of the profile.
      if (!this.#closed) await release().catch(() => {/* swept at a later start */});
    }
  }

  /** What the outbox cannot take for one recipient is no reason not to tell what became of it for the others. */
  async #deliverAll(
    to: readonly string[],
    message: OutboundMessage,
    options: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult[]> {
    const ends = await Promise.allSettled(to.map((id) => this.#deliverTo(id, message, options, durable)));
    return ends.map((end, i) => {
      if (end.status === "fulfilled") return end.value;
      const isUserError = end.reason instanceof UserError;
      if (!isUserError || ends.every(({ status }) => status === "rejected")) throw end.reason;
      const why = end.reason.message.replace(/\.$/, "");
      return { id: message.id, to: this.#context.presence.ref(to[i]!), status: "unreachable", why };
    });
  }

  async #deliverTo(
    recipient: string,
    message: OutboundMessage,
    { queue, timeout = DEFAULT_TIMEOUT_MS, progress, deferred }: Partial<DocumentOptions>,
    durable: boolean,
  ): Promise<DeliveryResult> {
    const { id } = message;
    const to = this.#context.presence.ref(recipient);
    if (this.#context.trust.isBlocked(recipient)) return { id, to, status: "refused", ...BLOCKED };
    const waiting = await this.#context.delivery.outbound(recipient);
    if (await waiting.isAnother(message)) return { id, to, status: "refused", ...ANOTHER };
    // It may have been forgotten meanwhile.
    const outbound = await this.#context.delivery.outbound(recipient);
    if (queue) {
      outbound.add(message, true, true);
      await outbound.keep(id);
      return { id, to, status: "queued" };
    }
    const key = `${recipient} ${id}`;
    const end = Promise.withResolvers<Settlement | undefined>();
    const waiter: Waiter = { to, tell: end.resolve };
    const waiters = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiters.add(waiter));
    const giveUp = () => end.resolve(undefined);
    let timer = this.#context.clock.after(this.#closed ? 0 : timeout, giveUp);
    let most = -1;
    let isDeferred = false;
    const watch: Watcher = {
      progress: (bytes) => {
        progress?.(to, bytes);
        // What the recipient had before it could not take it is no progress when it comes again.
        if (isDeferred && bytes <= most) return;
        isDeferred = false;
        most = bytes;
        timer.cancel();
        timer = this.#context.clock.after(timeout, giveUp);
      },
      deferred: (refusal) => {
        isDeferred = true;
        deferred?.(to, refusal);
      },
    };
    const watchers = this.#watching.get(key) ?? new Set();
    this.#watching.set(key, watchers.add(watch));
    try {
      outbound.add(message, durable);
      const earlier = outbound.refusalOf(id);
      if (earlier) watch.deferred(earlier);
      // The spool is cleared by what the outbox says.
      if (message.spool !== undefined) await outbound.keep(id);
      const settlement = await end.promise;
      const refusal = settlement ? undefined : outbound.refusalOf(id);
      const ended = settlement ?? await outbound.withdraw(id);
      if (ended === "sent" && durable) {
        const trouble = await outbound.keep(id).then(() => undefined, (error: Error) => error.message);
        if (trouble !== undefined) {
          const why =
            `sent, but not acknowledged: it may have arrived; it cannot be kept in the outbox: ${trouble}`;
          return { id, to, status: "unknown", why };
        }
      }
      if (ended === "sent" && durable && refusal) return { id, to, status: "queued", ...refusal };
      return this.#result(id, to, ended, refusal);
    } finally {
      timer.cancel();
      waiters.delete(waiter);
      if (waiters.size === 0) this.#waiting.delete(key);
      watchers.delete(watch);
      if (watchers.size === 0) this.#watching.delete(key);
    }
  }

  #result(
    id: string,
    to: PeerRef,
    end: Settlement | "withdrawn" | "sent" | "absent",
    refusal?: Refusal,
  ): DeliveryResult {
    if (end === "withdrawn" || end === "absent") {
      if (refusal) return { id, to, status: "unreachable", ...refusal };
      return { id, to, status: "unreachable", ...this.#context.presence.whyNot(to.id) };
    }
    if (end === "sent") {
      if (refusal) return { id, to, status: "unknown", ...refusal };
      return { id, to, status: "unknown", why: "sent, but not acknowledged: it may have arrived" };
    }
    if (end.status === "expired") {
      return { id, to, status: "unreachable", why: end.why ? `given up: ${end.why}` : "given up" };
    }
    return { id, to, ...end };
  }
}

/** @throws {UserError} where a document of so many bytes is to go to a stream */
function refuseInStream(stream: string | undefined, size: number): void {
  if (stream === undefined) return;
  throw usage(`A document of a stream has at most ${INLINE_DOCUMENT_MAX} bytes; this one has ${size}.`);
}

async function* piecesOf(document: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < document.length; at += PIECE) yield await document.subarray(at, at + PIECE);
}
