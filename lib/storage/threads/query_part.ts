import { UserError } from "../../platform/user_error.ts";
import { answer } from "../history/query.ts";
import { reply } from "./thread_scope.ts";
import type { WorkerRequest } from "./worker_messages.ts";

/** Takes a message to the thread that answers one query. */
export function take(data: WorkerRequest): void {
  if (data.kind !== "query") return;
  const { state, inbox, sql } = data;
  try {
    reply({ kind: "answered", answer: answer(state, inbox, sql) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    reply({ kind: "not-answered", message: error.message, exitCode: error.exitCode });
  }
}
