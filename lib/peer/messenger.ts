import { ulid } from "@std/ulid";
import type { TrustBook } from "../identity/trust.ts";
import type { Clock } from "../platform/clock.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { validateJson } from "../protocol/json_validator.ts";
import { encodeFlat } from "../protocol/flat_json.ts";
import {
  CHAT_MAX,
  HEAD_MAX,
  INLINE_DOCUMENT_MAX,
  NAME_MAX,
  OUTBOX_DAYS,
  OUTBOX_MAX,
  STREAM_MAX,
  U32_MAX,
} from "../protocol/limits.ts";
import type { OutboundMessage, Settlement } from "../session/outbound_message.ts";
import type { Delivery } from "./delivery.ts";
import type { EventHub } from "./event_hub.ts";
import type { Presence } from "./presence.ts";
import type { DeliveryResult, DocumentOptions, PeerRef, SendOptions } from "./types.ts";

/** How long a chat to everybody is kept for those who are up (PROTOCOL.md section 4, Delivery). */
const BROADCAST_KEEP_MS = 30_000;
const KEEP_MS = OUTBOX_DAYS * 86_400_000;
const DEFAULT_TIMEOUT_MS = 5_000;
/** What is not sent to a peer that is blocked here. */
const BLOCKED = { code: "refused", why: "it is blocked here; lift that with: earshot forget" };
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Hands messages to delivery and waits for what becomes of them. */
export class Messenger {
  /** Who waits for the end of which message, by recipient and id. */
  readonly #waiting = new Map<string, Set<(settlement: Settlement | undefined) => void>>();
  readonly #delivering = new Set<Promise<unknown>>();
  #closed = false;
  readonly #why = new Map<string, string>();

  constructor(
    private readonly delivery: Delivery,
    private readonly presence: Presence,
    private readonly trust: TrustBook,
    private readonly hub: EventHub,
    private readonly clock: Clock,
  ) {}

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
      this.presence.list().filter((peer) => peer.state === "up" && !this.trust.isBlocked(peer.id)).map((
        peer,
      ) => peer.id);
    const message = this.#message("chat", body, options, {
      name: "",
      to: everybody ? "all" : "you",
      keepMs: everybody ? BROADCAST_KEEP_MS : KEEP_MS,
    });
    return this.#deliver(message, to, options, !everybody);
  }

  /** A document. Refuses what is not JSON before anything leaves. */
  send(document: Uint8Array, options: DocumentOptions): Promise<DeliveryResult[]> {
    try {
      validateJson(document);
    } catch (error) {
      if (error instanceof ProtocolError) throw usage(`The document is ${error.message}.`);
      throw error;
    }
    const { name = "document.json", stream } = options;
    checkName("name", name, NAME_MAX);
    if (stream !== undefined) checkName("stream", stream, STREAM_MAX);
    checkHead(name, stream);
    if (document.length > INLINE_DOCUMENT_MAX) {
      const why = `a document has at most ${INLINE_DOCUMENT_MAX} bytes; this one has ${document.length}`;
      const id = options.id ?? ulid();
      return Promise.resolve(
        options.to.map((to) => ({
          id,
          to: this.presence.ref(to),
          status: "refused",
          code: "too-large",
          why,
        })),
      );
    }
    const message = this.#message("document", document, options, { name, stream, keepMs: KEEP_MS });
    return this.#deliver(message, options.to, options, true);
  }

  /** A message ended, whoever waits for it. */
  settled(recipient: string, message: OutboundMessage, settlement: Settlement): void {
    const to = this.presence.ref(recipient);
    if (settlement.status === "delivered") this.hub.emit({ event: "delivered", id: message.id, to });
    else if (settlement.status === "refused") {
      this.hub.emit({ event: "refused", id: message.id, to, code: settlement.code, why: settlement.why });
    } else if (message.to !== "all") {
      this.hub.warn("expired", `${message.id} to ${to.name} was given up: not acknowledged in time.`);
    }
    for (const tell of this.#waiting.get(`${recipient} ${message.id}`) ?? []) tell(settlement);
  }

  /** A peer is blocked: what waits for it is given up. */
  async blocked(id: string): Promise<void> {
    const outbound = await this.delivery.with(id).outbound();
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
    body: Uint8Array,
    { id = ulid() }: Partial<SendOptions>,
    rest: { name: string; to?: "all" | "you"; stream?: string; keepMs: number },
  ): OutboundMessage {
    if (!ULID.test(id)) throw usage(`"${id}" is no message id: use the 26 characters that send printed.`);
    const at = Math.round(this.clock.wall());
    const { name, to, stream, keepMs } = rest;
    return { id, kind, name, to, stream, at, expires: at + keepMs, body };
  }

  #deliver(
    message: OutboundMessage,
    to: readonly string[],
    options: Partial<SendOptions>,
    durable: boolean,
  ): Promise<DeliveryResult[]> {
    if (this.#closed) throw new UserError("This peer is closed.");
    const all = Promise.all([...new Set(to)].map((id) => this.#deliverTo(id, message, options, durable)));
    this.#delivering.add(all);
    return all.finally(() => this.#delivering.delete(all));
  }

  async #deliverTo(
    recipient: string,
    message: OutboundMessage,
    { queue, timeout = DEFAULT_TIMEOUT_MS }: Partial<SendOptions>,
    durable: boolean,
  ): Promise<DeliveryResult> {
    const { id } = message;
    const to = this.presence.ref(recipient);
    if (this.trust.isBlocked(recipient)) return { id, to, status: "refused", ...BLOCKED };
    const outbound = await this.delivery.with(recipient).outbound();
    if (this.delivery.waitingBytes + message.body.length > OUTBOX_MAX) {
      throw new UserError(
        `The outbox is full: ${OUTBOX_MAX} bytes wait for peers that are not there. Send again once they are.`,
      );
    }
    if (queue) {
      outbound.add(message, true);
      await outbound.keep(id);
      return { id, to, status: "queued" };
    }
    const key = `${recipient} ${id}`;
    const end = Promise.withResolvers<Settlement | undefined>();
    const waiters = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiters.add(end.resolve));
    const timer = this.clock.after(this.#closed ? 0 : timeout, () => end.resolve(undefined));
    try {
      outbound.add(message, durable);
      const ended = await end.promise ?? await outbound.withdraw(id);
      if (ended === "sent" && durable) await outbound.keep(id);
      return this.#result(id, to, ended);
    } finally {
      timer.cancel();
      waiters.delete(end.resolve);
      if (waiters.size === 0) this.#waiting.delete(key);
    }
  }

  #result(id: string, to: PeerRef, end: Settlement | "withdrawn" | "sent" | "absent"): DeliveryResult {
    if (end === "withdrawn" || end === "absent") {
      const why = this.#why.get(to.id);
      return { id, to, status: "unreachable", why: why ? `no session: ${why}` : "not within earshot" };
    }
    if (end === "sent") {
      return { id, to, status: "unknown", why: "sent, but not acknowledged: it may have arrived" };
    }
    if (end.status === "expired") return { id, to, status: "unreachable", why: "given up" };
    return { id, to, ...end };
  }
}

function checkName(what: string, value: string, max: number): void {
  const bytes = new TextEncoder().encode(value).length;
  // deno-lint-ignore no-control-regex
  if (bytes >= 1 && bytes <= max && value.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(value)) return;
  throw usage(`This ${what} is no good: use 1 to ${max} bytes of printable text.`);
}

/** The head of the frame must hold name and stream, with whatever escapes its JSON needs. */
function checkHead(name: string, stream: string | undefined): void {
  const numbers = { seq: U32_MAX, id: "0".repeat(26), size: U32_MAX, at: Number.MAX_SAFE_INTEGER };
  if (encodeFlat({ ...numbers, name, stream, sha256: "0".repeat(64) }).length <= HEAD_MAX) return;
  throw usage(`The name and the stream are too long together: use shorter ones.`);
}

function usage(message: string): UserError {
  return new UserError(message, ExitCode.usage);
}
