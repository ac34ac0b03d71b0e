import type { ExitCode } from "../../platform/user_error.ts";
import type { Batch, StoreSettings } from "../engine/engine.ts";
import type { PackedResults } from "../engine/packed_batch.ts";
import type { IntakeReply, IntakeRequest } from "./intake_thread.ts";
import type { Lived } from "../tables/lived_time.ts";
import type { QueryName } from "../history/queries.ts";
import type { Answer } from "../history/query.ts";
import type { Step, StopAt } from "../testing.ts";
import type { PlacedDocument } from "../types.ts";

/**
 * Part of a storage thread: the store itself, a thread for files, the one for large documents, one query of the user,
 * the one that reads the history.
 */
export type ThreadPart = "store" | "files" | "intakes" | "query" | "history";

/** Name of a thread for files. */
export type ThreadName = "placer" | "syncer";

/** Message from the main thread to a worker. */
export type WorkerRequest =
  /** Opens the store, or reports why it cannot be opened. */
  | {
    readonly kind: "open";
    readonly settings: StoreSettings;
    readonly stopAt?: StopAt;
  }
  | { readonly kind: "batch"; readonly batch: Batch }
  /** Makes pending files durable. */
  | { readonly kind: "sync"; readonly lived: Lived }
  | { readonly kind: "close"; readonly lived: Lived }
  /** Asks for the answer to one query. */
  | { readonly kind: "query"; readonly state: string; readonly inbox: string; readonly sql: string }
  /**
   * The first message to the thread that reads the history, and one that names another inbox. `halted`: the number of the
   * query that has to end.
   */
  | {
    readonly kind: "history";
    readonly state: string;
    readonly inbox: string;
    readonly halted: SharedArrayBuffer;
  }
  | { readonly kind: "read"; readonly call: number; readonly name: QueryName; readonly params: unknown }
  /** Port of a thread that the worker asked for. */
  | { readonly kind: "thread"; readonly name: ThreadName; readonly port: MessagePort }
  /** The first message to the thread for large documents; {@linkcode IntakeRequest}s follow. */
  | { readonly kind: "intakes"; readonly stopAt?: StopAt }
  | { readonly kind: "intake"; readonly request: IntakeRequest }
  /** The only message to a thread for files; its jobs come through the port. */
  | { readonly kind: "files"; readonly token: string; readonly port: MessagePort; readonly stopAt?: StopAt };

/** Message from a worker to the main thread. */
export type WorkerReply =
  /** The store is open; `lived` is the reading of the clock that is on disk. */
  | { readonly kind: "opened"; readonly lived: Lived }
  | { readonly kind: "not-opened"; readonly message: string }
  | { readonly kind: "results"; readonly batch: number; readonly results: PackedResults }
  /** `isLeft`: something is left to do. */
  | { readonly kind: "synced"; readonly isLeft: boolean }
  | { readonly kind: "closed" }
  | { readonly kind: "placed"; readonly documents: readonly PlacedDocument[] }
  | { readonly kind: "warning"; readonly code: string; readonly message: string }
  | { readonly kind: "intake"; readonly reply: IntakeReply }
  | { readonly kind: "wanted"; readonly name: ThreadName; readonly token: string }
  | { readonly kind: "answered"; readonly answer: Answer | undefined }
  | { readonly kind: "not-answered"; readonly message: string; readonly exitCode: ExitCode }
  /** The thread that reads the history is ready. */
  | { readonly kind: "reading" }
  | { readonly kind: "read"; readonly call: number; readonly answer: unknown }
  /** `message`: why the history cannot be read; undefined if the query was halted. */
  | {
    readonly kind: "not-read";
    readonly call: number;
    readonly message: string | undefined;
    readonly exitCode?: ExitCode;
  }
  | { readonly kind: "stopped"; readonly step: Step };
