import { INLINE_DOCUMENT_MAX, UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import type { DocumentMessage, Message } from "../protocol/message.ts";
import { Window } from "../protocol/window.ts";
import { Download, DownloadBudget, type Intake, MemoryIntake } from "./download.ts";
import type { Outcome } from "./outcome.ts";

/** A chat or a document as it arrives. */
export type Arrival = Message & { type: "chat" | "document" };

/** Where the answers to a sender go: the session that its messages come through. */
export interface Answers {
  have(epoch: number, upto: number, bitmap: Uint8Array): void;
  ack(seq: number): void;
  nak(seq: number, code: string, why: string): void;
  want(seq: number, offset: number, until: number): void;
}

/** Documents in parts that one sender may have under way; more of them wait. */
const DOWNLOADS = 4;

/** What an {@linkcode Inbound} needs from its owner. */
export interface InboundStore {
  /** The window kept for this sender. */
  load(): Promise<{ readonly epoch: number; readonly upto: number; readonly bitmap: Uint8Array } | undefined>;
  /**
   * Decides on an arrival and makes it durable. Must not reject. `turn` keeps the order: once a chat, or a document of
   * a stream, was not taken for now, those after it with no higher turn must not be taken either.
   */
  keep(message: Arrival, epoch: number, turn: number): Promise<Outcome>;
  /**
   * Decides on a document that is about to come in parts: where its bytes go, or what becomes of it at once. Those of up
   * to 65 000 bytes are decided on with an empty body, put together in memory, and then given to `keep`.
   */
  intake(message: DocumentMessage, epoch: number): Promise<Intake | Outcome>;
  /** Why a document that is about to come in parts cannot be taken; undefined where it can. */
  refusal(message: DocumentMessage): Outcome | undefined;
  /** Makes it durable that a number is done. Must not reject. */
  keepVoid(seq: number, epoch: number): Promise<Outcome>;
}

const NOT_KEPT: Outcome = { saved: false, code: "busy", why: "it could not be saved" };

/**
 * One sender's numbering towards us (PROTOCOL.md section 4, Delivery): what is done of it, and what is on its way to the
 * disk. Lives longer than the sender's sessions; two of them at once share it.
 */
export class Inbound {
  #window: Window | undefined;
  readonly #loaded: Promise<void>;
  /** The latest epoch that was told and not answered yet. */
  #told: { readonly epoch: number; readonly answers: Answers } | undefined;
  #telling: Promise<void> | undefined;
  /** Numbers on their way to the disk. */
  readonly #pending = new Set<number>();
  /** Those of them that the sender gave up meanwhile. */
  readonly #givenUp = new Set<number>();
  #pendingBytes = 0;
  /** Of them, documents that come in parts, in the order of their coming. */
  readonly #downloads = new Map<number, Download>();
  #drained: { promise: Promise<void>; resolve: () => void } | undefined;
  /** Order keys held after a refusal for now, with the number whose `void` ends it. */
  readonly #held = new Map<string, number>();
  /** How often a hold of a key ended in this session; {@linkcode #turn} where none did. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #answers: Answers | undefined;

  /** @param budget shared by everybody who sends documents in parts */
  constructor(
    private readonly store: InboundStore,
    private readonly size: number,
    private readonly budget = new DownloadBudget(),
  ) {
    this.#loaded = this.#load();
    // Whoever waits for it sees that it failed; until somebody does, that is nobody's fault.
    this.#loaded.catch(() => {});
  }

  async #load(): Promise<void> {
    const state = await this.store.load();
    if (state) this.#window = new Window(state.epoch, this.size, state.upto, state.bitmap);
  }

  /** Whether anything is on its way to the disk. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Resolves when so little waits for the disk that more may be read; undefined where that is so now. */
  get drained(): Promise<void> | undefined {
    if (this.#telling) return this.#telling.catch(() => {});
    if (this.#pendingBytes <= UNACKNOWLEDGED_MAX) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /**
   * The sender told its epoch on a session that begins. From now on answers go there. Of several only the latest counts,
   * so that telling many costs no more than telling one.
   */
  epoch(epoch: number, answers: Answers): Promise<void> {
    this.#told = { epoch, answers };
    this.#telling ??= this.#answerEpochs().finally(() => this.#telling = undefined);
    return this.#telling;
  }

  async #answerEpochs(): Promise<void> {
    await this.#loaded;
    for (let told; (told = this.#told);) {
      this.#told = undefined;
      const { epoch, answers } = told;
      this.#cancelDownloads();
      const before = this.#window;
      // An epoch may come back, with a sender restored from a copy: the store knows what was done in it.
      if (this.#window && this.#window.epoch !== epoch) await this.#load();
      if (this.#window?.epoch !== epoch) this.#window = new Window(epoch, this.size);
      if (this.#window !== before) {
        this.#pending.clear();
        this.#givenUp.clear();
      }
      this.#held.clear();
      this.#nextTurn();
      this.#answers = answers;
      answers.have(epoch, this.#window.upto, this.#window.toBitmap());
    }
  }

  /** The session ended. */
  detach(answers: Answers): void {
    if (this.#answers !== answers) return;
    this.#answers = undefined;
    this.#cancelDownloads();
  }

  /** A chat or a document. */
  arrived(message: Arrival, answers: Answers): void {
    const window = this.#begin(message.seq, answers);
    if (!window) return;
    const key = orderKey(message);
    if (key !== undefined && this.#held.has(key)) {
      return answers.nak(message.seq, "busy", "waits for an earlier one");
    }
    if (message.type === "document" && message.body.length < message.size) {
      return this.#download(window, message, answers, key);
    }
    const bytes = message.type === "document" ? message.body.length : message.text.length;
    this.#pendingBytes += bytes;
    this.#finish(window, message.seq, this.store.keep(message, window.epoch, this.#turnOf(key)), key).finally(
      () => {
        this.#pendingBytes -= bytes;
        if (this.#pendingBytes > UNACKNOWLEDGED_MAX) return;
        this.#drained?.resolve();
        this.#drained = undefined;
      },
    );
  }

  /** A piece of a document. */
  part(message: Message & { type: "part" }, answers: Answers): void {
    if (this.#answers === answers) this.#downloads.get(message.seq)?.part(message);
  }

  /** A number that the sender gave up. */
  voided(seq: number, answers: Answers): void {
    for (const [key, held] of this.#held) {
      if (held !== seq) continue;
      this.#held.delete(key);
      this.#turns.set(key, this.#turnOf(key) + 1);
      if (this.#turns.size > this.size) this.#nextTurn();
    }
    if (this.#answers === answers) this.#cancelDownload(seq);
    if (this.#pending.has(seq)) this.#givenUp.add(seq);
    const window = this.#begin(seq, answers);
    if (window) this.#finish(window, seq, this.store.keepVoid(seq, window.epoch), undefined);
  }

  #turnOf(key: string | undefined): number {
    return (key === undefined ? undefined : this.#turns.get(key)) ?? this.#turn;
  }

  /** A turn higher than any before, for every key. */
  #nextTurn(): void {
    this.#turn = Math.max(this.#turn, ...this.#turns.values()) + 1;
    this.#turns.clear();
  }

  /** The window, where this number is new and within it. */
  #begin(seq: number, answers: Answers): Window | undefined {
    const window = this.#window;
    if (!window || this.#answers !== answers || this.#pending.has(seq)) return undefined;
    if (window.has(seq)) {
      answers.ack(seq);
      return undefined;
    }
    if (!window.accepts(seq)) return undefined;
    this.#giveWay(window, seq);
    return window;
  }

  #download(window: Window, message: DocumentMessage, answers: Answers, key: string | undefined): void {
    const { seq, size } = message;
    const { epoch } = window;
    const turn = this.#turnOf(key);
    const open = (): Promise<Intake | Outcome> => {
      if (size > INLINE_DOCUMENT_MAX) return this.store.intake(message, epoch);
      const refusal = this.store.refusal(message);
      return Promise.resolve(
        refusal ?? new MemoryIntake(message, (whole) => this.store.keep(whole, epoch, turn)),
      );
    };
    const download = new Download(
      size,
      open,
      (offset, until) => answers.want(seq, offset, until),
      this.budget,
    );
    this.#downloads.set(seq, download);
    void this.#finish(window, seq, download.ended, key);
    void download.ended.then(() => {
      if (this.#downloads.get(seq) === download) this.#downloads.delete(seq);
      this.#startDownloads();
    });
    this.#startDownloads();
  }

  #startDownloads(): void {
    const downloads = [...this.#downloads.values()];
    const free = DOWNLOADS - downloads.filter((download) => !download.isWaiting).length;
    for (const download of downloads.filter((each) => each.isWaiting).slice(0, Math.max(0, free))) {
      void download.start();
    }
  }

  /** The session that it came through ended, or its number was given up: it may come again. */
  #cancelDownload(seq: number): void {
    if (!this.#downloads.get(seq)?.cancel()) return;
    this.#downloads.delete(seq);
    this.#pending.delete(seq);
  }

  #cancelDownloads(): void {
    for (const seq of [...this.#downloads.keys()]) this.#cancelDownload(seq);
  }

  /** A document that takes long must not hold back what comes behind it until the window is full: it comes again later. */
  #giveWay(window: Window, seq: number): void {
    if (this.#downloads.size === 0 || seq - window.upto <= this.size / 2) return;
    for (const [early, download] of this.#downloads) {
      if (early - window.upto < this.size / 4) {
        download.cancel({ saved: false, code: "busy", why: "others wait behind it" });
      }
    }
  }

  async #finish(
    window: Window,
    seq: number,
    kept: Promise<Outcome | undefined>,
    key: string | undefined,
  ): Promise<void> {
    this.#pending.add(seq);
    const outcome = await kept.catch(() => NOT_KEPT);
    if (this.#window !== window || !outcome) return;
    this.#pending.delete(seq);
    const givenUp = this.#givenUp.delete(seq);
    if (outcome.saved) {
      window.add(seq);
      this.#answers?.ack(seq);
    } else if (givenUp) {
      await this.#finish(window, seq, this.store.keepVoid(seq, window.epoch), undefined);
    } else {
      if (
        key !== undefined && (outcome.code === "busy" || outcome.code === "quota") && !this.#held.has(key) &&
        this.#held.size < this.size
      ) {
        this.#held.set(key, seq);
      }
      this.#answers?.nak(seq, outcome.code, outcome.why);
    }
  }
}

function orderKey(message: Arrival): string | undefined {
  return message.type === "chat"
    ? "chat"
    : message.stream === undefined
    ? undefined
    : `stream ${message.stream}`;
}
