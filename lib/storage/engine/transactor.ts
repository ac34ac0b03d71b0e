import { databaseTrouble, isDamage, isFromDatabase, reason } from "../database/database_error.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Operation } from "./operation.ts";
import type { Journaled } from "./large_receiver.ts";
import type { Receiver } from "./receiver.ts";
import { unpackSent } from "./sent_batch.ts";
import type { Spool } from "../files/spool.ts";
import { SpoolHolds } from "./spool_holds.ts";
import type { Store } from "../tables/store.ts";
import type { ReceiveOutcome, WarnOwner } from "../types.ts";

/**
 * What an operation gives, or why it failed; `environment` where the database could not be written or has no room, so
 * that the fault is not the caller's.
 */
export type Result =
  | { readonly value: unknown }
  | { readonly error: string; readonly environment: boolean };

/** What one operation gave, and the file that it still needs. */
export interface Performed {
  readonly result: Result;
  readonly journaled?: Journaled;
}

/** Operations that add to the history or the outbox. */
const WRITES_HISTORY: ReadonlySet<Operation["kind"]> = new Set(["receive", "enqueue", "settle", "noteSent"]);

/** Does operations in transactions. */
export class Transactor {
  readonly #store;
  readonly #inbox;
  readonly #receiver;
  readonly #spoolHolds;
  readonly #warn;
  readonly #beforeCommit;
  #damage: Error | undefined;

  /** @param beforeCommit called at the end of each transaction */
  constructor(
    store: Store,
    inbox: Inbox,
    receiver: Receiver,
    spool: Spool,
    warn: WarnOwner,
    beforeCommit: () => void,
  ) {
    this.#spoolHolds = new SpoolHolds(spool, (file) => store.outbox.needs(file));
    this.#store = store;
    this.#inbox = inbox;
    this.#receiver = receiver;
    this.#warn = warn;
    this.#beforeCommit = beforeCommit;
  }

  /**
   * Does all of it in one transaction; where that fails, each in one of its own, so that the trouble with one is not that
   * of the others.
   *
   * @param at when it came, milliseconds since 1970
   */
  perform(operations: readonly Operation[], at: number): Performed[] {
    const perform = (some: readonly Operation[]) => {
      this.#spoolHolds.reset();
      const performed = this.#store.transaction(() => {
        // What only reads is to go on where nothing can be written.
        if (some.some(({ kind }) => WRITES_HISTORY.has(kind))) this.#store.lived.note();
        const all = some.map((operation) => this.#performOne(operation, at));
        this.#beforeCommit();
        return all;
      });
      this.#spoolHolds.committed();
      return performed;
    };
    try {
      return perform(operations);
    } catch {
      return operations.map((operation) => {
        try {
          return perform([operation])[0]!;
        } catch (error) {
          return { result: this.#failure(operation, error as Error) };
        }
      });
    }
  }

  /** What else happens to the database failed. Once it is damaged nothing more is promised on its word. */
  noteFailure(error: unknown): void {
    if (isDamage(error)) this.#damage ??= error as Error;
  }

  #performOne(operation: Operation, at: number): Performed {
    if (this.#damage && (operation.kind === "receive" || operation.kind === "enqueue")) throw this.#damage;
    const { outbox, known, messages, partials, sent } = this.#store;
    switch (operation.kind) {
      case "receive": {
        const { outcome, journaled } = this.#receiver.receive(operation.item, at);
        return { result: { value: outcome }, journaled };
      }
      case "beginIntake":
        return gives(this.#receiver.large.begin(operation.item, operation.ahead));
      case "touchPartial":
        return gives(this.#receiver.large.touch(operation));
      case "diskFull":
        return gives(this.#receiver.large.room.isFull(operation, operation.ahead));
      case "dropPartial": {
        const partial = partials.find(operation.sender, operation.id);
        return gives(partial?.file === operation.file && this.#inbox.discardPartial(partial));
      }
      case "waiting":
        return gives(outbox.waiting(operation.recipient));
      case "outboxRecipients":
        return gives(outbox.recipients());
      case "overdueRecipients":
        return gives(outbox.overdue(operation.lived));
      case "enqueue":
        return this.#enqueue(operation);
      case "bodies":
        return gives(outbox.bodies(operation.recipient, operation.ids));
      case "holdSpool":
        return gives(this.#spoolHolds.hold(operation.spool, operation.holder));
      case "releaseSpool":
        return gives(this.#spoolHolds.release(operation.spool, operation.holder));
      case "settle":
        return gives(this.#settle(operation));
      case "noteSent":
        for (const message of unpackSent(operation.sent)) sent.add(message);
        return gives(undefined);
      case "known":
        return gives(known.all());
      case "putKnown":
        return gives(known.put(operation.peer));
      case "forgetKnown":
        return gives(known.forget(operation.id));
      case "history":
        return gives(messages.newest(operation.limit).map((row) => this.#inbox.located(row)));
    }
  }

  /** What does not fit is no failure of the transaction: what else is in it goes on. */
  #enqueue({ recipient, message, recipientName }: Operation & { kind: "enqueue" }): Performed {
    const refusal = this.#store.outbox.enqueue(recipient, message, recipientName);
    if (refusal === undefined) return gives(undefined);
    this.#warn("outbox-full", refusal);
    return { result: { error: refusal, environment: true } };
  }

  #settle({ recipient, ends }: Operation & { kind: "settle" }): void {
    const { outbox, sent } = this.#store;
    for (const [id, end] of ends) {
      const message = end && outbox.ended(recipient, id, end);
      if (message) sent.add(message);
      const spool = outbox.forget(recipient, id);
      if (spool !== undefined) this.#spoolHolds.free(spool);
    }
  }

  #failure(operation: Operation, error: Error): Result {
    this.noteFailure(error);
    const environment = isFromDatabase(error) && !error.message.includes("constraint");
    const sentence = databaseTrouble(error, "cannot be written");
    if (environment) this.#warn("storage-failed", sentence);
    if (operation.kind !== "receive") return { error: environment ? sentence : error.message, environment };
    this.#receiver.guard.refused(operation.item);
    const outcome: ReceiveOutcome = {
      saved: false,
      code: "busy",
      why: `It cannot be saved: ${reason(error)}.`,
    };
    return { value: outcome };
  }
}

function gives(value: unknown): Performed {
  return { result: { value } };
}
