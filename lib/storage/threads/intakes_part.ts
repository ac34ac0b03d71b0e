import { IntakeThread } from "./intake_thread.ts";
import { cannotSync, reply, stopIfAsked, stopLater } from "./thread_scope.ts";
import type { WorkerRequest } from "./worker_messages.ts";

const intakes = new IntakeThread(
  (answer) => {
    const memory = answer.kind === "at" ? answer.memory : undefined;
    reply({ kind: "intake", reply: answer }, memory && [memory.buffer]);
  },
  stopIfAsked,
  cannotSync,
);

/** Takes a message to the thread for large documents. */
export function take(data: WorkerRequest): void {
  if (data.kind === "intakes") stopLater(data.stopAt);
  else if (data.kind === "intake") intakes.take(data.request);
}
