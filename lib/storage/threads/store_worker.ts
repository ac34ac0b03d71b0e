import type { Clock } from "../../platform/clock.ts";
import type { StopAt, StorageTesting } from "../testing.ts";
import type { PlacedDocument, WarnOwner } from "../types.ts";
import { FairQueue } from "./fair_queue.ts";
import type { CallStore, Operation } from "../engine/operations.ts";
import { UserError } from "../../platform/user_error.ts";
import type { StoreSettings } from "../engine/engine.ts";
import { memoryOf, type PackedResults, packOperations, unpackResults } from "../engine/packed_batch.ts";
import { LivedTime } from "../tables/lived_time.ts";
import type { IntakeReply, IntakeRequest } from "./intake_thread.ts";
import { startThread } from "./start_thread.ts";
import type { ThreadName, ThreadPart, WorkerReply, WorkerRequest } from "./worker_messages.ts";

/**
 * Most batches at the worker: one in its transaction, one whose files are being made, one waiting. The last one has to
 * be full: what comes slowly would only get more commits.
 */
const BATCHES_MAX = 3;
/** Most operations in one transaction. */
const BATCH_OPERATIONS = 256;
/** Most bytes of bodies in one transaction. */
const BATCH_BYTES = 1024 * 1024;
/** Most that waits for the worker for one peer, and in all, bytes. */
const WAITING_PER_PEER = 8 * 1024 * 1024;
const WAITING_MAX = 64 * 1024 * 1024;
/** Rough size of an operation besides its body, bytes. */
const OPERATION_BYTES = 512;

const CLOSED = new Error("the store is closed");

/** Options of a {@linkcode StoreWorker}. */
export interface StoreWorkerOptions {
  readonly settings: StoreSettings;
  readonly testing?: StorageTesting;
  readonly clock: Clock;
  readonly warning: WarnOwner;
  readonly placed?: (document: PlacedDocument) => void;
}

/** Owner of the thread for large documents. */
interface IntakesOwner {
  receive(reply: IntakeReply): void;
  /** Fails all intakes: the threads have ended. */
  fail(error: Error): void;
}

/** An operation with a pending result. */
interface Call {
  readonly operation: Operation;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The worker as the main thread sees it: gathers operations into batches, and starts further threads when they are
 * needed.
 */
export class StoreWorker {
  readonly #stopAt: StopAt | undefined;
  readonly #workers: Worker[] = [];
  readonly #queue = new FairQueue<Call>(WAITING_PER_PEER, WAITING_MAX);
  /** Batches at the worker, each with its unanswered calls by their index. */
  readonly #batches = new Map<number, Map<number, Call>>();
  #lastBatch = 0;
  #lived: LivedTime | undefined;
  #isPostDue = false;
  /** Number of the last batch before the last sync that left nothing to do; -1 if there was none. */
  #syncedUpto = -1;
  readonly #opening = Promise.withResolvers<LivedTime>();
  readonly #syncing: (PromiseWithResolvers<void> & { readonly upto: number })[] = [];
  /** Resolves once the last batch is done while the store closes. */
  readonly #idle = Promise.withResolvers<void>();
  readonly #closing = Promise.withResolvers<void>();
  #closed: Promise<void> | undefined;
  #failure: Error | undefined;
  #intakes: IntakesOwner | undefined;

  constructor(private readonly options: StoreWorkerOptions) {
    const { settings, testing } = options;
    this.#stopAt = testing && { step: testing.stopAt, passes: testing.passes ?? 0 };
    this.#start("store", { kind: "open", settings, stopAt: this.#stopAt });
  }

  /**
   * Resolves when the store is open, with the time that it has lived through.
   *
   * @throws {UserError} if it cannot be used
   */
  get opened(): Promise<LivedTime> {
    return this.#opening.promise;
  }

  /** Tells whether the queue has room for an operation with a body of this size. */
  hasRoom(peer: string, bodyBytes: number): boolean {
    return this.#queue.hasRoom(peer, OPERATION_BYTES + bodyBytes);
  }

  /** See {@linkcode CallStore}. */
  readonly call: CallStore = (name, args, peer = "", bodyBytes = 0) =>
    new Promise((resolve, reject) => {
      if (this.#failure ?? this.#closed) return reject(this.#failure ?? CLOSED);
      const call = { operation: { name, args } as Operation, resolve: resolve as Call["resolve"], reject };
      this.#queue.push(peer, call, OPERATION_BYTES + bodyBytes);
      if (this.#isPostDue) return;
      // Calls of the same tick share the batch.
      this.#isPostDue = true;
      queueMicrotask(() => this.#post());
    });

  /** Starts the thread for large documents; returns the function that sends to it. */
  startIntakes(owner: IntakesOwner): (request: IntakeRequest, transfer?: Transferable[]) => void {
    this.#intakes = owner;
    const worker = this.#start("intakes", { kind: "intakes", stopAt: this.#stopAt });
    return (request, transfer = []) => {
      if (!this.#failure) worker.postMessage({ kind: "intake", request } satisfies WorkerRequest, transfer);
    };
  }

  /** True if nothing was left to do by the last sync, and nothing was called since. */
  get isSynced(): boolean {
    return this.#syncedUpto === this.#lastBatch;
  }

  /** Makes pending files durable. */
  sync(): Promise<void> {
    if (this.#failure ?? this.#closed) return Promise.reject(this.#failure ?? CLOSED);
    // The results of a batch that is at the worker may come after the sync.
    const upto = this.#batches.size > 0 ? -1 : this.#lastBatch;
    const syncing = { ...Promise.withResolvers<void>(), upto };
    this.#syncing.push(syncing);
    this.#send({ kind: "sync", lived: this.#lived!.read() });
    return syncing.promise;
  }

  /** Finishes all calls, closes the database and ends the threads. Nothing can be called afterwards. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = this.#close();
      this.#post();
    }
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (!this.#failure) await this.#idle.promise;
    if (!this.#failure) this.#send({ kind: "close", lived: this.#lived!.read() });
    if (!this.#failure) await this.#closing.promise;
    this.#fail(CLOSED);
  }

  #post(): void {
    this.#isPostDue = false;
    while (this.#hasBatch) {
      const calls = this.#queue.take(BATCH_OPERATIONS, BATCH_BYTES);
      const number = ++this.#lastBatch;
      this.#batches.set(number, new Map(calls.entries()));
      const operations = packOperations(calls.map(({ operation }) => operation));
      const at = this.options.clock.wall();
      const batch = { number, at, lived: this.#lived!.read(), operations };
      this.#send({ kind: "batch", batch }, memoryOf(operations));
    }
    if (this.#closed && this.#batches.size === 0) this.#idle.resolve();
  }

  get #hasBatch(): boolean {
    const isFew = this.#queue.size < BATCH_OPERATIONS;
    return !this.#queue.isEmpty && this.#batches.size < (isFew ? BATCHES_MAX - 1 : BATCHES_MAX);
  }

  #finish(number: number, results: PackedResults): void {
    const calls = this.#batches.get(number)!;
    for (const [i, result] of unpackResults(results)) {
      const { resolve, reject } = calls.get(i)!;
      calls.delete(i);
      if ("value" in result) resolve(result.value);
      else reject(result.environment ? new UserError(result.error) : new Error(result.error));
    }
    if (calls.size > 0) return;
    this.#batches.delete(number);
    this.#post();
  }

  #receive(reply: WorkerReply): void {
    switch (reply.kind) {
      case "opened":
        this.#lived = new LivedTime(this.options.clock, reply.lived);
        this.#opening.resolve(this.#lived);
        break;
      case "not-opened":
        this.#fail(new UserError(reply.message));
        break;
      case "results":
        this.#finish(reply.batch, reply.results);
        break;
      case "synced": {
        const { upto, resolve } = this.#syncing.shift()!;
        this.#syncedUpto = reply.isLeft ? -1 : upto;
        resolve();
        break;
      }
      case "closed":
        this.#closing.resolve();
        break;
      case "warning":
        this.options.warning(reply.code, reply.message);
        break;
      case "intake":
        this.#intakes?.receive(reply.reply);
        break;
      case "placed":
        for (const document of reply.documents) this.options.placed?.(document);
        break;
      case "wanted":
        this.#startFiles(reply.name, reply.token);
        break;
      case "stopped":
        this.options.testing?.stopped(reply.step);
        break;
    }
  }

  #send(request: WorkerRequest, transfer: Transferable[] = []): void {
    this.#workers[0]!.postMessage(request, transfer);
  }

  #startFiles(name: ThreadName, token: string): void {
    const { port1, port2 } = new MessageChannel();
    this.#start("files", { kind: "files", token, port: port1, stopAt: this.#stopAt }, [port1]);
    this.#send({ kind: "thread", name, port: port2 }, [port2]);
  }

  #start(part: ThreadPart, first: WorkerRequest, transfer: Transferable[] = []): Worker {
    const worker = startThread(part);
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.options.warning(
        "storage-failed",
        `The store has failed (${event.message}): start Earshot again.`,
      );
      this.#fail(new Error(`the storage worker has failed: ${event.message}`));
    };
    worker.postMessage(first, transfer);
    this.#workers.push(worker);
    return worker;
  }

  /** Ends the threads and fails all calls. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const worker of this.#workers.splice(0)) worker.terminate();
    const calls = [...this.#batches.values()].flatMap((batch) => [...batch.values()]);
    while (!this.#queue.isEmpty) calls.push(...this.#queue.take(Infinity, Infinity));
    this.#batches.clear();
    for (const { reject } of [...calls, ...this.#syncing, this.#opening]) reject(error);
    this.#idle.resolve();
    this.#closing.resolve();
    this.#intakes?.fail(this.#failure);
  }
}
