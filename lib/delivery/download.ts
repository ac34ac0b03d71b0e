import { createHash } from "node:crypto";
import type { Clock } from "../platform/clock.ts";
import type { DocumentMessage, Message } from "../protocol/message.ts";
import type { Intake, ReceiveOutcome } from "../storage/types.ts";

/** Bytes by which a sender may be ahead of the disk: the most of one document in memory. */
export const CREDIT = 2 * 1024 * 1024;
/** The same below this rate, bytes and bytes a millisecond: a chat waits behind what is on its way. */
const CREDIT_SLOW = 512 * 1024;
const FAST = 64 * 1024;
/**
 * Most bytes in memory of large documents (besides 2 MiB that are used again), and as many of small ones; and the least
 * credit of one.
 */
const CREDIT_IN_ALL = 64 * 1024 * 1024;
const CREDIT_MIN = 16 * 1024;
/** A transfer without progress for this long does not justify a session, milliseconds. */
const STALLED_MS = 30_000;

/** Destination of a document's bytes. */
export interface PartsIntake extends Omit<Intake, "finish"> {
  /** Ends the complete document. `again`: the hash is wrong, so the whole document has to be sent again. */
  finish(): Promise<ReceiveOutcome | "again">;
}

/** Outcome for a document for which there is no room beside others. */
export const TOO_MANY: ReceiveOutcome = { saved: false, code: "busy", why: "too many documents are coming" };

/** The memory shared by documents in parts from all senders. */
export class DownloadBudget {
  #running = 0;
  /** Bytes of small documents, and these, in the order in which they started. */
  #reserved = 0;
  readonly #holders = new Set<Pick<Download, "isStalled" | "cancel">>();

  /** Bytes by which each of them may be ahead of the disk. */
  get credit(): number {
    return Math.max(CREDIT_MIN, Math.min(CREDIT, Math.floor(CREDIT_IN_ALL / Math.max(1, this.#running))));
  }

  /** Counts one that starts. */
  enter(): void {
    this.#running++;
  }

  /** Counts one that ended. */
  leave(): void {
    this.#running--;
  }

  /**
   * Takes memory for a small document, of 64 MiB; if there is not so much left, those that stand still give way.
   *
   * @returns the function that gives it back; undefined if there is no room
   */
  reserve(bytes: number, holder: Pick<Download, "isStalled" | "cancel">): (() => void) | undefined {
    for (const other of this.#holders) {
      if (this.#reserved + bytes <= CREDIT_IN_ALL) break;
      if (other.isStalled) other.cancel(TOO_MANY);
    }
    if (this.#reserved + bytes > CREDIT_IN_ALL) return undefined;
    this.#reserved += bytes;
    this.#holders.add(holder);
    return () => {
      if (this.#holders.delete(holder)) this.#reserved -= bytes;
    };
  }
}

/** A document that arrives in parts in one session (PROTOCOL.md 3.13). */
export class Download {
  readonly #size;
  readonly #open;
  readonly #want;
  readonly #ended = Promise.withResolvers<ReceiveOutcome | undefined>();
  #intake: PartsIntake | undefined;
  #opening: Promise<unknown> = Promise.resolve();
  #state: "waiting" | "running" | "finishing" | "ended" = "waiting";
  /** Number of bytes received, and requested. */
  #received = 0;
  #until = 0;
  #chunk: Uint8Array | undefined;
  #filled = 0;
  #writing = 0;
  /** True if the last bytes were written at a high rate; how many had been, and when. */
  #isFast = false;
  #measured = 0;
  #measuredAt = 0;
  #isCancelled = false;
  #progressAt: number;

  /**
   * @param open opens the destination of the bytes, or returns the outcome at once
   * @param want requests bytes from the sender
   */
  constructor(
    size: number,
    open: () => Promise<PartsIntake | ReceiveOutcome>,
    want: (offset: number, until: number) => void,
    private readonly budget: DownloadBudget,
    private readonly clock: Clock,
  ) {
    this.#progressAt = clock.now();
    this.#size = size;
    this.#open = open;
    this.#want = want;
  }

  /** Resolves with the outcome; with undefined if it was cancelled. Never rejects. */
  get ended(): Promise<ReceiveOutcome | undefined> {
    return this.#ended.promise;
  }

  /** Resolves once the opening of its destination has ended, which may be after it was cancelled. */
  get opened(): Promise<unknown> {
    return this.#opening;
  }

  /** True before its start. */
  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  /** True if its sender has made no progress for 30 s: it does not justify a session. */
  get isStalled(): boolean {
    return this.#state === "running" && this.clock.now() - this.#progressAt >= STALLED_MS;
  }

  /** Starts the transfer. */
  async start(): Promise<void> {
    this.#state = "running";
    this.#progressAt = this.clock.now();
    this.budget.enter();
    try {
      const opening = this.#open();
      this.#opening = opening.catch(() => {});
      const opened = await opening;
      if ("saved" in opened) return this.#end(opened);
      if (this.#state !== "running") return opened.suspend();
      this.#intake = opened;
      this.#received = this.#until = this.#measured = opened.offset;
      this.#measuredAt = this.clock.now();
      if (this.#received === this.#size) await this.#finish();
      else this.#grant();
    } catch {
      this.#fail();
    }
  }

  /** Takes a part. A part that was not requested has no effect. */
  part({ offset, body }: Message & { type: "part" }): void {
    if (this.#state !== "running" || offset !== this.#received || offset + body.length > this.#until) return;
    this.#received += body.length;
    this.#progressAt = this.clock.now();
    for (let rest = body; rest.length > 0;) {
      // A quarter of the credit is written at a time: the sender goes on meanwhile.
      this.#chunk ??= this.#newChunk();
      const taken = rest.subarray(0, this.#chunk.length - this.#filled);
      this.#chunk.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#filled === this.#chunk.length) void this.#write();
    }
    if (this.#received === this.#until && this.#filled > 0) void this.#write();
  }

  /**
   * Ends the transfer for now, with this outcome for the sender, or none. Returns false if all bytes are on their way
   * to the disk: then it ends by itself soon.
   */
  cancel(outcome?: ReceiveOutcome): boolean {
    this.#isCancelled = true;
    if (this.#state === "finishing") return false;
    this.#end(outcome);
    return true;
  }

  async #write(): Promise<void> {
    const piece = this.#chunk!.subarray(0, this.#filled);
    this.#chunk = undefined;
    this.#filled = 0;
    this.#writing++;
    try {
      const outcome = await this.#intake!.write(piece);
      this.#writing--;
      if (this.#state !== "running") return;
      if (outcome) this.#end(outcome);
      else if (this.#received === this.#size && this.#writing === 0) await this.#finish();
      else this.#grant();
    } catch {
      this.#fail();
    }
  }

  #newChunk(): Uint8Array {
    const length = Math.min(this.#size, Math.max(CREDIT_MIN, this.#credit >> 2));
    return this.#intake!.memory?.(length) ?? new Uint8Array(length);
  }

  get #credit(): number {
    return Math.min(this.budget.credit, this.#isFast ? CREDIT : CREDIT_SLOW);
  }

  /** Requests more bytes, if they are worth a frame. */
  #grant(): void {
    const stored = this.#intake!.offset;
    if (stored > this.#measured) {
      const now = this.clock.now();
      this.#isFast = stored - this.#measured >= FAST * (now - this.#measuredAt);
      this.#measured = stored;
      this.#measuredAt = now;
    }
    const credit = this.#credit;
    const until = Math.min(this.#size, stored + credit);
    if (until - this.#until < credit / 4 && (until < this.#size || this.#until === this.#size)) return;
    this.#until = until;
    this.#want(stored, until);
  }

  async #finish(): Promise<void> {
    this.#state = "finishing";
    const outcome = await this.#intake!.finish();
    if (outcome !== "again") return this.#end(outcome);
    if (this.#isCancelled) return this.#fail();
    this.#state = "running";
    this.#received = this.#until = this.#intake!.offset;
    this.#grant();
  }

  #fail(): void {
    this.#end({ saved: false, code: "busy", why: "it could not be saved" });
  }

  #end(outcome: ReceiveOutcome | undefined): void {
    if (this.#state === "ended") return;
    if (this.#state !== "waiting") this.budget.leave();
    this.#state = "ended";
    this.#chunk = undefined;
    this.#intake?.suspend();
    this.#ended.resolve(outcome);
  }
}

/** Assembles a small document in memory, and passes it on as if it had arrived whole. */
export class MemoryIntake implements PartsIntake {
  readonly #body;
  #cameTwice = false;
  offset = 0;

  /** @param suspend called once it needs its memory no more */
  constructor(
    private readonly message: DocumentMessage,
    readonly suspend: () => void,
    private readonly keep: (whole: DocumentMessage) => Promise<ReceiveOutcome>,
  ) {
    this.#body = new Uint8Array(message.size);
  }

  write(piece: Uint8Array): Promise<undefined> {
    this.#body.set(piece, this.offset);
    this.offset += piece.length;
    return Promise.resolve(undefined);
  }

  async finish(): Promise<ReceiveOutcome | "again"> {
    if (createHash("sha256").update(this.#body).digest("hex") === this.message.sha256) {
      return await this.keep({ ...this.message, body: this.#body });
    }
    if (this.#cameTwice) {
      return { saved: false, code: "corrupt", why: "its hash is not the one that was announced" };
    }
    this.#cameTwice = true;
    this.offset = 0;
    return "again";
  }
}
