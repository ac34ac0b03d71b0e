import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { UserError } from "../platform/user_error.ts";
import type { DocumentMessage, Message } from "../protocol/message.ts";
import { DownloadBudget, type Intake } from "../session/download.ts";
import type { Arrival } from "../session/inbound.ts";
import type { Outcome } from "../session/outcome.ts";
import type { OutboundMessage, OutboundStore, Refusal, Settlement } from "../session/outbound_message.ts";
import type { Session } from "../session/session.ts";
import type { Spool } from "../storage/spool.ts";
import type { ReceiveOutcome, Storage } from "../storage/types.ts";
import { ChatLog } from "./chat_log.ts";
import { Correspondent, type CorrespondentContext } from "./correspondent.ts";
import type { Policy } from "./policy.ts";
import { SentLog } from "./sent_log.ts";
import type { PeerRef } from "./types.ts";

/** Chats shown lately, by message id, so that one that comes again under a new number is not shown twice. */
const RECENT_CHATS = 4_096;

/** What happens to messages, told as it happens. */
export interface DeliveryEvents {
  chat(id: string, from: PeerRef, to: "all" | "you", text: string): void;
  /** The file is in place. */
  document(
    id: string,
    from: PeerRef,
    document: { name: string; path: string; size: number; stream?: string },
  ): void;
  settled(recipient: string, message: OutboundMessage, settlement: Settlement): void;
  /** The recipient has so many bytes of a large document. */
  progress(recipient: string, message: OutboundMessage, bytes: number): void;
  /** The recipient cannot take it for now. */
  deferred(recipient: string, message: OutboundMessage, refusal: Refusal): void;
  /** There is something for this peer. */
  wake(id: string): void;
  warning(code: string, message: string): void;
}

/** Options of {@linkcode Delivery}. */
export interface DeliveryOptions {
  readonly storage: Storage;
  readonly spool: Spool;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  readonly brief: boolean;
  /** What the user knows a peer as. */
  readonly nameOf: (id: string) => string;
  readonly events: DeliveryEvents;
}

/** Everybody with whom messages are exchanged: brings sessions, policy and storage together. */
export class Delivery implements CorrespondentContext {
  readonly #everybody = new Map<string, Correspondent>();
  readonly #names = new Map<string, string>();
  readonly #recentChats = new Set<string>();
  readonly #chats: ChatLog;
  readonly #sent: SentLog;
  readonly #options: DeliveryOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly brief: boolean;
  readonly downloads = new DownloadBudget();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#chats = new ChatLog(options.storage, options.clock);
    const { storage, clock, nameOf, events } = options;
    this.#sent = new SentLog({ storage, clock, nameOf, warning: (code, text) => events.warning(code, text) });
    this.clock = options.clock;
    this.random = options.random;
    this.brief = options.brief;
  }

  /** Delivery with one peer; begins to be kept here. */
  with(id: string): Correspondent {
    let correspondent = this.#everybody.get(id);
    if (!correspondent) this.#everybody.set(id, correspondent = new Correspondent(id, this));
    return correspondent;
  }

  /** The same where there is anything to know. */
  get(id: string): Correspondent | undefined {
    return this.#everybody.get(id);
  }

  /** A session begins to be read. */
  met(session: Session): void {
    this.#names.set(session.id, session.remote.name);
  }

  /** From now on this peer is sent to through this session. */
  attached(session: Session): void {
    this.met(session);
    this.with(session.id).attach(session);
  }

  /** This session is not sent through any more. */
  detached(session: Session): void {
    this.get(session.id)?.detach(session);
  }

  /** A session is over. */
  ended(session: Session): void {
    this.get(session.id)?.inbound.detach(session);
  }

  /** Forgets everybody with whom nothing is under way: memory is for those who are there. */
  forgetIdle(): void {
    for (const [id, correspondent] of this.#everybody) {
      if (!correspondent.idle) continue;
      correspondent.close();
      this.#everybody.delete(id);
      this.#names.delete(id);
    }
  }

  /** A message of a session. */
  received(session: Session, message: Message): void {
    this.met(session);
    this.with(session.id).received(session, message);
  }

  /** Stops timers; what is under way in the store goes on. */
  close(): void {
    for (const correspondent of this.#everybody.values()) correspondent.close();
    this.#chats.flush();
    this.#sent.flush();
  }

  // What a correspondent needs:

  outboundStore(recipient: string): OutboundStore {
    const { storage, spool, nameOf } = this.#options;
    return {
      bodies: (ids) => storage.bodies(recipient, ids),
      open: (message) => spool.open({ spool: message.spool!, size: message.size }),
      load: () => storage.outgoing(recipient),
      reserve: (epoch, upto) => storage.reserve(recipient, epoch, upto),
      enqueue: (epoch, message) => storage.enqueue({ recipient, epoch, ...message }, nameOf(recipient)),
      settle: (epoch, ids, acked) => this.#sent.settle(recipient, epoch, ids, acked),
      renumber: (epoch, reserved, seqById) => storage.renumber(recipient, epoch, reserved, seqById),
      lived: () => storage.lived(),
    };
  }

  windowOf(id: string): ReturnType<Storage["windowOf"]> {
    return this.#options.storage.windowOf(id);
  }

  async keep(sender: string, message: Arrival, epoch: number, turn: number): Promise<Outcome> {
    const { policy, storage, events } = this.#options;
    const refusal = policy.refusal(sender, message);
    if (refusal) return refusal;
    const from = this.#ref(sender);
    const { seq, id, at } = message;
    const common = { sender, senderName: from.name, epoch, seq, id, at, turn };
    if (message.type === "chat") {
      // A chat is shown before it is durable: people answer faster than disks, and its acknowledgement still waits.
      if (this.#isNewChat(`${sender} ${message.id}`)) events.chat(message.id, from, message.to, message.text);
      return await this.#chats.keep({ kind: "chat", ...common, to: message.to, text: message.text });
    }
    const { name, stream, body } = message;
    return this.#told(
      from,
      message,
      await storage.receive({ kind: "document", ...common, name, stream, body }),
    );
  }

  refusal(sender: string, message: DocumentMessage): Outcome | undefined {
    return this.#options.policy.refusal(sender, message);
  }

  async intake(sender: string, message: DocumentMessage, epoch: number): Promise<Intake | Outcome> {
    const refusal = this.refusal(sender, message);
    if (refusal) return refusal;
    const from = this.#ref(sender);
    const { seq, id, at, name, size } = message;
    const large = { sender, senderName: from.name, epoch, seq, id, at, name, size };
    const intake = await this.#options.storage.intake({ kind: "large", ...large, sha256: message.sha256! });
    if ("saved" in intake) return intake;
    return {
      get offset() {
        return intake.offset;
      },
      write: (piece) => intake.write(piece),
      finish: async () => this.#told(from, message, await intake.finish()),
      suspend: () => intake.suspend(),
    };
  }

  keepVoid(sender: string, seq: number, epoch: number): Promise<Outcome> {
    return this.#options.storage.receive({ kind: "void", sender, epoch, seq });
  }

  settled(id: string, message: OutboundMessage, settlement: Settlement): void {
    this.#sent.ended(id, message, settlement);
    this.#options.events.settled(id, message, settlement);
  }

  progress(id: string, message: OutboundMessage, bytes: number): void {
    this.#options.events.progress(id, message, bytes);
  }

  deferred(id: string, message: OutboundMessage, refusal: Refusal): void {
    this.#options.events.deferred(id, message, refusal);
  }

  wake(id: string): void {
    this.#options.events.wake(id);
  }

  failed(error: unknown): void {
    // The store has told it by itself.
    if (error instanceof UserError) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.events.warning("storage", `The database did not take a change: ${reason}`);
  }

  #ref(id: string): PeerRef {
    return { id, name: this.#names.get(id) ?? id };
  }

  /** Tells of a document that was saved now. */
  #told(from: PeerRef, { id, name, size, stream }: DocumentMessage, outcome: ReceiveOutcome): ReceiveOutcome {
    if (outcome.saved && !outcome.duplicate && outcome.path !== undefined) {
      const saved = { name: outcome.name ?? name, path: outcome.path, size, stream };
      this.#options.events.document(id, from, saved);
    }
    return outcome;
  }

  #isNewChat(key: string): boolean {
    if (this.#recentChats.has(key)) return false;
    this.#recentChats.add(key);
    if (this.#recentChats.size > RECENT_CHATS) {
      this.#recentChats.delete(this.#recentChats.values().next().value!);
    }
    return true;
  }
}
