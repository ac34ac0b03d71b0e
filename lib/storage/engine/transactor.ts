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
 * Value of an operation, or its failure; `environment` if the database could not be written or has no room, so that the
 * fault is not the caller's.
 */
export type Result =
  | { readonly value: unknown }
  | { readonly error: string; readonly environment: boolean };

/** Result of one operation, and the file that it still needs. */
export interface Performed {
  readonly result: Result;
  readonly journaled?: Journaled;
}

/** Does operations in transactions. */
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
   * Does all of it in one transaction; if that fails, each in one of its own, so that the trouble with one is not that
   * of the others.
   *
   * @param at when it came, milliseconds since 1970
   */
  perform(operations: readonly Operation[], at: number): Performed[] {
    const perform = (some: readonly Operation[]) => {
      this.#spoolHolds.reset();
      const performed = this.store.transaction(() => {
        const all = some.map((operation) => this.#performOne(operation, at));
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

  /** Notes a failure of the database in anything else. Once it is damaged nothing more is promised on its word. */
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
