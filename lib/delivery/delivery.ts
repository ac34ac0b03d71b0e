import type { Clock, Timer } from "../platform/clock.ts";
import type { Message } from "../protocol/message.ts";
import type { Spool } from "../storage/files/spool.ts";
import type { Storage } from "../storage/storage.ts";
import type { OutboundMessage } from "../storage/types.ts";
import { type ArrivalEvent, Arrivals, type Channel } from "./arrivals.ts";
import type { AwaitedAnswers } from "./awaited_answers.ts";
import { ChatLog } from "./chat_log.ts";
import { DownloadBudget } from "./download.ts";
import { EndedIds } from "./ended_ids.ts";
import { Inbound } from "./inbound.ts";
import { Outbound, type OutboundEvent } from "./outbound.ts";
import type { Ended } from "./outbound_store.ts";
import type { Policy } from "./policy.ts";
import { isAnother, type MessageIdentity } from "./same_message.ts";
import { SentLog } from "./sent_log.ts";

/** Interval at which peers without traffic are forgotten, milliseconds. */
const FORGET_EVERY_MS = 5_000;
/** How much later than planned something regular may happen, milliseconds. */
const SLACK_MS = 5_000;
/** Interval at which the outbox is searched for expired messages to absent peers, milliseconds. */
const OVERDUE_EVERY_MS = 3_600_000;

/** Events of {@linkcode Delivery}. */
export type DeliveryEvent =
  | ArrivalEvent
  | (OutboundEvent & { readonly recipient: string })
  /** The store failed. */
  | { readonly type: "failed"; readonly error: unknown }
  | { readonly type: "warning"; readonly code: string; readonly message: string };

/** Options of {@linkcode Delivery}. */
export interface DeliveryOptions {
  readonly storage: Storage;
  readonly spool: Spool;
  readonly policy: Policy;
  /** Peers whose answers are awaited. */
  readonly awaited: AwaitedAnswers;
  readonly clock: Clock;
  /** True for a short-lived peer: it leaves older messages in the outbox alone. */
  readonly brief: boolean;
  /** Returns the name by which the user knows a peer. */
  readonly nameOf: (id: string) => string;
  /** Tells whether the user knows a peer: unknown peers get only a share of the room. */
  readonly isKnown: (id: string) => boolean;
}

/** Delivers messages exactly once, to and from all peers: connects sessions, policy and storage. */
export class Delivery {
  readonly #options;
  readonly #outbounds = new Map<string, Outbound>();
  readonly #inbounds = new Map<Channel, Inbound>();
  readonly #chats: ChatLog;
  readonly #sent: SentLog;
  readonly #ended: EndedIds;
  readonly #downloads = new DownloadBudget();
  readonly #listeners = new Set<(event: DeliveryEvent) => void>();
  readonly #timers = new Map<() => void, Timer>();
  #turn = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { storage, clock, nameOf } = options;
    this.#chats = new ChatLog(storage, clock);
    this.#ended = new EndedIds(clock);
    const warning = (code: string, message: string) => this.#tell({ type: "warning", code, message });
    this.#sent = new SentLog({ storage, clock, nameOf, warning });
  }

  /** Calls `listener` for each event from now on. It must not throw. */
  on(listener: (event: DeliveryEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Lists the peers for whom a message with this id waits here, in memory or in the store. */
  async waitsFor(id: string): Promise<string[]> {
    const here = [...this.#outbounds].filter(([, outbound]) => outbound.has(id)).map(([recipient]) =>
      recipient
    );
    return [...new Set([...here, ...await this.#options.storage.waitsFor(id)])];
  }

  /** Starts to process expired messages, even to peers that never appear, and to drop the state of idle peers. */
  start(): void {
    this.#every(FORGET_EVERY_MS, () => this.#forgetIdle());
    if (this.#options.brief) return;
    void this.takeUpOverdue();
    this.#every(OVERDUE_EVERY_MS, () => void this.takeUpOverdue());
  }

  /** Returns the messages to a peer; they are loaded the first time. */
  outbound(id: string): Promise<Outbound> {
    return this.#to(id).open();
  }

  /** Opens recipients with expired messages, even absent ones: the messages are tried for a while, then end. */
  async takeUpOverdue(): Promise<void> {
    try {
      for (const id of await this.#options.storage.overdueRecipients()) await this.outbound(id);
    } catch (error) {
      this.#tell({ type: "failed", error });
    }
  }

  /** True if a message to this peer, or an answer that we wait for, needs a session. */
  wantsSession(id: string): boolean {
    return this.#options.awaited.has(id) || (this.#outbounds.get(id)?.wantsSession ?? false);
  }

  /** Wants a session with this peer, and keeps it, until the returned function is called: an answer is to come. */
  awaitAnswer(id: string): () => void {
    const release = this.#options.awaited.add(id);
    this.#tell({ type: "wanted", recipient: id });
    return release;
  }

  /** Sends messages to this peer through this session from now on. A short-lived peer is sent answers at most. */
  attached({ id, remote }: Channel): void {
    if (!remote.brief || remote.answers) this.#to(id).attach(remote);
  }

  /** Stops sending through this session. */
  detached(channel: Channel): void {
    this.#through(channel)?.detach();
  }

  /** Ends the state of a session. */
  ended(channel: Channel): void {
    this.#inbounds.get(channel)?.close();
    this.#inbounds.delete(channel);
  }

  /** Processes a message of a session. */
  received(channel: Channel, message: Message): void {
    switch (message.type) {
      case "ack":
        return this.#through(channel)?.ack(message);
      case "nak":
        return this.#through(channel)?.nak(message);
      case "want":
        return this.#through(channel)?.want(message);
      default:
        return this.#from(channel).received(message);
    }
  }

  /** Returns the next frame for a session, answers first. */
  nextFrame(channel: Channel, answersOnly: boolean): Uint8Array | undefined {
    const answer = this.#inbounds.get(channel)?.nextFrame(channel.remote.rx);
    if (answer || answersOnly) return answer;
    return this.#through(channel)?.nextFrame();
  }

  /** Resolves when more may be read from a session; undefined if that is now. */
  drained(channel: Channel): Promise<void> | undefined {
    return this.#inbounds.get(channel)?.drained;
  }

  /** True if anything in either direction of a session is unacknowledged. */
  unacknowledged(channel: Channel): boolean {
    return this.#options.awaited.has(channel.id) || (this.#inbounds.get(channel)?.busy ?? false) ||
      (this.#through(channel)?.unacknowledged ?? false);
  }

  /** Stops the timers; running operations of the store continue. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    for (const outbound of this.#outbounds.values()) outbound.close();
    this.#chats.flush();
    void this.#sent.flush();
  }

  /** False if no message with this id has ended: that is known at once. */
  mayHaveEnded(id: string): boolean {
    return this.#ended.mayHave(id);
  }

  /**
   * Tells whether a different message to this recipient has ended under this id.
   *
   * @param isNamed see {@linkcode isAnother}
   */
  async hasEndedAnother(
    recipient: string,
    id: string,
    message: MessageIdentity,
    isNamed: boolean,
  ): Promise<boolean> {
    if (this.#ended.isRecent(id)) await this.#sent.flush();
    const ended = await this.#options.storage.sentEnd(recipient, id);
    return ended !== undefined && isAnother(ended, message, isNamed);
  }

  /** Resolves once every message that ended so far is in the history; see {@linkcode SentLog.flush}. */
  recorded(): Promise<void> {
    return this.#sent.flush();
  }

  #to(id: string): Outbound {
    const found = this.#outbounds.get(id);
    if (found) return found;
    const outbound = this.#newOutbound(id);
    this.#outbounds.set(id, outbound);
    return outbound;
  }

  #newOutbound(recipient: string): Outbound {
    const { storage, spool, nameOf, clock, brief } = this.#options;
    const store = {
      load: () => storage.waiting(recipient),
      bodies: (ids: readonly string[]) => storage.bodies(recipient, ids),
      open: (message: OutboundMessage) => spool.open({ spool: message.spool!, size: message.size }),
      enqueue: (message: OutboundMessage) => storage.enqueue(recipient, message, nameOf(recipient)),
      settle: (ended: readonly Ended[]) => {
        for (const { message, settlement } of ended) if (settlement) this.#ended.add(message.id);
        return this.#sent.settle(recipient, ended);
      },
      lived: () => storage.lived(),
    };
    const wanted: DeliveryEvent = { type: "wanted", recipient };
    const tell = (event: OutboundEvent) =>
      this.#tell(event.type === "wanted" ? wanted : { ...event, recipient });
    return new Outbound(store, clock, tell, brief);
  }

  /** Returns the messages to the other side, if they go through this session. */
  #through({ id, remote }: Channel): Outbound | undefined {
    const outbound = this.#outbounds.get(id);
    return outbound?.isAttached(remote) ? outbound : undefined;
  }

  #from(channel: Channel): Inbound {
    const found = this.#inbounds.get(channel);
    if (found) return found;
    const { storage, policy, isKnown, clock } = this.#options;
    const store = new Arrivals(channel, {
      storage,
      policy,
      chats: this.#chats,
      isKnown,
      nextTurn: () => ++this.#turn,
      tell: (event) => this.#tell(event),
    });
    const inbound = new Inbound(store, () => channel.wake(), clock, this.#downloads);
    this.#inbounds.set(channel, inbound);
    return inbound;
  }

  /** Drops the state of peers with no activity. */
  #forgetIdle(): void {
    for (const [id, outbound] of this.#outbounds) {
      if (!outbound.isIdle) continue;
      outbound.close();
      this.#outbounds.delete(id);
    }
  }

  #every(ms: number, work: () => void): void {
    const later = () => this.#timers.set(work, this.#options.clock.after(ms, again, SLACK_MS));
    const again = () => {
      later();
      work();
    };
    later();
  }

  #tell(event: DeliveryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
