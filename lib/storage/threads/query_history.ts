import { startThread } from "./start_thread.ts";
import { UserError } from "../../platform/user_error.ts";
import type { Answer } from "../history/query.ts";
import type { WorkerReply, WorkerRequest } from "./worker_messages.ts";

/** Limit for a query, milliseconds. */
const QUERY_MS = 5000;

/**
 * Runs one SQL statement on the history of a profile, in a thread of its own. Returns undefined if the profile has no
 * database.
 *
 * @param inbox folder that paths begin with
 * @param limitMs limit for the statement, milliseconds
 * @throws {UserError} if the statement is wrong, would do more than read (exit 2) or takes too long, or the database
 *   cannot be read
 */
export function queryHistory(
  state: string,
  inbox: string,
  sql: string,
  limitMs = QUERY_MS,
): Promise<Answer | undefined> {
  const worker = startThread("query");
  const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
  const timer = setTimeout(() => {
    const most = `${limitMs / 1000} s`;
    reject(
      new UserError(`The query takes longer than ${most}: narrow it with WHERE, or have it look at less.`),
    );
  }, limitMs);
  worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => {
    if (data.kind === "answered") resolve(data.answer);
    else if (data.kind === "not-answered") reject(new UserError(data.message, data.exitCode));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage({ kind: "query", state, inbox, sql } satisfies WorkerRequest);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}
