import { UserError } from "../../platform/user_error.ts";
import { databaseTrouble, isFromDatabase } from "../database/database_error.ts";
import { databasePath } from "../database/open_database.ts";
import { Engine } from "../engine/engine.ts";
import { FileThread } from "../files/file_thread.ts";
import { cannotSync, reply, stopIfAsked, stopLater } from "./thread_scope.ts";
import type { ThreadName, WorkerRequest } from "./worker_messages.ts";

/** How long a store that closes may still make files durable, milliseconds; the next start does the rest. */
const CLOSE_MS = 500;

let engine: Engine;
let work: Promise<void> = Promise.resolve();

const threads: Record<ThreadName, FileThread> = {
  placer: new FileThread(() => want("placer")),
  syncer: new FileThread(() => want("syncer")),
};

/** Takes a message to the thread of the store itself. */
export function take(data: WorkerRequest): void {
  switch (data.kind) {
    case "open":
      stopLater(data.stopAt);
      open(data);
      break;
    case "batch":
      work = work.then(() => engine.batch(data.batch));
      break;
    case "sync":
      work = work.then(() =>
        void engine.sync(data.lived).then((isLeft) => reply({ kind: "synced", isLeft }))
      );
      break;
    case "close":
      work = work.then(() => engine.close(data.lived, performance.now() + CLOSE_MS))
        .then(() => reply({ kind: "closed" }));
      break;
    case "thread":
      threads[data.name].connect(data.port);
      break;
  }
}

function open({ settings }: WorkerRequest & { kind: "open" }): void {
  try {
    engine = new Engine({
      ...settings,
      reply: (batch, results) => reply({ kind: "results", batch, results }),
      warn: (code, message) => reply({ kind: "warning", code, message }),
      placed: (documents) => reply({ kind: "placed", documents }),
      step: stopIfAsked,
      cannotSync,
      ...threads,
    });
  } catch (error) {
    const message = error instanceof UserError
      ? error.message
      : isFromDatabase(error)
      ? databaseTrouble(error, "cannot be read", databasePath(settings.state))
      : undefined;
    if (message === undefined) throw error;
    reply({ kind: "not-opened", message });
    return;
  }
  reply({ kind: "opened", lived: engine.lived });
}

function want(name: ThreadName): void {
  reply({ kind: "wanted", name, token: engine.token });
}
