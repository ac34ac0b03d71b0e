import type { ExitCode } from "../platform/user_error.ts";
import type { Batch, Results } from "./engine.ts";
import type { Answer } from "./query.ts";
import type { Keeping, Step } from "./types.ts";

/** Which thread for files. */
export type ThreadName = "placer" | "syncer";

/** From the main thread to a worker. */
export type Request =
  /** Opens the store, or says why it cannot be. */
  | {
    readonly kind: "open";
    readonly state: string;
    readonly inbox: string;
    readonly quota: number;
    readonly keep: Keeping;
    readonly stopAt?: Step;
  }
  | { readonly kind: "batch"; readonly batch: Batch }
  /** Makes pending files durable. @param at the time now, milliseconds since 1970 */
  | { readonly kind: "sync"; readonly at: number }
  | { readonly kind: "close" }
  /** Has the worker answer one query, and nothing else. */
  | { readonly kind: "query"; readonly state: string; readonly inbox: string; readonly sql: string }
  /** The way to a thread that was wanted. */
  | { readonly kind: "thread"; readonly name: ThreadName; readonly port: MessagePort }
  /** Makes the worker such a thread. */
  | { readonly kind: "files"; readonly token: string; readonly port: MessagePort; readonly stopAt?: Step };

/** From a worker to the main thread. */
export type Reply =
  | { readonly kind: "opened" }
  | { readonly kind: "not-opened"; readonly message: string }
  | { readonly kind: "results"; readonly batch: number; readonly results: Results }
  | { readonly kind: "synced" }
  | { readonly kind: "closed" }
  | { readonly kind: "warning"; readonly code: string; readonly message: string }
  | { readonly kind: "wanted"; readonly name: ThreadName; readonly token: string }
  | { readonly kind: "answered"; readonly answer: Answer | undefined }
  | { readonly kind: "not-answered"; readonly message: string; readonly exitCode: ExitCode }
  | { readonly kind: "stopped"; readonly step: Step };
