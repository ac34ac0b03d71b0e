import type { IntakeFailure, IntakeReply, IntakeRequest } from "./intake_thread.ts";
import type { Coming } from "../engine/large_room.ts";
import type { Clock } from "../../platform/clock.ts";
import type { StoreWorker } from "./store_worker.ts";
import type { IncomingLarge, Intake, NotSaved, ReceiveOutcome } from "../types.ts";
import { pathIn } from "../files/file_access.ts";

/** Documents with a wrong hash that are remembered. */
const WRONG_MAX = 1_000;
/** A document without progress for so long keeps no room for its rest, milliseconds. */
const PROGRESS_MS = 30_000;

/** Documents in parts on their way to the disk, as the main thread sees them. */
export class Intakes {
  #send: ((request: IntakeRequest, transfer?: Transferable[]) => void) | undefined;
  #lastKey = 0;
  readonly #byKey = new Map<number, RunningIntake>();
  readonly #byId = new Map<string, RunningIntake>();
  /** One after another for each document. */
  readonly #beginning = new Map<string, Promise<unknown>>();
  /** Documents that came once with a wrong hash. */
  readonly #wrong = new Set<string>();
  /** What the thread has not closed yet. */
  readonly #closing = new Map<string, RunningIntake>();
  #failure: Error | undefined;
  #idle: (() => void) | undefined;

  /** @param failed told if bytes became durable and the store could not take that down */
  constructor(
    private readonly worker: StoreWorker,
    private readonly clock: Clock,
    private readonly failed: (error: Error) => void,
  ) {}

  /** See `Storage.intake`. A document that is being taken already is taken from here on. */
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
      // What it makes durable last is where this one goes on.
      await other.closed;
    }
    const begun = await this.worker.call("beginIntake", [item, this.coming()], item.sender);
    if ("outcome" in begun) return begun.outcome;
    const intake = new RunningIntake(id, item, begun, this, this.worker, this.clock);
    return await intake.open(begun.durable) ?? intake;
  }

  /** Keeps what there is; resolves once it is on disk. Nothing is taken any more. */
  async close(): Promise<void> {
    this.#failure ??= new Error("the store is closed");
    for (const intake of [...this.#byId.values()]) intake.suspend();
    if (this.#byKey.size > 0) await new Promise<void>((resolve) => this.#idle = resolve);
  }

  /** The thread is gone: whoever waits for it hears so. */
  fail(error: Error): void {
    this.#failure = error;
    for (const intake of [...this.#byKey.values()]) {
      intake.lost();
      intake.hasClosed();
    }
    this.#byKey.clear();
    this.#idle?.();
  }

  /** Documents that are getting on, the one first that began first; those before this one, if one is given. */
  coming(before?: RunningIntake): Coming[] {
    const coming: Coming[] = [];
    for (const intake of this.#byId.values()) {
      if (intake === before) break;
      const { sender, id, offset, wroteAt } = intake;
      if (this.clock.now() - wroteAt < PROGRESS_MS) coming.push({ sender, id, offset });
    }
    return coming;
  }

  /** The hash of a document is wrong: whether it was before. */
  isWrongAgain(id: string): boolean {
    if (this.#wrong.delete(id)) return true;
    this.#wrong.add(id);
    if (this.#wrong.size > WRONG_MAX) this.#wrong.delete(this.#wrong.values().next().value!);
    return false;
  }

  /** Gives a key, under which the thread knows a document from now on. */
  open(intake: RunningIntake): number {
    if (this.#failure) throw this.#failure;
    this.#send ??= this.worker.startIntakes(this);
    const key = ++this.#lastKey;
    this.#byKey.set(key, intake);
    this.#byId.delete(intake.document);
    this.#byId.set(intake.document, intake);
    return key;
  }

  /** Asks the thread for something. */
  send(request: IntakeRequest, transfer?: Transferable[]): void {
    this.#send!(request, transfer);
  }

  /** Nothing more is asked of the thread. */
  ended(intake: RunningIntake): void {
    const { document } = intake;
    if (this.#byId.get(document) === intake) this.#byId.delete(document);
    this.#closing.set(document, intake);
    void intake.closed.then(() => {
      if (this.#closing.get(document) === intake) this.#closing.delete(document);
    });
  }

  /** An answer of the thread. */
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
  /** When a piece of it was last written, or it was taken up behind others, of the clock; never yet: long ago. */
  wroteAt = -Infinity;
  #key = 0;
  #isOpen = false;
  /** Bytes that are known to be on disk. */
  #durable = 0;
  /** Who waits for the answers of the thread, in order. */
  readonly #waiting: ((failure: IntakeFailure | undefined) => void)[] = [];
  /** Why no more of it can be taken now. */
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

  /** Resolves when the thread has nothing more to do with it. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  hasClosed(): void {
    this.#closed.resolve();
  }

  /** Opens the file behind the bytes that are on disk. */
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
    const failure = await this.#ask({ kind: "write", key: this.#key, piece }, [piece.buffer as ArrayBuffer]);
    if (failure) return await this.#judge(failure);
    const isFirst = this.wroteAt === -Infinity;
    this.wroteAt = this.clock.now();
    if (!isFirst) return undefined;
    // What only was announced took no room, so this is where two that do not fit meet.
    await this.durable(this.#durable);
    if (this.#refusal) this.suspend();
    return this.#refusal;
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

  /** So many bytes are on disk. */
  async durable(offset: number): Promise<void> {
    this.#durable = offset;
    const { sender, id } = this.item;
    const { folder, file } = this.place;
    const part = { sender, id, file, durable: offset, written: this.offset };
    const verdict = await this.worker.call("touchPartial", [part, this.intakes.coming(this)], sender);
    if (verdict === "gone") {
      this.#refusal ??= { saved: false, code: "busy", why: "It has to come once more." };
      await this.#closed.promise;
      await Deno.remove(pathIn(folder, file)).catch(() => {});
    } else this.#refusal ??= verdict;
  }

  /** An answer of the thread. */
  receive(reply: IntakeReply & { kind: "at" | "finished" | "failed" }): void {
    if (reply.kind === "at") this.offset = reply.offset;
    this.#waiting.shift()?.(reply.kind === "failed" ? reply.failure : undefined);
  }

  /** The thread answers no more. */
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

  /** Forgets what there is of it. */
  async #drop(): Promise<void> {
    const { sender, id } = this.item;
    await this.worker.call("dropPartial", [sender, id, this.place.file], sender);
  }

  /** It cannot go on, or none of those behind it can. */
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
