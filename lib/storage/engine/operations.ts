import type { Inbox } from "../inbox/inbox.ts";
import type { Store } from "../tables/store.ts";
import type {
  HistoryRow,
  Incoming,
  IncomingLarge,
  KnownPeer,
  NotSaved,
  OutboundMessage,
  PackedSent,
  ReceiveOutcome,
  SentEnd,
  WarnOwner,
} from "../types.ts";
import type { Begun, LargeReceiver } from "./large_receiver.ts";
import type { Coming, Wanting } from "./large_room.ts";
import { unpackSent } from "./sent_batch.ts";
import type { SpoolHolds } from "./spool_holds.ts";

/**
 * Everything that the main thread can ask of the store, one method each, done within a transaction; but for arrivals,
 * whose files are still to be made (see `Transactor`). Arguments and results go from thread to thread.
 */
export class Operations {
  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly large: LargeReceiver,
    private readonly spool: SpoolHolds,
    private readonly warn: WarnOwner,
  ) {}

  /** See {@linkcode LargeReceiver.begin}. */
  beginIntake(item: IncomingLarge, ahead: readonly Coming[]): Begun {
    return this.large.begin(item, ahead);
  }

  /** See {@linkcode LargeReceiver.touch}. */
  touchPartial(
    part: Omit<Wanting, "size"> & { readonly file: string },
    ahead: readonly Coming[],
  ): "gone" | NotSaved | undefined {
    return this.large.touch(part, ahead);
  }

  /** See `LargeRoom.isFull`. */
  diskFull(item: Pick<Wanting, "sender" | "id">, ahead: readonly Coming[]): void {
    this.large.room.isFull(item, ahead);
  }

  /** Forgets what there is of a document in parts, unless another file holds it by now. */
  dropPartial(sender: string, id: string, file: string): void {
    const partial = this.store.partials.find(sender, id);
    if (partial?.file === file) this.inbox.discardPartial(partial);
  }

  /** See `Storage.waiting`. */
  waiting(recipient: string): OutboundMessage[] {
    return this.store.outbox.waiting(recipient);
  }

  /** See `Storage.bodies`. */
  bodies(recipient: string, ids: readonly string[]): Map<string, Uint8Array> {
    return this.store.outbox.bodies(recipient, ids);
  }

  /** See `Storage.outboxRecipients`. */
  outboxRecipients(): string[] {
    return this.store.outbox.recipients();
  }

  /** See `Storage.overdueRecipients`. */
  overdueRecipients(): string[] {
    return this.store.outbox.overdue(this.store.lived.now.ms);
  }

  /** See `Storage.enqueue`. A message that does not fit gives why: what else is in the transaction goes on. */
  enqueue(recipient: string, message: OutboundMessage, recipientName: string): string | undefined {
    this.store.lived.note();
    const refusal = this.store.outbox.enqueue(recipient, message, recipientName);
    if (refusal !== undefined) this.warn("outbox-full", refusal);
    return refusal;
  }

  /** See `Storage.settle`. */
  settle(recipient: string, ends: ReadonlyMap<string, SentEnd | undefined>): void {
    const { lived, outbox, sent } = this.store;
    lived.note();
    for (const [id, end] of ends) {
      const message = end && outbox.ended(recipient, id, end);
      if (message) sent.add(message);
      const spool = outbox.forget(recipient, id);
      if (spool !== undefined) this.spool.free(spool);
    }
  }

  /** See `Storage.noteSent`. */
  noteSent(batch: PackedSent): void {
    this.store.lived.note();
    for (const message of unpackSent(batch)) this.store.sent.add(message);
  }

  /** See {@linkcode SpoolHolds.hold}. */
  holdSpool(spool: string, holder: number): void {
    this.spool.hold(spool, holder);
  }

  /** See {@linkcode SpoolHolds.release}. */
  releaseSpool(spool: string, holder: number): void {
    this.spool.release(spool, holder);
  }

  /** See `Storage.known`. */
  known(): KnownPeer[] {
    return this.store.known.all();
  }

  /** See `Storage.putKnown`. */
  putKnown(peer: KnownPeer): void {
    this.store.known.put(peer);
  }

  /** See `Storage.forgetKnown`. */
  forgetKnown(id: string): void {
    this.store.known.forget(id);
  }

  /** See `Storage.history`. */
  history(limit: number): HistoryRow[] {
    return this.store.messages.newest(limit).map((row) => this.inbox.located(row));
  }
}

/** All operations: those above, and that of an arrival. */
type All = Operations & { receive(item: Incoming): ReceiveOutcome };

/** An operation as it goes to the worker. */
export type Operation = {
  [Name in keyof All]: { readonly name: Name; readonly args: Parameters<All[Name]> };
}[keyof All];

/**
 * Has the worker do an operation.
 *
 * @param peer whom it is about: those about the same peer are done in the order of calls
 * @param bodyBytes size of a document or text among the arguments
 */
export type CallStore = <Name extends keyof All>(
  name: Name,
  args: Parameters<All[Name]>,
  peer?: string,
  bodyBytes?: number,
) => Promise<ReturnType<All[Name]>>;
