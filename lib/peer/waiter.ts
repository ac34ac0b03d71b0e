import type { Settlement } from "../delivery/outbound_store.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { DocumentOptions, PeerRef } from "./types.ts";

/** Waits for the end of one message to one recipient, for some time without progress. */
export class Waiter {
  readonly #ended = Promise.withResolvers<Settlement | undefined>();
  #timer: Timer;
  /** Most bytes that the recipient said that it has. */
  #most = -1;
  #isDeferred = false;

  /**
   * @param to the recipient as it was named when the message was handed in, whatever it is called since
   * @param timeout without progress, milliseconds
   * @param options told how it goes
   */
  constructor(
    readonly to: PeerRef,
    private readonly clock: Clock,
    private readonly timeout: number,
    private readonly options: Pick<Partial<DocumentOptions>, "progress" | "deferred">,
  ) {
    this.#timer = clock.after(timeout, () => this.end(undefined));
  }

  /** The end of the message; undefined after the time is up. */
  get ended(): Promise<Settlement | undefined> {
    return this.#ended.promise;
  }

  /** The recipient has so many bytes. */
  progress(bytes: number): void {
    this.options.progress?.(this.to, bytes);
    // What the recipient had before it could not take it is no progress when it comes again.
    if (this.#isDeferred && bytes <= this.#most) return;
    this.#isDeferred = false;
    this.#most = bytes;
    this.#timer.cancel();
    this.#timer = this.clock.after(this.timeout, () => this.end(undefined));
  }

  /** The recipient cannot take it for now. */
  deferred(refusal: Refusal): void {
    this.#isDeferred = true;
    this.options.deferred?.(this.to, refusal);
  }

  /** It ended, or nothing more is waited for. */
  end(settlement: Settlement | undefined): void {
    this.#timer.cancel();
    this.#ended.resolve(settlement);
  }
}

/** All waiters, by recipient and message. */
export class Waiters {
  readonly #waiters = new Map<string, Set<Waiter>>();

  /** Those who wait for this message to this recipient. */
  of(recipient: string, id: string): readonly Waiter[] {
    return [...this.#waiters.get(`${recipient} ${id}`) ?? []];
  }

  add(id: string, waiter: Waiter): void {
    const key = `${waiter.to.id} ${id}`;
    this.#waiters.set(key, (this.#waiters.get(key) ?? new Set()).add(waiter));
  }

  /** Nobody waits there any more. */
  remove(id: string, waiter: Waiter): void {
    const key = `${waiter.to.id} ${id}`;
    const waiters = this.#waiters.get(key);
    if (waiters?.delete(waiter) && waiters.size === 0) this.#waiters.delete(key);
  }

  /** Nothing more is waited for. */
  endAll(): void {
    for (const waiters of this.#waiters.values()) for (const waiter of waiters) waiter.end(undefined);
  }
}
