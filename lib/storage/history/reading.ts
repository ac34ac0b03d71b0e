import type { DatabaseSync } from "node:sqlite";
import { UserError } from "../../platform/user_error.ts";
import type { Places } from "./message_rows.ts";

/** Longest time that a query works before it returns what it has, milliseconds, if it can go on later. */
export const STEP_MS = 250;
/** Longest time of a query that cannot, milliseconds. */
export const READ_MS = 5_000;

/** The caller no longer wants the answer. */
export class HaltedError extends Error {
  override readonly name = "AbortError";
}

/** A running query: the database, read-only, and the time that the query has. */
export class Reading {
  readonly #begin = performance.now();

  /**
   * @param places the folders that paths begin with
   * @param isHalted true once the caller no longer wants the answer
   */
  constructor(
    readonly db: DatabaseSync,
    readonly places: Places,
    private readonly isHalted: () => boolean = () => false,
    private readonly stepMs = STEP_MS,
  ) {}

  /** True once a query that can go on later should return what it has. */
  get isDue(): boolean {
    return performance.now() - this.#begin >= this.stepMs;
  }

  /**
   * Throws if the query has to end; to be called every few milliseconds: SQLite itself cannot be interrupted.
   *
   * @throws {HaltedError} if the caller no longer wants the answer
   * @throws {UserError} after {@linkcode READ_MS}
   */
  check(): void {
    if (this.isHalted()) throw new HaltedError("The query was given up.");
    if (performance.now() - this.#begin > READ_MS) throw tooLong();
  }
}

/** Returns the error for a query that takes too long. */
export function tooLong(): UserError {
  return new UserError(`The history was not read within ${READ_MS / 1000} s: ask for less, or try again.`);
}
