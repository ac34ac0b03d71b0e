import { type Clock, systemClock, type Timer } from "../platform/clock.ts";
import { UserError } from "../platform/user_error.ts";
import type { EndedMessage } from "./tables/sent.ts";
import { HISTORY_DAYS, HISTORY_MAX } from "../protocol/limits.ts";
import { BodyMemory, own } from "./threads/body_memory.ts";
import { StoreWorker } from "./threads/store_worker.ts";
import { Intakes } from "./threads/intakes.ts";
import type { LivedTime } from "./tables/lived_time.ts";
import type { StoreSettings } from "./engine/engine.ts";
import type { Retention } from "./inbox/housekeeping.ts";
import type { StorageTesting } from "./testing.ts";
import { OrderGuard } from "./engine/order_guard.ts";
import type { AnswerRest } from "./engine/operations.ts";
import type {
  AnswerOutcome,
  ArrivalKind,
  Cursor,
  Incoming,
  IncomingLarge,
  Intake,
  KnownPeer,
  NotSaved,
  OpenQuestion,
  OutboundMessage,
  PackedSent,
  PlacedDocument,
  ReceiveOutcome,
  Reply,
  SentEnd,
  WarnOwner,
} from "./types.ts";
import { WarningFilter } from "./warning_filter.ts";
import { reason } from "./database/database_error.ts";

/** How soon after a sync what came since is made durable at the latest, and how much sooner it may be, milliseconds. */
const SYNC_EVERY_MS = 5_000;
const SYNC_SLACK_MS = 1_500;
/** Rounds of these after which a sync runs although nothing came: the history gets old. */
const IDLE_ROUNDS = 12;

const KEEP: Retention = { ms: HISTORY_DAYS * 86_400_000, bytes: HISTORY_MAX };

/** Options of a store. */
export interface StorageOptions extends Omit<StoreSettings, "keep"> {
  /** Bounds of the history; default 90 days and 1 GiB. */
  readonly keep?: Retention;
  /**
   * Called for problems that the owner should know (a file that could not be synced, …), at most once a minute for
   * each.
   */
  readonly warning: WarnOwner;
  /**
   * Called for a document that got its place in the inbox only after it was acknowledged, because its folder was not
   * writable or because of a crash. At most once for each document in the life of a store.
   */
  readonly placed?: (document: PlacedDocument) => void;
  /** For tests; default the system's. */
  readonly clock?: Clock;
  /** For tests. */
  readonly testing?: StorageTesting;
}

/**
 * Opens the store of a profile in a worker thread and recovers the inbox from its journal.
 *
 * @throws {UserError} if the database is damaged or was written by a newer Earshot, or its folder cannot be used
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { state, inbox, quota, keep = KEEP, clock = systemClock } = options;
  const warnings = new WarningFilter(clock, options.warning);
  const worker = new StoreWorker({
    settings: { state, inbox, quota, keep },
    testing: options.testing,
    clock,
    warning: (code, message) => warnings.warn(code, message),
    placed: options.placed,
  });
  const intakes = new Intakes(
    worker,
    clock,
    (error) => warnings.warn("storage-failed", `A change was not taken down: ${error.message}`),
  );
  return new Storage(worker, intakes, await worker.opened, clock);
}

/**
 * Durable state of one profile, made by {@linkcode openStorage}. The database runs in a worker thread, so no call
 * blocks the network. When a call resolves, its effect is durable, unless the method says otherwise.
 */
export class Storage {
  /** Order of arrivals that never reach the worker. */
  readonly #guard = new OrderGuard();
  #timer: Timer | undefined;
  /** Rounds since the last sync. */
  #idleRounds = 0;
  #isClosed = false;
  #lastHolder = 0;
  readonly #bodies = new BodyMemory();

  constructor(
    private readonly worker: StoreWorker,
    private readonly intakes: Intakes,
    private readonly time: LivedTime,
    private readonly clock: Clock,
  ) {
    this.#syncLater();
  }

  /**
   * Returns the time that the store has lived through, milliseconds; it never goes back. A gap (switched off, asleep,
   * wall clock set) counts at most one day.
   */
  lived(): number {
    return this.time.ms;
  }

  /**
   * Makes one arrival durable; many at once share one commit. Arrivals of a sender are processed in the order of calls.
   */
  async receive(item: Incoming): Promise<ReceiveOutcome> {
    const kept = item.kind === "document" ? this.#bodies.keep(item.sender, item.body) : undefined;
    const size = kept?.taken ?? (item.kind === "chat" ? item.text.length : 0);
    if (this.#guard.isBehind(item) || !this.worker.hasRoom(item.sender, size)) {
      return this.#refuse(item, "too much waits for the disk");
    }
    this.#guard.saved(item);
    const owned = kept && item.kind === "document" ? { ...item, body: kept.body } : item;
    try {
      return await this.worker.call("receive", [owned], item.sender, size);
    } catch {
      return this.#refuse(item, "the store has failed");
    }
  }

  /** Starts or resumes a large document; or returns its outcome if that is already known. */
  async intake(item: IncomingLarge): Promise<Intake | ReceiveOutcome> {
    try {
      return await this.intakes.begin(item);
    } catch (error) {
      // The cause is the disk for a UserError; any other error ends the store.
      return this.#refuse(item, error instanceof UserError ? reason(error) : "the store has failed");
    }
  }

  /** Lists the messages that wait for a recipient, without bodies, in the order in which they were first handed in. */
  waiting(recipient: string): Promise<OutboundMessage[]> {
    return this.worker.call("waiting", [recipient], recipient);
  }

  /** Lists the recipients for whom messages wait. */
  outboxRecipients(): Promise<string[]> {
    return this.worker.call("outboxRecipients", []);
  }

  /** Lists the recipients for whom a message with this id waits. */
  waitsFor(id: string): Promise<string[]> {
    return this.worker.call("waitsFor", [id]);
  }

  /** Returns how a message ended, and what a document was; undefined if the history does not have it. */
  sentEnd(recipient: string, id: string): Promise<EndedMessage | undefined> {
    return this.worker.call("sentEnd", [recipient, id], recipient);
  }

  /** Lists the recipients for whom a message waits that has expired. */
  overdueRecipients(): Promise<string[]> {
    return this.worker.call("overdueRecipients", []);
  }

  /** Returns bodies of waiting messages by id; those that ended or are in the spool are missing. */
  bodies(recipient: string, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
    return this.worker.call("bodies", [recipient, ids], recipient);
  }

  /**
   * Protects a file of the spool. The returned function ends that; it then deletes the file unless another holder or a
   * waiting message needs it.
   */
  async holdSpool(spool: string): Promise<() => Promise<void>> {
    const holder = ++this.#lastHolder;
    await this.worker.call("holdSpool", [spool, holder]);
    return () => this.worker.call("releaseSpool", [spool, holder]);
  }

  /**
   * Stores a message until it is settled. Replaces a message with the same recipient and id.
   *
   * @param recipientName name by which the user knows the recipient; default its id
   * @throws {UserError} if the outbox is full
   */
  async enqueue(recipient: string, message: OutboundMessage, recipientName = recipient): Promise<void> {
    const { body } = message;
    const call = this.worker.call;
    const owned = { ...message, body: body && own(body) };
    const refusal = await call("enqueue", [recipient, owned, recipientName], recipient, body?.length);
    if (refusal !== undefined) throw new UserError(refusal);
  }

  /**
   * Removes messages from the outbox, and files of the spool that nothing else needs.
   *
   * @param ends how each message ended, by id, for the history; undefined for one of which nothing was sent
   */
  settle(recipient: string, ends: ReadonlyMap<string, SentEnd | undefined>): Promise<void> {
    return this.worker.call("settle", [recipient, ends], recipient);
  }

  /** Adds messages to the history that ended without having been in the outbox. */
  noteSent(sent: PackedSent): Promise<void> {
    return this.worker.call("noteSent", [sent], "", sent.bodies.length);
  }

  /** Lists up to `limit` unanswered questions after a row, up to another one, in the order of their arrival. */
  openQuestions(after: number, upto: number, limit: number): Promise<OpenQuestion[]> {
    return this.worker.call("openQuestions", [after, upto, limit]);
  }

  /**
   * Returns the row up to which no program that takes questions at a durable place will read them any more; undefined if
   * no such program was here within 30 days.
   */
  askReadUpto(): Promise<number | undefined> {
    return this.worker.call("askReadUpto", []);
  }

  /** Returns the answer that this sender gave to a question; the first, if it sent several. */
  reply(sender: string, re: string): Promise<Reply | undefined> {
    return this.worker.call("reply", [sender, re], sender);
  }

  /**
   * Stores the one answer to a question in the outbox, and that the question has it, unless it has one.
   *
   * @param message with `re`; its `body` has all of it
   * @param recipientName name by which the user knows the recipient
   */
  answer(recipient: string, message: OutboundMessage, recipientName: string): Promise<AnswerOutcome> {
    return this.worker.call("answer", [recipient, message, recipientName], recipient, message.size);
  }

  /**
   * Puts the answer of a question into the outbox again, under its id, unless it waits there. `unknown`: the question
   * has no answer.
   */
  answerAgain(
    recipient: string,
    re: string,
    rest: AnswerRest,
    recipientName: string,
  ): Promise<AnswerOutcome> {
    return this.worker.call("answerAgain", [recipient, re, rest, recipientName], recipient);
  }

  /** Lists all records of peers, blocked ones included. */
  known(): Promise<KnownPeer[]> {
    return this.worker.call("known", []);
  }

  /** Adds a record, or replaces that of the same id. */
  putKnown(peer: KnownPeer): Promise<void> {
    return this.worker.call("putKnown", [peer]);
  }

  /** Removes the record of an id. */
  forgetKnown(id: string): Promise<void> {
    return this.worker.call("forgetKnown", [id]);
  }

  /**
   * Opens a cursor, and creates it if it is new: at the end of the history, or at its beginning with `all`. A cursor of
   * another kind is returned as it is. The history waits for a cursor that was used within 30 days.
   */
  openCursor(name: string, kind: ArrivalKind, all: boolean): Promise<Cursor> {
    return this.worker.call("openCursor", [name, kind, all]);
  }

  /**
   * Moves a cursor, never back.
   *
   * @param position row up to which everything is done
   * @param done rows beyond it that are done as well
   * @returns false if there is no such cursor, or it is further on
   */
  moveCursor(name: string, position: number, done: readonly number[]): Promise<boolean> {
    return this.worker.call("moveCursor", [name, position, done]);
  }

  /**
   * Removes a cursor, if it is of this kind: nothing waits for it any more. Returns the kind that it has; undefined if there
   * is none.
   */
  forgetCursor(name: string, kind: ArrivalKind): Promise<ArrivalKind | undefined> {
    return this.worker.call("forgetCursor", [name, kind]);
  }

  /**
   * Places documents that could not be placed before, and makes files and folders durable. Runs by itself every 5
   * seconds while there is anything to do, else every minute.
   */
  sync(): Promise<void> {
    return this.worker.sync();
  }

  /** Finishes all operations, syncs files and closes the database. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.intakes.close();
    await this.worker.close();
  }

  #refuse(item: Incoming, why: string): NotSaved {
    this.#guard.refused(item);
    return { saved: false, code: "busy", why: `It cannot be saved: ${why}.` };
  }

  #syncLater(): void {
    if (this.#isClosed) return;
    const again = () => this.#syncLater();
    this.#timer = this.clock.after(SYNC_EVERY_MS - SYNC_SLACK_MS, () => {
      if (this.worker.isSynced && ++this.#idleRounds < IDLE_ROUNDS) return again();
      this.#idleRounds = 0;
      this.worker.sync().then(again, () => {/* the store is closed, or has failed and said so */});
    }, SYNC_SLACK_MS);
  }
}
