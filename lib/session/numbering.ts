import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { U32_MAX, WINDOW } from "../protocol/limits.ts";
import type { OutboundStore } from "./outbound_message.ts";

/**
 * Numbers reserved on disk at a time (PROTOCOL.md section 4, Delivery): a restart voids what is left of them, so no more
 * than messages wait, and never more than a window.
 */
const RESERVE_MIN = 64;
const RESERVE_MAX = WINDOW;
/** What of the numbers acknowledged is noted at least every so many. */
const NOTE_ACKED_EVERY = 64;
/** A reservation that failed is tried again after this long. */
const RESERVE_AGAIN_MS = 1_000;

/** What the owner of a {@linkcode Numbering} is told. */
export interface NumberingEvents {
  /** There are numbers again. */
  reserved(): void;
  /** This epoch has no more numbers: another has to begin. */
  exhausted(): void;
  /** The store failed. */
  failed(error: unknown): void;
}

/** Our numbers towards one recipient: which are reserved on disk, which are given, and up to where all are done. */
export class Numbering {
  #epoch = 0;
  #next = 1;
  #reserved = 0;
  #acked = 0;
  /** What the store was told of `#acked`. */
  #ackedStored = 0;
  #block = RESERVE_MIN;
  #reserving = false;
  #renewing = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    private readonly store: OutboundStore,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly events: NumberingEvents,
  ) {}

  /** Goes on where the store is; begins where it knows nothing. */
  take(
    state: { readonly epoch: number; readonly reserved: number; readonly acked: number } | undefined,
  ): void {
    this.#epoch = state?.epoch ?? this.random.u32();
    this.#reserved = state?.reserved ?? 0;
    this.#acked = this.#ackedStored = state?.acked ?? 0;
    this.#next = this.#reserved + 1;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Every number up to this one is done. */
  get acked(): number {
    return this.#acked;
  }

  /** The highest number that may have been used. */
  get reserved(): number {
    return this.#reserved;
  }

  /** Whether another epoch is about to begin: no number is given, and nothing sent, until it has. */
  get isRenewing(): boolean {
    return this.#renewing;
  }

  /** Whether these can be our numbers: done up to `upto`, and none beyond `highest`. */
  fits(upto: number, highest: number): boolean {
    return upto >= this.#acked && highest <= this.#reserved;
  }

  /** The next number; undefined where none is reserved. */
  next(): number | undefined {
    return this.#renewing || this.#closed || this.#next > this.#reserved ? undefined : this.#next++;
  }

  /** Asks for more numbers in time. @param waiting messages that have none */
  replenish(waiting: number): void {
    if (this.#renewing || this.#closed || this.#reserving) return;
    const isShort = this.#next + this.#block / 2 > this.#reserved;
    if (isShort && (waiting > 0 || this.#reserved > 0)) void this.#reserve(waiting);
  }

  /** Some numbers are done: which, `isOpen` tells; these messages of the store are settled with them. */
  async settle(ids: readonly string[], isOpen: (seq: number) => boolean): Promise<void> {
    while (this.#acked + 1 < this.#next && !isOpen(this.#acked + 1)) this.#acked++;
    if (ids.length === 0 && this.#acked < this.#ackedStored + NOTE_ACKED_EVERY) return;
    this.#ackedStored = this.#acked;
    await this.store.settle(this.#epoch, ids, this.#acked);
  }

  /**
   * Begins a new epoch. Resolves with whether it has begun, once that is durable.
   *
   * @param ids of messages that get the numbers from 1 on, undefined for one that the store does not have
   */
  async renew(ids: readonly (string | undefined)[]): Promise<boolean> {
    this.#renewing = true;
    this.#epoch = this.random.u32();
    this.#reserved = ids.length;
    this.#next = ids.length + 1;
    this.#acked = this.#ackedStored = 0;
    const stored = ids.map((id, i) => [id, i + 1] as const);
    const seqById = new Map(stored.filter((entry): entry is [string, number] => entry[0] !== undefined));
    try {
      await this.store.renumber(this.#epoch, this.#reserved, seqById);
    } catch (error) {
      this.events.failed(error);
      return false;
    }
    this.#renewing = false;
    return true;
  }

  /** Stops the timer. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #reserve(waiting: number): Promise<void> {
    const epoch = this.#epoch;
    this.#block = Math.min(Math.max(RESERVE_MIN, 2 * waiting), RESERVE_MAX);
    const upto = this.#next - 1 + this.#block;
    if (upto > U32_MAX) return this.events.exhausted();
    this.#reserving = true;
    try {
      await this.store.reserve(epoch, upto);
      if (epoch === this.#epoch && !this.#renewing) this.#reserved = upto;
    } catch (error) {
      if (this.#closed) return;
      this.events.failed(error);
      this.#timer = this.clock.after(RESERVE_AGAIN_MS, () => this.events.reserved());
      return;
    } finally {
      this.#reserving = false;
    }
    this.events.reserved();
  }
}
