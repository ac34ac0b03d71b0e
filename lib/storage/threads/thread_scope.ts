import type { Step, StopAt } from "../testing.ts";
import type { WorkerReply } from "./worker_messages.ts";

const scope = globalThis as unknown as { postMessage(reply: WorkerReply, transfer: Transferable[]): void };

let stopAt: StopAt | undefined;
let passed = 0;
const unsyncable = new Set<string>();

/** Sends a message to the main thread. */
export function reply(message: WorkerReply, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

/** Has this thread stand still for ever at a step, for tests. */
export function stopLater(at: StopAt | undefined): void {
  stopAt = at;
}

/** Reports it once per thread; the main thread filters the reports of all threads. */
export function cannotSync(what: "file" | "folder", why: string): void {
  if (unsyncable.has(what)) return;
  unsyncable.add(what);
  const code = `cannot-sync-${what}`;
  const does = what === "file" ? "write what is in a file" : "write the names in a folder";
  const message =
    `The file system of the inbox cannot be made to ${does} to the disk at once (${why}): documents are accepted, ` +
    "and a power cut soon afterwards may lose them. Put the inbox on a local disk if that matters.";
  reply({ kind: "warning", code, message });
}

/** Blocks for ever if a test wants to end the process at this step. */
export function stopIfAsked(step: Step): void {
  if (step !== stopAt?.step || passed++ < stopAt.passes) return;
  reply({ kind: "stopped", step });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
