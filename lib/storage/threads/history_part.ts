import type { DatabaseSync } from "node:sqlite";
import { UserError } from "../../platform/user_error.ts";
import { databaseTrouble, isFromDatabase } from "../database/database_error.ts";
import { databasePath, openForReading } from "../database/open_database.ts";
import { Places } from "../history/message_rows.ts";
import { answerQuery } from "../history/queries.ts";
import { HaltedError, Reading } from "../history/reading.ts";
import { reply } from "./thread_scope.ts";
import type { WorkerRequest } from "./worker_messages.ts";

let state: string;
let places: Places;
let halted: Int32Array;
let open: { readonly db: DatabaseSync; readonly file: string } | undefined;

/** Takes a message to the thread that reads the history. */
export function take(data: WorkerRequest): void {
  if (data.kind === "history") {
    state = data.state;
    places = new Places(state, data.inbox);
    halted = new Int32Array(data.halted);
    reply({ kind: "reading" });
  } else if (data.kind === "read") {
    const { call, name, params } = data;
    try {
      const db = database();
      const reading = db && new Reading(db, places, () => Atomics.load(halted, 0) === call);
      const answer = inTransaction(db, () => answerQuery(reading, name, params as never));
      reply({ kind: "read", call, answer });
    } catch (error) {
      const message = error instanceof UserError
        ? error.message
        : isFromDatabase(error)
        ? databaseTrouble(error, "cannot be read", databasePath(state))
        : undefined;
      if (message === undefined && !(error instanceof HaltedError)) throw error;
      const exitCode = error instanceof UserError ? error.exitCode : undefined;
      reply({ kind: "not-read", call, message, exitCode });
    }
  }
}

/** Runs `work` on the database as it is at one moment: a message that ends meanwhile is neither missed nor found twice. */
function inTransaction<T>(db: DatabaseSync | undefined, work: () => T): T {
  db?.exec("BEGIN");
  try {
    return work();
  } finally {
    if (db?.isTransaction) db.exec("ROLLBACK");
  }
}

/** Returns the database that is there now: it may be made, removed or replaced while this thread is running. */
function database(): DatabaseSync | undefined {
  const file = identity();
  if (file === undefined || file !== open?.file) {
    open?.db.close();
    open = undefined;
  }
  if (file === undefined) return undefined;
  if (open) return open.db;
  const db = openForReading(state);
  if (db) open = { db, file };
  return db;
}

/** Returns what tells the file of the database from another of the same name; undefined if there is none. */
function identity(): string | undefined {
  try {
    const { dev, ino, birthtime } = Deno.statSync(databasePath(state));
    return `${dev} ${ino} ${birthtime?.getTime()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw new UserError(databaseTrouble(error, "cannot be read", databasePath(state)));
  }
}
