import { ulid } from "@std/ulid";
import type { TrustBook } from "../identity/trust.ts";
import type { Clock } from "../platform/clock.ts";
import { UserError } from "../platform/user_error.ts";
import { printable } from "../protocol/label.ts";
import { CHAT_MAX, INLINE_DOCUMENT_MAX, NAME_MAX, STREAM_MAX } from "../protocol/limits.ts";
import type { OutboundMessage, Refusal, Settlement } from "../session/outbound_message.ts";
import type { Spool } from "../storage/spool.ts";
import type { Storage } from "../storage/types.ts";
import type { Delivery } from "./delivery.ts";
import type { EventHub } from "./event_hub.ts";
import { checkHead, checkId, checkJson, checkName, notJson, usage } from "./message_checks.ts";
import type { Presence } from "./presence.ts";
import { SpoolUse } from "./spool_use.ts";
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

/** A message in memory, or a document in the spool. */
type Content = { readonly body: Uint8Array; readonly size: number } | SpooledDocument;

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
  readonly #waiting = new Map<string, Set<(settlement: Settlement | undefined) => void>>();
  /** Who is told meanwhile how it goes, likewise. */
  readonly #watching = new Map<string, Set<Watcher>>();
  readonly #delivering = new Set<Promise<unknown>>();
  readonly #spoolUse: SpoolUse;
  #closed = false;
  readonly #why = new Map<string, string>();

  readonly #context: MessengerContext;

  constructor(context: MessengerContext) {
    this.#context = context;
    this.#spoolUse = new SpoolUse(context.storage);
  }

  /** A line of chat, to everybody who is up (`to` undefined) or to some. */
  say(text: string, options: Partial<SendOptions>): Promise<DeliveryResult[]> {
    const body = new TextEncoder().encode(text);
    if (body.length > CHAT_MAX) {
      throw usage(
        `A chat message has at most ${CHAT_MAX} bytes; this one has ${body.length}. Send it as a document.`,
      );
    }
    const everybody = options.to === undefined;
    const to = options.to ??
      this.#context.presence.list().filter((peer) =>
        peer.state === "up" && !this.#context.trust.isBlocked(peer.id)
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

  /** A document. Refuses what is not JSON before anything leaves. */
  send(document: DocumentSource, options: DocumentOptions): Promise<DeliveryResult[]> {
    const { name = "document.json", stream, id } = options;
    checkName("name", name, NAME_MAX);
    if (stream !== undefined) checkName("stream", stream, STREAM_MAX);
    checkHead(name, stream);
    checkId(id);
    if (!(document instanceof Uint8Array)) return this.#sendLarge(document, options);
    if (document.length > INLINE_DOCUMENT_MAX) return this.#sendLarge(piecesOf(document), options);
    checkJson(document);
    return this.#sendContent({ body: document, size: document.length }, options);
  }

  async #sendLarge(
    document: AsyncIterable<Uint8Array> | SpooledDocument,
    options: DocumentOptions,
  ): Promise<DeliveryResult[]> {
    const spooled = "spool" in document ? document : await this.#context.spool.add(document).catch(notJson);
    if (spooled.size <= INLINE_DOCUMENT_MAX) {
      const body = await this.#context.spool.take(spooled);
      return await this.#sendContent({ body, size: body.length }, options);
    }
    if (options.stream !== undefined) {
      this.#context.spool.remove(spooled.spool);
      throw usage(
        `A document of a stream has at most ${INLINE_DOCUMENT_MAX} bytes; this one has ${spooled.size}.`,
      );
    }
    const { spool, size, sha256 } = spooled;
    return await this.#sendContent({ spool, size, sha256 }, {
      ...options,
      timeout: options.timeout ?? LARGE_TIMEOUT_MS,
    });
  }

  #sendContent(content: Content, options: DocumentOptions): Promise<DeliveryResult[]> {
    const { name = "document.json", stream, to } = options;
    const rest = { name, stream, keepMs: this.#context.outboxMs };
    return this.#deliver(this.#message("document", content, options, rest), to, options, true);
  }

  /** A message ended, whoever waits for it. */
  settled(recipient: string, message: OutboundMessage, settlement: Settlement): void {
    const to = this.#context.presence.ref(recipient);
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
      const why = settlement.why ?? this.#why.get(recipient) ??
        "not within earshot, or it did not acknowledge it";
      this.#context.hub.warn(
        "expired",
        `${what} (${message.id}) to ${
          printable(to.name)
        } was given up: its time in the outbox is over (${why}).`,
      );
    }
    for (const tell of this.#waiting.get(`${recipient} ${message.id}`) ?? []) tell(settlement);
    if (message.spool !== undefined) this.#spoolUse.settled(message.spool, recipient);
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
    const outbound = await this.#context.delivery.with(id).outbound();
    outbound.refuseAll(BLOCKED.code, BLOCKED.why);
  }

  /** Nothing more is waited for: what was not sent is withdrawn, the rest may have arrived. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiters of this.#waiting.values()) for (const tell of waiters) tell(undefined);
    await Promise.allSettled(this.#delivering);
  }

  /** An attempt to reach a peer failed. */
  unreachable(id: string, why: string): void {
    if (this.#why.size > 1_000) this.#why.clear();
    this.#why.set(id, why);
  }

  #message(
    kind: OutboundMessage["kind"],
    content: Content,
    { id = ulid() }: Partial<SendOptions>,
    rest: { name: string; to?: "all" | "you"; stream?: string; keepMs: number },
  ): OutboundMessage {
    checkId(id);
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
    const all = this.#deliverAll([...new Set(to)], message, options, durable);
    this.#delivering.add(all);
    const { spool } = message;
    if (spool !== undefined) this.#spoolUse.begin(spool);
    return all.finally(async () => {
      this.#delivering.delete(all);
      // Where this peer leaves in the middle, the document may be handed to another one of the profile.
      if (spool !== undefined && !this.#closed) await this.#spoolUse.end(spool, to);
    });
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
    const outbound = await this.#context.delivery.with(recipient).outbound();
    if (queue) {
      outbound.add(message, true);
      await outbound.keep(id);
      return { id, to, status: "queued" };
    }
    const key = `${recipient} ${id}`;
    const end = Promise.withResolvers<Settlement | undefined>();
    const waiters = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiters.add(end.resolve));
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
      const ownTrouble = outbound.trouble?.replace(/\.$/, "");
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
      if (ended === "withdrawn" && ownTrouble) return { id, to, status: "unreachable", why: ownTrouble };
      return this.#result(id, to, ended, refusal);
    } finally {
      timer.cancel();
      waiters.delete(end.resolve);
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
      const why = this.#why.get(to.id);
      return { id, to, status: "unreachable", why: why ? `no session: ${why}` : "not within earshot" };
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

async function* piecesOf(document: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < document.length; at += PIECE) yield await document.subarray(at, at + PIECE);
}
