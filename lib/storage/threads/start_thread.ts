import type { ThreadPart } from "./worker_messages.ts";

let prepared: Worker | undefined;

/** Starts the thread of a store that is opened soon: it loads its modules meanwhile. */
export function prepareStore(): void {
  prepared ??= start("store");
}

/** Starts a storage thread, or returns the prepared one. */
export function startThread(part: ThreadPart): Worker {
  const worker = part === "store" && prepared || start(part);
  if (worker === prepared) prepared = undefined;
  return worker;
}

function start(part: ThreadPart): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: part });
}
