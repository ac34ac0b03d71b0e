import { UNACKNOWLEDGED_MAX } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import { Window } from "../protocol/window.ts";

/** A chat or a document as it arrives. */
export type Arrival = Message & { type: "chat" | "document" };

/** Whether an arrival may be kept, and what became of it. */
export type Outcome =
  | { readonly saved: true }
  | { readonly saved: false; readonly code: string; readonly why: string };

/** Where the answers to a sender go: the session that its messages come through. */
export interface Answers {
  have(epoch: number, upto: number, bitmap: Uint8Array): void;
  ack(seq: number): void;
  nak(seq: number, code: string, why: string): void;
}

/** What an {@linkcode Inbound} needs from its owner. */
export interface InboundStore {
  /** The window kept for this sender. */
  load(): Promise<{ readonly epoch: number; readonly upto: number; readonly bitmap: Uint8Array } | undefined>;
  /**
   * Decides on an arrival and makes it durable. Must not reject. `turn` keeps the order: once a chat, or a document of
   * a stream, was not taken for now, those after it with no higher turn must not be taken either.
   */
  keep(message: Arrival, epoch: number, turn: number): Promise<Outcome>;
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
  #drained: { promise: Promise<void>; resolve: () => void } | undefined;
  /** Order keys held after a refusal for now, with the number whose `void` ends it. */
  readonly #held = new Map<string, number>();
  /** How often a hold of a key ended in this session; {@linkcode #turn} where none did. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #answers: Answers | undefined;

  constructor(private readonly store: InboundStore, private readonly size: number) {
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
      // An epoch may come back, with a sender restored from a copy: the store knows what was done in it.
      if (this.#window && this.#window.epoch !== epoch) await this.#load();
      if (this.#window?.epoch !== epoch) {
        this.#window = new Window(epoch, this.size);
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
    if (this.#answers === answers) this.#answers = undefined;
  }

  /** A chat or a document. */
  arrived(message: Arrival, answers: Answers): void {
    const window = this.#begin(message.seq, answers);
    if (!window) return;
    const key = orderKey(message);
    if (key !== undefined && this.#held.has(key)) {
      return answers.nak(message.seq, "busy", "waits for an earlier one");
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

  /** A number that the sender gave up. */
  voided(seq: number, answers: Answers): void {
    for (const [key, held] of this.#held) {
      if (held !== seq) continue;
      this.#held.delete(key);
      this.#turns.set(key, this.#turnOf(key) + 1);
      if (this.#turns.size > this.size) this.#nextTurn();
    }
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
    return window.accepts(seq) ? window : undefined;
  }

  async #finish(window: Window, seq: number, kept: Promise<Outcome>, key: string | undefined): Promise<void> {
    this.#pending.add(seq);
    const outcome = await kept.catch(() => NOT_KEPT);
    if (this.#window !== window) return;
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
