// The storage worker. Its first message tells which role it plays: the store itself, a thread for files, the thread for
// large documents, or a query.

import { UserError } from "../../platform/user_error.ts";
import { databaseTrouble, isFromDatabase } from "../database/database_error.ts";
import { databasePath } from "../database/open_database.ts";
import { Engine } from "../engine/engine.ts";
import { FileThread, serveFiles } from "../files/file_thread.ts";
import { Files } from "../files/files.ts";
import { IntakeThread } from "./intake_thread.ts";
import { answer } from "../history/query.ts";
import type { Step, StopAt } from "../testing.ts";
import type { ThreadName, WorkerReply, WorkerRequest } from "./worker_messages.ts";

/** How long a store that closes may still make files durable, milliseconds; the next start does the rest. */
const CLOSE_MS = 500;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<WorkerRequest>) => void;
  postMessage(reply: WorkerReply): void;
};

let engine: Engine;
let intakes: IntakeThread;
let work: Promise<void> = Promise.resolve();
let stopAt: StopAt | undefined;
let passed = 0;
const unsyncable = new Set<string>();

const threads: Record<ThreadName, FileThread> = {
  placer: new FileThread(() => want("placer")),
  syncer: new FileThread(() => want("syncer")),
};

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "open":
      stopAt = data.stopAt;
      open(data);
      break;
    case "batch":
      work = work.then(() => engine.batch(data.batch));
      break;
    case "sync":
      work = work.then(() => void engine.sync(data.lived).then(() => scope.postMessage({ kind: "synced" })));
      break;
    case "close":
      work = work.then(() => engine.close(data.lived, performance.now() + CLOSE_MS))
        .then(() => scope.postMessage({ kind: "closed" }));
      break;
    case "query":
      query(data);
      break;
    case "thread":
      threads[data.name].connect(data.port);
      break;
    case "intakes":
      stopAt = data.stopAt;
      intakes = new IntakeThread(
        (reply) => scope.postMessage({ kind: "intake", reply }),
        stopIfAsked,
        cannotSync,
      );
      break;
    case "intake":
      intakes.take(data.request);
      break;
    case "files":
      stopAt = data.stopAt;
      serveFiles(data.port, new Files(data.token, "placer", stopIfAsked, undefined, cannotSync));
      break;
  }
};

function query({ state, inbox, sql }: WorkerRequest & { kind: "query" }): void {
  try {
    scope.postMessage({ kind: "answered", answer: answer(state, inbox, sql) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    scope.postMessage({ kind: "not-answered", message: error.message, exitCode: error.exitCode });
  }
}

function open({ settings }: WorkerRequest & { kind: "open" }): void {
  try {
    engine = new Engine({
      ...settings,
      reply: (batch, results) => scope.postMessage({ kind: "results", batch, results }),
      warn: (code, message) => scope.postMessage({ kind: "warning", code, message }),
      placed: (documents) => scope.postMessage({ kind: "placed", documents }),
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
    scope.postMessage({ kind: "not-opened", message });
    return;
  }
  scope.postMessage({ kind: "opened", lived: engine.lived });
}

function want(name: ThreadName): void {
  scope.postMessage({ kind: "wanted", name, token: engine.token });
}

/** Reports it once per thread; the main thread filters the reports of all threads. */
function cannotSync(what: "file" | "folder", why: string): void {
  if (unsyncable.has(what)) return;
  unsyncable.add(what);
  const code = `cannot-sync-${what}`;
  const does = what === "file" ? "write what is in a file" : "write the names in a folder";
  const message =
    `The file system of the inbox cannot be made to ${does} to the disk at once (${why}): documents are accepted, ` +
    "and a power cut soon afterwards may lose them. Put the inbox on a local disk if that matters.";
  scope.postMessage({ kind: "warning", code, message });
}

/** Blocks for ever if a test wants to end the process at this step. */
function stopIfAsked(step: Step): void {
  if (step !== stopAt?.step || passed++ < stopAt.passes) return;
  scope.postMessage({ kind: "stopped", step });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
