import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { WindowState } from "../storage/types.ts";
import type { DocumentMessage, Message } from "../protocol/message.ts";
import { WINDOW } from "../protocol/limits.ts";
import type { DownloadBudget, Intake } from "../session/download.ts";
import { type Arrival, Inbound } from "../session/inbound.ts";
import type { Outcome } from "../session/outcome.ts";
import { Outbound } from "../session/outbound.ts";
import type { OutboundMessage, OutboundStore, Refusal, Settlement } from "../session/outbound_message.ts";
import type { Session } from "../session/session.ts";

/** What the correspondents of a peer share. */
export interface CorrespondentContext {
  readonly clock: Clock;
  readonly random: Random;
  /** What the outbox holds from before stays where it is. */
  readonly brief: boolean;
  readonly downloads: DownloadBudget;
  outboundStore(id: string): OutboundStore;
  windowOf(id: string): Promise<WindowState | undefined>;
  keep(id: string, message: Arrival, epoch: number, turn: number): Promise<Outcome>;
  intake(id: string, message: DocumentMessage, epoch: number): Promise<Intake | Outcome>;
  refusal(id: string, message: DocumentMessage): Outcome | undefined;
  keepVoid(id: string, seq: number, epoch: number): Promise<Outcome>;
  settled(id: string, message: OutboundMessage, settlement: Settlement): void;
  /** The recipient has so many bytes of a document that goes out in parts. */
  progress(id: string, message: OutboundMessage, bytes: number): void;
  /** The recipient cannot take it for now. */
  deferred(id: string, message: OutboundMessage, refusal: Refusal): void;
  /** There is something for this peer. */
  wake(id: string): void;
  failed(error: unknown): void;
}

/** Delivery in both directions with one other peer, across sessions. */
export class Correspondent {
  readonly inbound: Inbound;
  #outbound: Promise<Outbound> | undefined;
  #opened: Outbound | undefined;
  #session: Session | undefined;

  constructor(readonly id: string, private readonly context: CorrespondentContext) {
    this.inbound = new Inbound(
      {
        load: () => context.windowOf(id),
        keep: (message, epoch, turn) => context.keep(id, message, epoch, turn),
        intake: (message, epoch) => context.intake(id, message, epoch),
        refusal: (message) => context.refusal(id, message),
        keepVoid: (seq, epoch) => context.keepVoid(id, seq, epoch),
      },
      WINDOW,
      context.downloads,
    );
  }

  /** Our numbering towards the peer; read from the store the first time. */
  outbound(): Promise<Outbound> {
    this.#outbound ??= this.#open();
    return this.#outbound;
  }

  /** The same where it is there already. */
  get opened(): Outbound | undefined {
    return this.#opened;
  }

  async #open(): Promise<Outbound> {
    const { context, id } = this;
    const outbound = await Outbound.open(
      context.outboundStore(id),
      context.clock,
      context.random,
      {
        settled: (message, settlement) => context.settled(id, message, settlement),
        progress: (message, bytes) => context.progress(id, message, bytes),
        deferred: (message, refusal) => context.deferred(id, message, refusal),
        wake: () => context.wake(id),
        sendEpoch: (epoch) => this.#session?.sendEpoch(epoch),
        misfit: () => this.#session?.abort("our numbers do not fit together"),
        failed: (error) => context.failed(error),
      },
      context.brief,
    );
    this.#opened = outbound;
    if (this.#session && !this.#session.remote.brief) outbound.attach(attachment(this.#session));
    return outbound;
  }

  /** From now on we send through this session. A short-lived peer is sent nothing. */
  attach(session: Session): void {
    this.#session = session;
    if (session.remote.brief) return;
    if (this.#opened) this.#opened.attach(attachment(session));
    else this.outbound().catch((error) => this.context.failed(error));
  }

  /** The session is not sent through any more. */
  detach(session: Session): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#opened?.detach();
  }

  /** A message of a session with this peer. */
  received(session: Session, message: Message): void {
    const outbound = this.#session === session ? this.#opened : undefined;
    switch (message.type) {
      case "epoch":
        this.inbound.epoch(message.epoch, session).catch((error) => {
          this.context.failed(error);
          session.abort("the store failed");
        });
        return;
      case "chat":
      case "document":
        return this.inbound.arrived(message, session);
      case "part":
        return this.inbound.part(message, session);
      case "void":
        return this.inbound.voided(message.seq, session);
      case "have":
        return outbound?.have(message);
      case "ack":
        return outbound?.ack(message);
      case "nak":
        return outbound?.nak(message);
      case "want":
        return outbound?.want(message);
    }
  }

  /** Whether something in either direction waits for an acknowledgement. */
  get unacknowledged(): boolean {
    return this.inbound.busy || (this.#opened?.unacknowledged ?? false);
  }

  /** Whether it may be forgotten: no session, nothing under way. */
  get idle(): boolean {
    return !this.#session && !this.inbound.busy && (!this.#outbound || this.#opened?.waiting === 0);
  }

  /** Stops timers. */
  close(): void {
    this.#opened?.close();
  }
}

function attachment(session: Session): { window: number; rx: number } {
  return { window: session.remote.window, rx: session.remote.rx };
}
