import { serveFiles } from "../files/file_thread.ts";
import { Files } from "../files/files.ts";
import { cannotSync, stopIfAsked, stopLater } from "./thread_scope.ts";
import type { WorkerRequest } from "./worker_messages.ts";

/** Takes a message to a thread for files. */
export function take(data: WorkerRequest): void {
  if (data.kind !== "files") return;
  stopLater(data.stopAt);
  serveFiles(data.port, new Files(data.token, "placer", stopIfAsked, undefined, cannotSync));
}
