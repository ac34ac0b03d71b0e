import type { PeerRef } from "../identity/node_id.ts";
import type { Clock } from "../platform/clock.ts";
import { UserError } from "../platform/user_error.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { ChatMessage, DocumentMessage, Message } from "../protocol/message.ts";
import type { Spool } from "../storage/files/spool.ts";
import type { Storage } from "../storage/storage.ts";
import type {
  IncomingChat,
  Intake,
  OutboundMessage,
  PlacedDocument,
  ReceiveOutcome,
} from "../storage/types.ts";
import { ChatLog } from "./chat_log.ts";
import { Correspondent } from "./correspondent.ts";
import { DownloadBudget } from "./download.ts";
import { type Channel, Exchange } from "./exchange.ts";
import type { Arrival, InboundStore } from "./inbound.ts";
import { Outbound } from "./outbound.ts";
import type { Policy } from "./policy.ts";
import { SentLog } from "./sent_log.ts";
import type { Settlement } from "./types.ts";

/** Chats shown lately, by message id, so that one that is offered again is not shown twice. */
const RECENT_CHATS = 4_096;

/** What happens to messages, told as it happens. */
export type DeliveryEvent =
  | {
    readonly type: "chat";
    readonly id: string;
    readonly from: PeerRef;
    readonly to: "all" | "you";
    readonly text: string;
  }
  /** The file is in place. */
  | {
    readonly type: "document";
    readonly id: string;
    readonly from: PeerRef;
    readonly document: Pick<PlacedDocument, "name" | "path" | "size" | "stream">;
  }
  /** A message of ours ended. */
  | {
    readonly type: "settled";
    readonly recipient: string;
    readonly message: OutboundMessage;
    readonly settlement: Settlement;
  }
  /** The recipient has so many bytes of a large document. */
  | {
    readonly type: "progress";
    readonly recipient: string;
    readonly message: OutboundMessage;
    readonly bytes: number;
  }
  /** The recipient cannot take it for now. */
  | {
    readonly type: "deferred";
    readonly recipient: string;
    readonly message: OutboundMessage;
    readonly refusal: Refusal;
  }
  /** There is something for this peer. */
  | { readonly type: "wanted"; readonly recipient: string }
  | { readonly type: "warning"; readonly code: string; readonly message: string };

/** Who sends through a session: as events name it, and as the store takes it. */
interface Sender {
  readonly ref: PeerRef;
  readonly stored: Pick<IncomingChat, "sender" | "senderName" | "from">;
}

/** Options of {@linkcode Delivery}. */
export interface DeliveryOptions {
  readonly storage: Storage;
  readonly spool: Spool;
  readonly policy: Policy;
  readonly clock: Clock;
  /** Of a short-lived peer: what the outbox holds from before stays where it is. */
  readonly brief: boolean;
  /** What the user knows a peer as. */
  readonly nameOf: (id: string) => string;
  /** Whether the user knows a peer: others share what room there is. */
  readonly isKnown: (id: string) => boolean;
}

/** Exactly once, with everybody with whom messages are exchanged: brings sessions, policy and storage together. */
export class Delivery {
  readonly #options;
  readonly #correspondents = new Map<string, Correspondent>();
  readonly #exchanges = new Map<Channel, Exchange>();
  readonly #recentChats = new Set<string>();
  readonly #chats: ChatLog;
  readonly #sent: SentLog;
  readonly #downloads = new DownloadBudget();
  readonly #listeners = new Set<(event: DeliveryEvent) => void>();
  #turn = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { storage, clock, nameOf } = options;
    this.#chats = new ChatLog(storage, clock);
    const warning = (code: string, message: string) => this.#tell({ type: "warning", code, message });
    this.#sent = new SentLog({ storage, clock, nameOf, warning });
  }

  /** Calls back for everything that happens from now on. A listener must not throw. */
  on(listener: (event: DeliveryEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** What waits for this peer; read from the store the first time. */
  outbound(id: string): Promise<Outbound> {
    return this.#with(id).outbound();
  }

  /** Takes up what waits though its time is over, also for peers that never came: it is tried for a while, then ends. */
  async takeUpOverdue(): Promise<void> {
    try {
      for (const id of await this.#options.storage.overdueRecipients()) await this.outbound(id);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Whether there is something for this peer that needs a session. */
  wantsSession(id: string): boolean {
    return this.#correspondents.get(id)?.opened?.wantsSession ?? false;
  }

  /** From now on this peer is sent to through this session. */
  attached(channel: Channel): void {
    this.#with(channel.id).attach(channel).catch((error) => this.failed(error));
  }

  /** This session is not sent through any more. */
  detached(channel: Channel): void {
    this.#correspondents.get(channel.id)?.detach(channel);
  }

  /** A session is over. */
  ended(channel: Channel): void {
    this.#exchanges.get(channel)?.inbound.close();
    this.#exchanges.delete(channel);
  }

  /** A message of a session. */
  received(channel: Channel, message: Message): void {
    const outbound = this.#correspondents.get(channel.id)?.outboundOf(channel);
    switch (message.type) {
      case "ack":
        return outbound?.ack(message);
      case "nak":
        return outbound?.nak(message);
      case "want":
        return outbound?.want(message);
      default:
        this.#exchange(channel).received(message);
    }
  }

  /** The next frame to go out through a session, answers first. */
  nextFrame(channel: Channel, answersOnly: boolean): Uint8Array | undefined {
    const answer = this.#exchanges.get(channel)?.nextFrame();
    if (answer || answersOnly) return answer;
    return this.#correspondents.get(channel.id)?.outboundOf(channel)?.nextFrame();
  }

  /** Resolves when more may be read from a session; undefined if that is now. */
  drained(channel: Channel): Promise<void> | undefined {
    return this.#exchanges.get(channel)?.inbound.drained;
  }

  /** Whether something in either direction of a session waits for its answer. */
  unacknowledged(channel: Channel): boolean {
    return (this.#exchanges.get(channel)?.inbound.busy ?? false) ||
      (this.#correspondents.get(channel.id)?.outboundOf(channel)?.unacknowledged ?? false);
  }

  /** Forgets everybody with whom nothing is under way: memory is for those who are there. */
  forgetIdle(): void {
    for (const [id, correspondent] of this.#correspondents) {
      if (!correspondent.idle) continue;
      correspondent.close();
      this.#correspondents.delete(id);
    }
  }

  /** Stops timers; what is under way in the store goes on. */
  close(): void {
    for (const correspondent of this.#correspondents.values()) correspondent.close();
    this.#chats.flush();
    this.#sent.flush();
  }

  /** The store failed. */
  failed(error: unknown): void {
    // The store has told it by itself.
    if (error instanceof UserError) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#tell({
      type: "warning",
      code: "storage",
      message: `The database did not take a change: ${reason}`,
    });
  }

  #tell(event: DeliveryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #with(id: string): Correspondent {
    let correspondent = this.#correspondents.get(id);
    if (!correspondent) {
      this.#correspondents.set(id, correspondent = new Correspondent(() => this.#open(id)));
    }
    return correspondent;
  }

  #open(recipient: string): Promise<Outbound> {
    const { storage, spool, nameOf, clock, brief } = this.#options;
    return Outbound.open(
      {
        load: () => storage.waiting(recipient),
        bodies: (ids) => storage.bodies(recipient, ids),
        open: (message) => spool.open({ spool: message.spool!, size: message.size }),
        enqueue: (message) => storage.enqueue(recipient, message, nameOf(recipient)),
        settle: (ended) => this.#sent.settle(recipient, ended),
        lived: () => storage.lived(),
      },
      clock,
      {
        settled: (message, settlement) => this.#tell({ type: "settled", recipient, message, settlement }),
        progress: (message, bytes) => this.#tell({ type: "progress", recipient, message, bytes }),
        deferred: (message, refusal) => this.#tell({ type: "deferred", recipient, message, refusal }),
        wake: () => this.#tell({ type: "wanted", recipient }),
        failed: (error) => this.failed(error),
      },
      brief,
    );
  }

  #exchange(channel: Channel): Exchange {
    let exchange = this.#exchanges.get(channel);
    if (exchange) return exchange;
    const { isKnown } = this.#options;
    const { id, address: { host } } = channel;
    const from: Sender = {
      ref: { id, name: channel.remote.name },
      get stored() {
        const origin = { known: isKnown(id), address: host };
        return { sender: id, senderName: channel.remote.name, from: origin };
      },
    };
    const store: Omit<InboundStore, "violated"> = {
      keep: (message, turn) =>
        message.type === "chat"
          ? this.#keepChat(from, message, turn, exchange!)
          : this.#keepDocument(from, message, turn),
      intake: (message) => this.#intake(from, message),
      refusal: (message) => this.#refusal(from, message),
      nextTurn: () => ++this.#turn,
    };
    exchange = new Exchange(channel, store, this.#options.clock, this.#downloads);
    this.#exchanges.set(channel, exchange);
    return exchange;
  }

  #refusal(from: Sender, message: Arrival): ReceiveOutcome | undefined {
    return this.#options.policy.refusal(from.ref.id, message);
  }

  /**
   * A chat is shown before it is durable: people answer faster than disks, and its acknowledgement still waits. One that
   * may have been shown before our start, and comes again for its acknowledgement was lost, is looked up first.
   */
  async #keepChat(
    from: Sender,
    message: ChatMessage,
    turn: number,
    exchange: Exchange,
  ): Promise<ReceiveOutcome> {
    const refusal = this.#refusal(from, message);
    if (refusal) return refusal;
    const { id, at, to, text } = message;
    const show = () => {
      if (this.#isNewChat(`${from.ref.id} ${id}`)) this.#tell({ type: "chat", id, from: from.ref, to, text });
    };
    const isShown = exchange.isPastRepeats && exchange.notShown === 0;
    if (isShown) show();
    else exchange.notShown++;
    const outcome = await this.#chats.keep({ kind: "chat", ...from.stored, id, at, turn, to, text });
    if (isShown) return outcome;
    exchange.notShown--;
    if (outcome.saved && !outcome.duplicate) {
      exchange.isPastRepeats = true;
      show();
    }
    return outcome;
  }

  async #keepDocument(from: Sender, message: DocumentMessage, turn: number): Promise<ReceiveOutcome> {
    const refusal = this.#refusal(from, message);
    if (refusal) return refusal;
    const { id, at, name, stream, body } = message;
    const document = { kind: "document", ...from.stored, id, at, turn, name, stream, body } as const;
    return this.#told(from.ref, message, await this.#options.storage.receive(document));
  }

  async #intake(from: Sender, message: DocumentMessage): Promise<Intake | ReceiveOutcome> {
    const refusal = this.#refusal(from, message);
    if (refusal) return refusal;
    const { id, at, name, size } = message;
    const large = { kind: "large", ...from.stored, id, at, name, size, sha256: message.sha256! } as const;
    const intake = await this.#options.storage.intake(large);
    if ("saved" in intake) return intake;
    return {
      get offset() {
        return intake.offset;
      },
      write: (piece) => intake.write(piece),
      finish: async () => this.#told(from.ref, message, await intake.finish()),
      suspend: () => intake.suspend(),
    };
  }

  /** Tells of a document that was saved now. */
  #told(from: PeerRef, { id, name, size, stream }: DocumentMessage, outcome: ReceiveOutcome): ReceiveOutcome {
    if (outcome.saved && !outcome.duplicate && outcome.path !== undefined) {
      const document = { name: outcome.name ?? name, path: outcome.path, size, stream };
      this.#tell({ type: "document", id, from, document });
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
