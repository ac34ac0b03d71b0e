import { IntakeThread } from "./intake_thread.ts";
import { cannotSync, reply, stopIfAsked, stopLater } from "./thread_scope.ts";
import type { WorkerRequest } from "./worker_messages.ts";

const intakes = new IntakeThread(
  (answer) => reply({ kind: "intake", reply: answer }),
  stopIfAsked,
  cannotSync,
);

/** Takes a message to the thread for large documents. */
export function take(data: WorkerRequest): void {
  if (data.kind === "intakes") stopLater(data.stopAt);
  else if (data.kind === "intake") intakes.take(data.request);
}
