import type { Clock } from "../platform/clock.ts";
import { INLINE_DOCUMENT_MAX, UNACKNOWLEDGED_MAX, WINDOW } from "../protocol/limits.ts";
import type { ChatMessage, DocumentMessage, Message } from "../protocol/message.ts";
import { orderKey } from "../protocol/order.ts";
import type { ReceiveOutcome } from "../storage/types.ts";
import { Answers } from "./answers.ts";
import { Download, DownloadBudget, MemoryIntake, type PartsIntake, TOO_MANY } from "./download.ts";

/** A chat or a document that arrives. */
export type Arrival = ChatMessage | DocumentMessage;

/** Most documents in parts that a session receives at a time; more wait, up to a limit. */
const DOWNLOADS = 4;
const DOWNLOADS_MAX = 128;

/** Decides on arrivals of a session, and makes them durable. */
export interface InboundStore {
  /**
   * Decides on an arrival and makes it durable. Must not reject. `turn` preserves the order: after a chat or a document
   * of a stream was refused for now, later ones must be refused unless their turn is higher.
   */
  keep(message: Arrival, turn: number): Promise<ReceiveOutcome>;
  /**
   * Decides on a document that will arrive in parts: opens the destination of its bytes, or refuses it. A document of
   * up to 65 000 bytes is decided on with an empty body, assembled in memory, and then passed to `keep`.
   */
  intake(message: DocumentMessage): Promise<PartsIntake | ReceiveOutcome>;
  /** Returns the refusal of a document that will arrive in parts; undefined if it is accepted. */
  refusal(message: DocumentMessage): ReceiveOutcome | undefined;
  /** Returns a number higher than any before, in whatever session. */
  nextTurn(): number;
  /** The sender broke the protocol. */
  violated(why: string): void;
}

const NOT_KEPT: ReceiveOutcome = { saved: false, code: "busy", why: "it could not be saved" };
const GIVEN_UP: ReceiveOutcome = { saved: false, code: "busy", why: "its sender gave it up" };

/** The receiving half of one session: messages that arrive, and the answers to them (PROTOCOL.md 3.11). */
export class Inbound {
  /** The highest number received. */
  #highest = 0;
  /** Numbers without an answer. */
  readonly #unanswered = new Set<number>();
  #pendingBytes = 0;
  /** Documents in parts among them, in the order of their arrival. */
  readonly #downloads = new Map<number, Download>();
  #drained: PromiseWithResolvers<void> | undefined;
  /** Orders blocked by a temporary refusal, each with the number whose `void` lifts that. */
  readonly #held = new Map<string, number>();
  /** Orders with unanswered messages: how many, and their turn. Messages after the last answer get another turn. */
  readonly #turns = new Map<string, { readonly turn: number; unanswered: number }>();
  readonly #answers: Answers;
  #closed = false;

  /**
   * @param wake called when there are answers to send
   * @param budget shared by all senders of documents in parts
   * @param window most unanswered messages
   */
  constructor(
    private readonly store: InboundStore,
    wake: () => void,
    private readonly clock: Clock,
    private readonly budget = new DownloadBudget(),
    private readonly window = WINDOW,
  ) {
    this.#answers = new Answers(wake, clock);
  }

  /** True if any message is unanswered, not counting stalled documents. */
  get busy(): boolean {
    let stalled = 0;
    for (const download of this.#downloads.values()) if (download.isStalled) stalled++;
    return this.#unanswered.size > stalled;
  }

  /** Resolves when little enough waits for the disk to read more; undefined if that is so now. */
  get drained(): Promise<void> | undefined {
    if (this.#pendingBytes <= UNACKNOWLEDGED_MAX) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Ends with the session: what is not on its way to the disk will arrive again in another one. */
  close(): void {
    this.#closed = true;
    this.#answers.close();
    for (const download of this.#downloads.values()) download.cancel();
    this.#downloads.clear();
  }

  /** Returns the next answer, for a record of at most `rx` bytes. */
  nextFrame(rx: number): Uint8Array | undefined {
    return this.#answers.nextFrame(rx);
  }

  /** Processes a frame about messages of the other side. */
  received(message: Message): void {
    switch (message.type) {
      case "chat":
      case "document":
        return this.#arrived(message);
      case "part":
        return this.#downloads.get(message.seq)?.part(message);
      case "void":
        return this.#voided(message.seq);
    }
  }

  #arrived(message: Arrival): void {
    if (this.#closed) return;
    const { seq } = message;
    if (seq <= this.#highest) return this.store.violated(`number ${seq} came after ${this.#highest}`);
    if (this.#unanswered.size + this.#answers.waiting >= this.window) {
      return this.store.violated(`more than ${this.window} messages are unanswered`);
    }
    // A sender that answers refusals with `void` cannot have so many open.
    if (this.#held.size >= this.window) {
      return this.store.violated(`${this.window} refusals were not answered with void`);
    }
    this.#highest = seq;
    const key = keyOf(message);
    if (key !== undefined && this.#held.has(key)) {
      return this.#answers.nak(seq, "busy", "waits for an earlier one");
    }
    this.#unanswered.add(seq);
    const turn = this.#enter(key);
    if (message.type === "document" && message.body.length < message.size) {
      return this.#download(message, key, turn);
    }
    const bytes = message.type === "document" ? message.body.length : message.text.length;
    this.#pendingBytes += bytes;
    void this.#keep(message, this.store.keep(message, turn), key, bytes);
  }

  async #keep(
    { seq, type }: Arrival,
    kept: Promise<ReceiveOutcome>,
    key: string | undefined,
    bytes: number,
  ): Promise<void> {
    // A chat was shown already: its acknowledgement may wait for company.
    await this.#finish(seq, kept, key, type !== "chat");
    this.#pendingBytes -= bytes;
    if (this.#pendingBytes > UNACKNOWLEDGED_MAX) return;
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** The sender has seen the refusal of this number, or gives it up. */
  #voided(seq: number): void {
    for (const [key, held] of this.#held) {
      if (held === seq) this.#held.delete(key);
    }
    this.#downloads.get(seq)?.cancel(GIVEN_UP);
  }

  #enter(key: string | undefined): number {
    if (key === undefined) return 0;
    const entered = this.#turns.get(key) ?? { turn: this.store.nextTurn(), unanswered: 0 };
    entered.unanswered++;
    this.#turns.set(key, entered);
    return entered.turn;
  }

  #leave(key: string | undefined): void {
    if (key !== undefined && --this.#turns.get(key)!.unanswered === 0) this.#turns.delete(key);
  }

  #download(message: DocumentMessage, key: string | undefined, turn: number): void {
    const { seq, size } = message;
    if (this.#downloads.size >= DOWNLOADS_MAX) return void this.#finish(seq, Promise.resolve(TOO_MANY), key);
    const open = (): Promise<PartsIntake | ReceiveOutcome> => {
      if (size > INLINE_DOCUMENT_MAX) return this.store.intake(message);
      const refusal = this.store.refusal(message);
      if (refusal) return Promise.resolve(refusal);
      const release = this.budget.reserve(size, download);
      const keep = (whole: DocumentMessage) => this.store.keep(whole, turn);
      return Promise.resolve(release ? new MemoryIntake(message, release, keep) : TOO_MANY);
    };
    const want = (offset: number, until: number) => this.#answers.want(seq, offset, until);
    const download: Download = new Download(size, open, want, this.budget, this.clock);
    this.#downloads.set(seq, download);
    // Its place is free once the store has opened it: a sender that begins and gives up again and again gains nothing.
    void this.#finish(seq, download.ended, key).then(() => download.opened).then(() => {
      this.#downloads.delete(seq);
      this.#startDownloads();
    });
    this.#startDownloads();
  }

  #startDownloads(): void {
    if (this.#closed) return;
    const downloads = [...this.#downloads.values()];
    const free = DOWNLOADS - downloads.filter((download) => !download.isWaiting).length;
    for (const download of downloads.filter((each) => each.isWaiting).slice(0, Math.max(0, free))) {
      void download.start();
    }
  }

  async #finish(
    seq: number,
    kept: Promise<ReceiveOutcome | undefined>,
    key: string | undefined,
    isUrgent = true,
  ): Promise<void> {
    let outcome: ReceiveOutcome | undefined;
    try {
      outcome = await kept;
    } catch {
      outcome = NOT_KEPT;
    }
    this.#unanswered.delete(seq);
    this.#leave(key);
    if (!outcome || this.#closed) return;
    if (outcome.saved) return this.#answers.ack(seq, isUrgent);
    // A message that its sender gave up was voided before.
    const holdsUp = (outcome.code === "busy" || outcome.code === "quota") && outcome !== GIVEN_UP;
    if (key !== undefined && holdsUp && !this.#held.has(key)) this.#held.set(key, seq);
    this.#answers.nak(seq, outcome.code, outcome.why);
  }
}

function keyOf(message: Arrival): string | undefined {
  return orderKey({ kind: message.type, stream: message.type === "document" ? message.stream : undefined });
}
