import type { ExitCode } from "../../platform/user_error.ts";
import type { Batch, StoreSettings } from "../engine/engine.ts";
import type { PackedResults } from "../engine/packed_batch.ts";
import type { IntakeReply, IntakeRequest } from "./intake_thread.ts";
import type { Lived } from "../tables/lived_time.ts";
import type { Answer } from "../history/query.ts";
import type { Step, StopAt } from "../testing.ts";
import type { PlacedDocument } from "../types.ts";

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
  /** Makes the worker answer one query. */
  | { readonly kind: "query"; readonly state: string; readonly inbox: string; readonly sql: string }
  /** Port of a thread that the worker asked for. */
  | { readonly kind: "thread"; readonly name: ThreadName; readonly port: MessagePort }
  /** Makes the worker the thread for large documents; from then on it takes {@linkcode IntakeRequest}s. */
  | { readonly kind: "intakes"; readonly stopAt?: StopAt }
  | { readonly kind: "intake"; readonly request: IntakeRequest }
  /** Makes the worker a thread for files. */
  | { readonly kind: "files"; readonly token: string; readonly port: MessagePort; readonly stopAt?: StopAt };

/** Message from a worker to the main thread. */
export type WorkerReply =
  /** The store is open; `lived` is the reading of the clock that is on disk. */
  | { readonly kind: "opened"; readonly lived: Lived }
  | { readonly kind: "not-opened"; readonly message: string }
  | { readonly kind: "results"; readonly batch: number; readonly results: PackedResults }
  | { readonly kind: "synced" }
  | { readonly kind: "closed" }
  | { readonly kind: "placed"; readonly documents: readonly PlacedDocument[] }
  | { readonly kind: "warning"; readonly code: string; readonly message: string }
  | { readonly kind: "intake"; readonly reply: IntakeReply }
  | { readonly kind: "wanted"; readonly name: ThreadName; readonly token: string }
  | { readonly kind: "answered"; readonly answer: Answer | undefined }
  | { readonly kind: "not-answered"; readonly message: string; readonly exitCode: ExitCode }
  | { readonly kind: "stopped"; readonly step: Step };
