import { databaseTrouble, isDamage, isFromDatabase, reason } from "../database/database_error.ts";
import type { Spool } from "../files/spool.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Store } from "../tables/store.ts";
import type { NotSaved, WarnOwner } from "../types.ts";
import type { Journaled } from "./large_receiver.ts";
import { type Operation, operationsOn } from "./operations.ts";
import type { Receiver } from "./receiver.ts";
import { SpoolHolds } from "./spool_holds.ts";

/**
 * Value of an operation, or its failure. `environment` is set if the database could not be written or is out of room,
 * which is not the caller's fault.
 */
export type Result =
  | { readonly value: unknown }
  | { readonly error: string; readonly environment: boolean };

/** Result of one operation, and the file still to be made for it. */
export interface Performed {
  readonly result: Result;
  readonly journaled?: Journaled;
}

/** Performs operations in transactions. */
export class Transactor {
  readonly #spoolHolds;
  readonly #operations;
  #damage: Error | undefined;

  /** @param beforeCommit called at the end of each transaction */
  constructor(
    private readonly store: Store,
    inbox: Inbox,
    private readonly receiver: Receiver,
    spool: Spool,
    private readonly warn: WarnOwner,
    private readonly beforeCommit: () => void,
  ) {
    this.#spoolHolds = new SpoolHolds(spool, store.outbox);
    this.#operations = operationsOn(store, inbox, receiver.large, this.#spoolHolds, warn);
  }

  /**
   * Performs all operations in one transaction. If that fails, performs each in its own, so that one failure does not
   * affect the others.
   *
   * @param at when they arrived, milliseconds since 1970
   */
  perform(operations: readonly Operation[], at: number): Performed[] {
    const perform = (some: readonly Operation[]) => {
      this.#spoolHolds.reset();
      const performed = this.store.transaction(() => {
        this.receiver.expect(some.flatMap(({ name, args }) => name === "receive" ? args : []));
        const all = some.map((operation) => this.#performOne(operation, at));
        this.receiver.expect([]);
        this.beforeCommit();
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

  /** Notes a failure of the database elsewhere. Once it is damaged, arrivals and outgoing messages are refused. */
  noteFailure(error: unknown): void {
    if (isDamage(error)) this.#damage ??= error as Error;
  }

  #performOne(operation: Operation, at: number): Performed {
    const { name, args } = operation;
    if (this.#damage && (name === "receive" || name === "enqueue")) throw this.#damage;
    if (name === "receive") {
      this.store.lived.note();
      const { outcome, journaled } = this.receiver.receive(...args, at);
      return { result: { value: outcome }, journaled };
    }
    const perform = this.#operations[name] as (...args: readonly unknown[]) => unknown;
    return { result: { value: perform(...args) } };
  }

  #failure(operation: Operation, error: Error): Result {
    this.noteFailure(error);
    const environment = isFromDatabase(error) && !error.message.includes("constraint");
    const sentence = databaseTrouble(error, "cannot be written");
    if (environment) this.warn("storage-failed", sentence);
    if (operation.name !== "receive") return { error: environment ? sentence : error.message, environment };
    this.receiver.guard.refused(operation.args[0]);
    const value: NotSaved = { saved: false, code: "busy", why: `It cannot be saved: ${reason(error)}.` };
    return { value };
  }
}
