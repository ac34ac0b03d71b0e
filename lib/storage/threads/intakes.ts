import type { IntakeFailure, IntakeReply, IntakeRequest } from "./intake_thread.ts";
import type { Coming } from "../engine/large_room.ts";
import type { CallStore } from "../engine/operations.ts";
import type { IncomingLarge, Intake, NotSaved, ReceiveOutcome } from "../types.ts";
import { pathIn } from "../files/file_access.ts";

/** What the intakes need from around them. */
export interface IntakesOptions {
  /** Has the store do something. */
  readonly call: CallStore;
  /** Starts the thread; the way to it. Called when the first document in parts comes. */
  readonly start: (
    reply: (reply: IntakeReply) => void,
  ) => (request: IntakeRequest, transfer?: Transferable[]) => void;
  /** Milliseconds from an arbitrary origin. */
  readonly now: () => number;
  /** Noted when bytes became durable and the store could not take that down. */
  readonly failed: (error: Error) => void;
}

/** Documents with a wrong hash that are remembered. */
const WRONG_MAX = 1_000;
/** A document without progress for so long keeps no room for its rest, milliseconds. */
const PROGRESS_MS = 30_000;

/** Documents in parts on their way to the disk, as the main thread sees them. */
export class Intakes {
  readonly #options;
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

  constructor(options: IntakesOptions) {
    this.#options = options;
  }

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
    const begun = await this.#options.call("beginIntake", [item, this.#coming()], item.sender);
    if ("outcome" in begun) return begun.outcome;
    const intake = new RunningIntake(item, begun, {
      open: (running) => this.#open(id, running),
      ended: (running) => {
        if (this.#byId.get(id) === running) this.#byId.delete(id);
        this.#closing.set(id, running);
        void running.closed.then(() => {
          if (this.#closing.get(id) === running) this.#closing.delete(id);
        });
      },
      send: (request, transfer) => this.#send!(request, transfer),
      call: this.#options.call,
      now: this.#options.now,
      ahead: (running) => this.#coming(running),
      isWrongAgain: () => this.#isWrongAgain(id),
    });
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
  #coming(before?: RunningIntake): Coming[] {
    const coming: Coming[] = [];
    for (const intake of this.#byId.values()) {
      if (intake === before) break;
      const { sender, id, offset, wroteAt } = intake;
      if (this.#options.now() - wroteAt < PROGRESS_MS) coming.push({ sender, id, offset });
    }
    return coming;
  }

  #isWrongAgain(id: string): boolean {
    if (this.#wrong.delete(id)) return true;
    this.#wrong.add(id);
    if (this.#wrong.size > WRONG_MAX) this.#wrong.delete(this.#wrong.values().next().value!);
    return false;
  }

  #open(id: string, intake: RunningIntake): number {
    if (this.#failure) throw this.#failure;
    this.#send ??= this.#options.start((reply) => this.#receive(reply));
    const key = ++this.#lastKey;
    this.#byKey.set(key, intake);
    this.#byId.delete(id);
    this.#byId.set(id, intake);
    return key;
  }

  #receive(reply: IntakeReply): void {
    const intake = this.#byKey.get(reply.key);
    switch (reply.kind) {
      case "durable":
        intake?.durable(reply.offset).catch((error) => this.#options.failed(error));
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

interface Surroundings {
  /** Gives a key, under which the thread knows the document from now on. */
  open(intake: RunningIntake): number;
  /** Nothing more is asked of the thread. */
  ended(intake: RunningIntake): void;
  send(request: IntakeRequest, transfer?: Transferable[]): void;
  readonly call: CallStore;
  now(): number;
  /** Documents that are getting on and began before it. */
  ahead(intake: RunningIntake): Coming[];
  /** Its hash is wrong: whether it was before. */
  isWrongAgain(): boolean;
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
    private readonly item: IncomingLarge,
    private readonly place: { readonly folder: string; readonly file: string },
    private readonly around: Surroundings,
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
    this.#key = this.around.open(this);
    this.#isOpen = true;
    this.#durable = durable;
    if (durable > 0) this.wroteAt = this.around.now();
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
    this.wroteAt = this.around.now();
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
    return await this.around.call("receive", [item], item.sender);
  }

  suspend(): void {
    if (!this.#isOpen) return;
    this.around.send({ kind: "suspend", key: this.#key });
    this.lost(ENDED);
  }

  /** So many bytes are on disk. */
  async durable(offset: number): Promise<void> {
    this.#durable = offset;
    const { sender, id } = this.item;
    const { folder, file } = this.place;
    const part = { sender, id, file, durable: offset, written: this.offset };
    const verdict = await this.around.call("touchPartial", [part, this.around.ahead(this)], sender);
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
    this.around.ended(this);
  }

  #ask(request: IntakeRequest, transfer?: Transferable[]): Promise<IntakeFailure | undefined> {
    if (!this.#isOpen) return Promise.resolve(ENDED);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.around.send(request, transfer);
    });
  }

  /** Forgets what there is of it. */
  async #drop(): Promise<void> {
    const { sender, id } = this.item;
    await this.around.call("dropPartial", [sender, id, this.place.file], sender);
  }

  /** It cannot go on, or none of those behind it can. */
  async #isFull(ahead: readonly Coming[]): Promise<void> {
    await this.#closed.promise;
    const { sender, id } = this.item;
    await this.around.call("diskFull", [{ sender, id }, ahead], sender);
  }

  async #judge(failure: IntakeFailure | undefined): Promise<NotSaved | undefined> {
    if (!failure) return undefined;
    const { code, why, isFull, isGone } = failure;
    if (code === "busy") {
      const ahead = this.around.ahead(this);
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
    return { saved: false, code: this.around.isWrongAgain() ? "corrupt" : "busy", why };
  }
}
