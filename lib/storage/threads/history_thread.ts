import { UserError } from "../../platform/user_error.ts";
import type { QueryAnswer, QueryName, QueryParams } from "../history/queries.ts";
import { HaltedError, READ_MS, tooLong } from "../history/reading.ts";
import { startThread } from "./start_thread.ts";
import type { WorkerReply, WorkerRequest } from "./worker_messages.ts";

/** Most queries that wait. */
const WAITING_MAX = 100;
/** Longest time that one waits, milliseconds. */
const WAITING_MS = 15_000;
/** How long the thread may go on after a query has to end, milliseconds; then another one takes its place. */
const HALT_MS = 1_000;

/** Options of a {@linkcode HistoryThread}. */
export interface HistoryThreadOptions {
  /** State folder of the profile. */
  readonly state: string;
  /** Folder that paths begin with. */
  readonly inbox: string;
}

/** A query whose answer is awaited. */
interface Call {
  readonly number: number;
  readonly name: QueryName;
  readonly params: unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  timer: ReturnType<typeof setTimeout>;
}

/**
 * Reads the history of a profile in a thread of its own, which starts with the first query: a query delays nothing else
 * in the process. One query runs at a time, the others wait in a bounded queue. A peer may be writing to the database,
 * in this process or another; there may be none yet.
 */
export class HistoryThread implements Disposable {
  #options;
  readonly #waiting: Call[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #running: Call | undefined;
  /** Number of the query that has to end. */
  readonly #halted = new Int32Array(new SharedArrayBuffer(4));
  #lastNumber = 0;
  #isClosed = false;

  constructor(options: HistoryThreadOptions) {
    this.#options = options;
  }

  /**
   * Answers a query of the table in `lib/storage/history/queries.ts`.
   *
   * @throws {UserError} if it takes longer than 5 s, too many others wait, or the database cannot be read
   * @throws the signal's reason, at once
   */
  ask<N extends QueryName>(name: N, params: QueryParams<N>, signal?: AbortSignal): Promise<QueryAnswer<N>> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#waiting.length >= WAITING_MAX) return Promise.reject(busy());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const number = this.#lastNumber = this.#lastNumber % 0x7fffffff + 1;
    const timer = setTimeout(() => this.#give(call, busy()), WAITING_MS);
    const call: Call = { number, name, params, resolve, reject, timer };
    const abort = () => this.#give(call, signal!.reason);
    signal?.addEventListener("abort", abort);
    this.#waiting.push(call);
    this.#next();
    return promise.finally(() => signal?.removeEventListener("abort", abort)) as Promise<QueryAnswer<N>>;
  }

  /** Takes another folder that paths begin with, from the next query on. */
  moveTo(inbox: string): void {
    if (inbox === this.#options.inbox) return;
    this.#options = { state: this.#options.state, inbox };
    if (this.#worker) this.#tellPlaces();
  }

  /** Ends the thread; pending queries fail. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#failWaiting(closed());
    this.#fail(closed());
  }

  /** Starts the next query, if none is running. */
  #next(): void {
    if (this.#running || this.#waiting.length === 0) return;
    if (!this.#worker) return this.#start();
    if (!this.#isReady) return;
    const call = this.#running = this.#waiting.shift()!;
    clearTimeout(call.timer);
    call.timer = setTimeout(() => this.#give(call, tooLong()), READ_MS);
    const { number, name, params } = call;
    this.#send({ kind: "read", call: number, name, params });
  }

  #start(): void {
    const worker = this.#worker = startThread("history");
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(`the history cannot be read: ${event.message}`);
      // One that never got ready would not do so the next time either.
      if (!this.#isReady) this.#failWaiting(error);
      this.#fail(error);
      this.#next();
    };
    this.#tellPlaces();
  }

  #tellPlaces(): void {
    const { state, inbox } = this.#options;
    this.#send({ kind: "history", state, inbox, halted: this.#halted.buffer });
  }

  #receive(data: WorkerReply): void {
    if (data.kind === "reading") this.#isReady = true;
    else if (data.kind === "read" || data.kind === "not-read") {
      const call = this.#running;
      if (call?.number !== data.call) return;
      this.#running = undefined;
      settle(call);
      if (data.kind === "read") call.resolve(data.answer);
      else {call.reject(
          data.message === undefined ? new HaltedError() : new UserError(data.message, data.exitCode),
        );}
    }
    this.#next();
  }

  /** Ends a query. One that is running ends within a moment, or else with its thread. */
  #give(call: Call, why: unknown): void {
    settle(call).reject(why);
    const at = this.#waiting.indexOf(call);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (this.#running !== call) return;
    Atomics.store(this.#halted, 0, call.number);
    call.timer = setTimeout(() => {
      this.#fail(tooLong());
      this.#next();
    }, HALT_MS);
  }

  /** Ends the thread, and with it the running query. */
  #fail(error: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#isReady = false;
    if (this.#running) settle(this.#running).reject(error);
    this.#running = undefined;
  }

  #failWaiting(error: Error): void {
    for (const call of this.#waiting.splice(0)) settle(call).reject(error);
  }

  #send(request: WorkerRequest): void {
    this.#worker!.postMessage(request);
  }
}

function settle(call: Call): Call {
  clearTimeout(call.timer);
  return call;
}

function closed(): UserError {
  return new UserError("The history is closed.");
}

function busy(): UserError {
  return new UserError("Too much is read from the history at once: try again in a moment.");
}
