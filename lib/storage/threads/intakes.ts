import type { IntakeFailure, IntakeReply, IntakeRequest } from "./intake_thread.ts";
import type { Coming } from "../engine/large_room.ts";
import type { Clock } from "../../platform/clock.ts";
import type { StoreWorker } from "./store_worker.ts";
import type { IncomingLarge, Intake, NotSaved, ReceiveOutcome } from "../types.ts";
import { release } from "../../platform/memory.ts";
import { pathIn } from "../files/file_access.ts";

/** Most documents with a wrong hash that are remembered. */
const WRONG_MAX = 1_000;
/** A document without progress for this long reserves no room for its rest, milliseconds. */
const PROGRESS_MS = 30_000;
/** Most written pieces whose memory is kept for the next ones, of all documents. */
const SPARE_MAX = 4;

/** Large documents that are being received, as the main thread sees them. */
export class Intakes {
  #send: ((request: IntakeRequest, transfer?: Transferable[]) => void) | undefined;
  #lastKey = 0;
  readonly #byKey = new Map<number, RunningIntake>();
  readonly #byId = new Map<string, RunningIntake>();
  /** Calls of `begin`, one after another for each document. */
  readonly #beginning = new Map<string, Promise<unknown>>();
  /** Documents that arrived once with a wrong hash. */
  readonly #wrong = new Set<string>();
  /** Documents that the thread has not closed yet. */
  readonly #closing = new Map<string, RunningIntake>();
  /** Memory of written pieces, to be used again. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #failure: Error | undefined;
  #idle: (() => void) | undefined;

  /** @param failed called if the store could not record that bytes became durable */
  constructor(
    private readonly worker: StoreWorker,
    private readonly clock: Clock,
    private readonly failed: (error: Error) => void,
  ) {}

  /** See `Storage.intake`. Ends another intake of the same document. */
  begin(item: IncomingLarge): Promise<Intake | ReceiveOutcome> {
    const id = `${item.sender} ${item.id}`;
    const before = this.#beginning.get(id)?.catch(() => {});
    const begun = Promise.resolve(before).then(() => this.#begin(id, item));
    this.#beginning.set(id, begun);
    return begun.finally(() => {
      if (this.#beginning.get(id) === begun) this.#beginning.delete(id);
    });
  }

  async #begin(id: string, item: IncomingLarge): Promise<Intake | ReceiveOutcome> {
    for (let other; (other = this.#byId.get(id) ?? this.#closing.get(id));) {
      other.suspend();
      // This intake resumes after the bytes that the other one makes durable.
      await other.closed;
    }
    const begun = await this.worker.call("beginIntake", [item, this.coming()], item.sender);
    if ("outcome" in begun) return begun.outcome;
    const intake = new RunningIntake(id, item, begun, this, this.worker, this.clock);
    return await intake.open(begun.durable) ?? intake;
  }

  /** Suspends all intakes; resolves once their bytes are on disk. No new one can start. */
  async close(): Promise<void> {
    this.#failure ??= new Error("the store is closed");
    for (const intake of [...this.#byId.values()]) intake.suspend();
    if (this.#byKey.size > 0) await new Promise<void>((resolve) => this.#idle = resolve);
  }

  /** Fails all intakes: the thread has ended. */
  fail(error: Error): void {
    this.#failure = error;
    for (const intake of [...this.#byKey.values()]) {
      intake.lost();
      intake.hasClosed();
    }
    this.#byKey.clear();
    this.#idle?.();
  }

  /**
   * Lists the documents that make progress, in the order in which they started; only those before `before`, if given.
   */
  coming(before?: RunningIntake): Coming[] {
    const coming: Coming[] = [];
    for (const intake of this.#byId.values()) {
      if (intake === before) break;
      const { sender, id, offset, wroteAt } = intake;
      if (this.clock.now() - wroteAt < PROGRESS_MS) coming.push({ sender, id, offset });
    }
    return coming;
  }

  /** Notes that a document's hash is wrong; returns whether it was wrong before. */
  isWrongAgain(id: string): boolean {
    if (this.#wrong.delete(id)) return true;
    this.#wrong.add(id);
    if (this.#wrong.size > WRONG_MAX) this.#wrong.delete(this.#wrong.values().next().value!);
    return false;
  }

  /** Returns a key under which the thread knows a document from now on. */
  open(intake: RunningIntake): number {
    if (this.#failure) throw this.#failure;
    this.#send ??= this.worker.startIntakes(this);
    const key = ++this.#lastKey;
    this.#byKey.set(key, intake);
    this.#byId.delete(intake.document);
    this.#byId.set(intake.document, intake);
    return key;
  }

  /** Returns memory for a piece of this length that was used before, if there is any that is not far larger. */
  memory(length: number): Uint8Array | undefined {
    const memory = this.#spare.pop();
    if (memory && memory.length >= length && memory.length <= 2 * length) return memory.subarray(0, length);
    if (memory) release(memory);
    return undefined;
  }

  /** Keeps the memory of a written piece for the next one, if any document is still coming. */
  keep(memory: Uint8Array<ArrayBuffer>): void {
    if (this.#byId.size > 0 && this.#spare.length < SPARE_MAX) this.#spare.push(memory);
    else release(memory);
  }

  /** Sends a request to the thread. */
  send(request: IntakeRequest, transfer?: Transferable[]): void {
    this.#send!(request, transfer);
  }

  /** Notes that the intake sends no more requests. */
  ended(intake: RunningIntake): void {
    const { document } = intake;
    if (this.#byId.get(document) === intake) this.#byId.delete(document);
    if (this.#byId.size === 0) { for (const memory of this.#spare.splice(0)) release(memory); }
    this.#closing.set(document, intake);
    void intake.closed.then(() => {
      if (this.#closing.get(document) === intake) this.#closing.delete(document);
    });
  }

  /** Processes a reply of the thread. */
  receive(reply: IntakeReply): void {
    const intake = this.#byKey.get(reply.key);
    switch (reply.kind) {
      case "durable":
        intake?.durable(reply.offset).catch((error) => this.failed(error));
        break;
      case "closed":
        intake?.hasClosed();
        this.#byKey.delete(reply.key);
        if (this.#byKey.size === 0) this.#idle?.();
        break;
      default:
        intake?.receive(reply);
    }
  }
}

const LOST: IntakeFailure = { code: "busy", why: "It cannot be saved: the store has failed." };
const ENDED: IntakeFailure = { code: "busy", why: "It comes in another session." };

class RunningIntake implements Intake {
  offset = 0;
  /** Time of the last write, or of resuming, by the monotonic clock; -Infinity if there was neither. */
  wroteAt = -Infinity;
  #key = 0;
  #isOpen = false;
  /** Bytes known to be on disk. */
  #durable = 0;
  /** Resolvers of the requests that the thread has not answered, in order. */
  readonly #waiting: ((failure: IntakeFailure | undefined) => void)[] = [];
  /** Reason why no more can be taken now. */
  #refusal: NotSaved | undefined;
  #closed = Promise.withResolvers<void>();

  constructor(
    /** Sender and id. */
    readonly document: string,
    private readonly item: IncomingLarge,
    private readonly place: { readonly folder: string; readonly file: string },
    private readonly intakes: Intakes,
    private readonly worker: StoreWorker,
    private readonly clock: Clock,
  ) {}

  get sender(): string {
    return this.item.sender;
  }

  get id(): string {
    return this.item.id;
  }

  /** Resolves when the thread is done with the document. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  hasClosed(): void {
    this.#closed.resolve();
  }

  /** Opens the file at the first byte that is not on disk. */
  async open(durable: number): Promise<NotSaved | undefined> {
    const { size, sha256 } = this.item;
    this.#key = this.intakes.open(this);
    this.#isOpen = true;
    this.#durable = durable;
    if (durable > 0) this.wroteAt = this.clock.now();
    this.#closed = Promise.withResolvers<void>();
    return await this.#judge(
      await this.#ask({ kind: "open", ...this.place, size, sha256, durable, key: this.#key }),
    );
  }

  async write(piece: Uint8Array): Promise<NotSaved | undefined> {
    if (this.#refusal) {
      this.suspend();
      return this.#refusal;
    }
    const owned = piece as Uint8Array<ArrayBuffer>;
    const failure = await this.#ask({ kind: "write", key: this.#key, piece: owned }, [owned.buffer]);
    if (failure) return await this.#judge(failure);
    const isFirst = this.wroteAt === -Infinity;
    this.wroteAt = this.clock.now();
    if (!isFirst) return undefined;
    // Announcing a document reserves nothing. So two that do not both fit are told apart only here, at the first write.
    await this.durable(this.#durable);
    if (this.#refusal) this.suspend();
    return this.#refusal;
  }

  memory(length: number): Uint8Array | undefined {
    return this.intakes.memory(length);
  }

  async finish(): Promise<ReceiveOutcome> {
    const failure = await this.#ask({ kind: "finish", key: this.#key });
    this.#end();
    const judged = await this.#judge(failure);
    if (judged) return judged;
    const item = { ...this.item, file: this.place.file };
    return await this.worker.call("receive", [item], item.sender);
  }

  suspend(): void {
    if (!this.#isOpen) return;
    this.intakes.send({ kind: "suspend", key: this.#key });
    this.lost(ENDED);
  }

  /** Notes that this many bytes are on disk. */
  async durable(offset: number): Promise<void> {
    this.#durable = offset;
    const { sender, id } = this.item;
    const { folder, file } = this.place;
    const part = { sender, id, file, durable: offset, written: this.offset };
    const verdict = await this.worker.call("touchPartial", [part, this.intakes.coming(this)], sender);
    if (verdict === "gone") {
      this.#refusal ??= { saved: false, code: "busy", why: "It has to be sent again." };
      // Not waited for: it is closed once the caller knows of this.
      void this.#closed.promise.then(() => Deno.remove(pathIn(folder, file))).catch(() => {});
    } else this.#refusal ??= verdict;
  }

  /** Processes a reply of the thread. */
  receive(reply: IntakeReply & { kind: "at" | "finished" | "failed" }): void {
    if (reply.kind === "at") this.offset = reply.offset;
    if (reply.kind === "at" && reply.memory) this.intakes.keep(reply.memory);
    this.#waiting.shift()?.(reply.kind === "failed" ? reply.failure : undefined);
  }

  /** Fails all open requests: the thread answers no more. */
  lost(failure = LOST): void {
    this.#end();
    for (const resolve of this.#waiting.splice(0)) resolve(failure);
  }

  #end(): void {
    this.#isOpen = false;
    this.intakes.ended(this);
  }

  #ask(request: IntakeRequest, transfer?: Transferable[]): Promise<IntakeFailure | undefined> {
    if (!this.#isOpen) return Promise.resolve(ENDED);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.intakes.send(request, transfer);
    });
  }

  /** Removes what arrived of the document. */
  async #drop(): Promise<void> {
    const { sender, id } = this.item;
    await this.worker.call("dropPartial", [sender, id, this.place.file], sender);
  }

  /** Reports the full disk to the store, which discards this document or others. */
  async #isFull(ahead: readonly Coming[]): Promise<void> {
    await this.#closed.promise;
    const { sender, id } = this.item;
    await this.worker.call("diskFull", [{ sender, id }, ahead], sender);
  }

  async #judge(failure: IntakeFailure | undefined): Promise<NotSaved | undefined> {
    if (!failure) return undefined;
    const { code, why, isFull, isGone } = failure;
    if (code === "busy") {
      const ahead = this.intakes.coming(this);
      this.suspend();
      if (isFull) await this.#isFull(ahead);
      if (isGone) {
        await this.durable(0);
        if (this.#refusal) return this.#refusal;
      }
      return { saved: false, code, why };
    }
    if (this.#isOpen) this.suspend();
    await this.#drop();
    if (code !== "hash") return { saved: false, code, why };
    return { saved: false, code: this.intakes.isWrongAgain(this.document) ? "corrupt" : "busy", why };
  }
}
