import type { Settlement } from "../delivery/outbound_store.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { DocumentOptions, PeerRef } from "./types.ts";

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
  #timer: Timer;
  /** Most bytes that the recipient has reported. */
  #most = -1;
  #isDeferred = false;
  #since: number;
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
    this.#timer = this.#after(timeout);
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
    this.#timer.cancel();
    this.#timer = this.#after(this.timeout);
  }

  /** Notes that the recipient cannot take the message now. */
  deferred(refusal: Refusal): void {
    this.#isDeferred = true;
    this.options.deferred?.(this.to, refusal);
  }

  /** Ends the wait. */
  end(settlement: Settlement | undefined): void {
    this.#timer.cancel();
    this.#ended.resolve(settlement);
  }

  #after(ms: number): Timer {
    return this.clock.after(ms, () => {
      if (!this.series) return this.end(undefined);
      const quiet = this.clock.now() - Math.max(this.#since, this.series.acknowledgedAt);
      if (quiet < this.timeout) this.#timer = this.#after(this.timeout - quiet);
      else this.end(undefined);
    });
  }
}

/** All waiters, by recipient and message. */
export class Waiters {
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #series = new Map<string, Series>();

  /** Returns the waiters for this message to this recipient. */
  of(recipient: string, id: string): readonly Waiter[] {
    return [...this.#waiters.get(`${recipient} ${id}`) ?? []];
  }

  /** Adds a waiter. @param isInSeries true if its timeout counts from the recipient's last acknowledgement */
  add(id: string, waiter: Waiter, isInSeries = false): void {
    const key = `${waiter.to.id} ${id}`;
    this.#waiters.set(key, (this.#waiters.get(key) ?? new Set()).add(waiter));
    if (!isInSeries) return;
    waiter.series = this.#series.get(waiter.to.id) ?? new Series();
    waiter.series.size++;
    this.#series.set(waiter.to.id, waiter.series);
  }

  /** Removes a waiter. */
  remove(id: string, waiter: Waiter): void {
    const key = `${waiter.to.id} ${id}`;
    const waiters = this.#waiters.get(key);
    if (!waiters?.delete(waiter)) return;
    if (waiters.size === 0) this.#waiters.delete(key);
    if (waiter.series && --waiter.series.size === 0) this.#series.delete(waiter.to.id);
  }

  /** Ends all waits. */
  endAll(): void {
    for (const waiters of this.#waiters.values()) for (const waiter of waiters) waiter.end(undefined);
  }
}
