import type { Settlement } from "../delivery/outbound_store.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { DocumentOptions, PeerRef } from "./types.ts";

/** A waiter with a longer timeout has a timer of its own, milliseconds: there are few. */
const LONG_MS = 3_600_000;

/** Most waiters that are looked at in a millisecond when many are due one after another. */
const LOOKED_AT_PER_MS = 200;

const NOBODY: readonly Waiter[] = [];

/** The messages of one recipient whose timeouts count from its last acknowledgement of any of them. */
class Series {
  /** When the recipient acknowledged one of them, by the monotonic clock; milliseconds. */
  acknowledgedAt = -Infinity;
  /** Number of messages under way. */
  size = 0;
}

/** Waits for the outcome of one message to one recipient, with a timeout without progress. */
export class Waiter {
  readonly #ended = Promise.withResolvers<Settlement | undefined>();
  /** Most bytes that the recipient has reported. */
  #most = -1;
  #isDeferred = false;
  #since: number;
  #timer: Timer | undefined;
  /** Set while it is one of several messages. */
  series: Series | undefined;

  /**
   * @param to the recipient under the name it had when the message was handed in
   * @param timeout without progress, milliseconds
   * @param options callbacks
   */
  constructor(
    readonly to: PeerRef,
    private readonly clock: Clock,
    private readonly timeout: number,
    private readonly options: Pick<Partial<DocumentOptions>, "progress" | "deferred">,
  ) {
    this.#since = clock.now();
    if (this.isLong) this.#wait(timeout);
  }

  /** True if it ends by itself after its timeout. */
  get isLong(): boolean {
    return this.timeout > LONG_MS;
  }

  /** When it is over unless something happens, by the monotonic clock; milliseconds. */
  get due(): number {
    return Math.max(this.#since, this.series?.acknowledgedAt ?? 0) + this.timeout;
  }

  /** Resolves with the outcome of the message; with undefined after the timeout. */
  get ended(): Promise<Settlement | undefined> {
    return this.#ended.promise;
  }

  /** Notes that the recipient has this many bytes. */
  progress(bytes: number): void {
    this.options.progress?.(this.to, bytes);
    // After a deferral, bytes that the recipient had before are no progress when sent again.
    if (this.#isDeferred && bytes <= this.#most) return;
    this.#isDeferred = false;
    this.#most = bytes;
    this.#since = this.clock.now();
    if (this.isLong) this.#wait(this.timeout);
  }

  /** Notes that the recipient cannot take the message now. */
  deferred(refusal: Refusal): void {
    this.#isDeferred = true;
    this.options.deferred?.(this.to, refusal);
  }

  /** Ends the wait. */
  end(settlement: Settlement | undefined): void {
    this.#timer?.cancel();
    this.#ended.resolve(settlement);
  }

  #wait(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(ms, () => {
      const rest = this.series ? this.due - this.clock.now() : 0;
      if (rest > 0) this.#wait(rest);
      else this.end(undefined);
    });
  }
}

/** All waiters, by recipient and message. One timer serves most: nearly every message ends long before its timeout. */
export class Waiters {
  /** By recipient, then by message: a key made of both would have to be made anew at each step of a message. */
  readonly #waiters = new Map<string, Map<string, readonly Waiter[]>>();
  readonly #series = new Map<string, Series>();
  #timer: Timer | undefined;
  /** When it fires: no waiter is due before. */
  #firesAt = Infinity;

  constructor(private readonly clock: Clock) {}

  /** Returns the waiters for this message to this recipient. */
  of(recipient: string, id: string): readonly Waiter[] {
    return this.#waiters.get(recipient)?.get(id) ?? NOBODY;
  }

  /** Adds a waiter. @param isInSeries true if its timeout counts from the recipient's last acknowledgement */
  add(id: string, waiter: Waiter, isInSeries = false): void {
    const recipient = waiter.to.id;
    let messages = this.#waiters.get(recipient);
    if (!messages) this.#waiters.set(recipient, messages = new Map());
    messages.set(id, [...messages.get(id) ?? NOBODY, waiter]);
    if (isInSeries) {
      waiter.series = this.#series.get(recipient) ?? new Series();
      waiter.series.size++;
      this.#series.set(recipient, waiter.series);
    }
    if (!waiter.isLong) this.#watch(waiter.due);
  }

  /** Removes a waiter. */
  remove(id: string, waiter: Waiter): void {
    const recipient = waiter.to.id;
    const messages = this.#waiters.get(recipient);
    const waiters = messages?.get(id);
    if (!waiters?.includes(waiter)) return;
    if (waiters.length === 1) messages!.delete(id);
    else messages!.set(id, waiters.filter((each) => each !== waiter));
    if (messages!.size === 0) this.#waiters.delete(recipient);
    if (waiter.series && --waiter.series.size === 0) this.#series.delete(recipient);
  }

  /** Ends all waits. */
  endAll(): void {
    this.#timer?.cancel();
    this.#firesAt = Infinity;
    for (const waiter of this.#all()) waiter.end(undefined);
  }

  #watch(due: number): void {
    if (due >= this.#firesAt) return;
    this.#timer?.cancel();
    this.#firesAt = due;
    this.#timer = this.clock.after(due - this.clock.now(), () => this.#look());
  }

  #look(): void {
    this.#firesAt = Infinity;
    const now = this.clock.now();
    let next = Infinity;
    let lookedAt = 0;
    for (const waiter of this.#all()) {
      lookedAt++;
      if (waiter.due <= now) waiter.end(undefined);
      else if (!waiter.isLong) next = Math.min(next, waiter.due);
    }
    this.#watch(Math.max(next, now + lookedAt / LOOKED_AT_PER_MS));
  }

  *#all(): Generator<Waiter> {
    for (const messages of this.#waiters.values()) {
      for (const waiters of messages.values()) yield* waiters;
    }
  }
}
