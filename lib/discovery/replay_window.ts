const WINDOW = 32;
/** Copies of one announcement, over several families and interfaces, are heard within this time. */
const TOGETHER_MS = 5_000;

/**
 * Which announcements of one start of a peer were seen, by their counter: the highest, and the 31 before it. What is
 * older counts as seen.
 */
export class ReplayWindow {
  #highest = -1;
  #seen = 0;
  #latestAt = -Infinity;

  /** Tells whether this one, or one too old to tell, was seen. */
  has(seq: number): boolean {
    const behind = this.#highest - seq;
    return behind >= WINDOW || (behind >= 0 && (this.#seen >>> behind & 1) === 1);
  }

  /** Tells whether it is later than everything seen. */
  isLatest(seq: number): boolean {
    return seq > this.#highest;
  }

  /**
   * Tells whether this one, which was seen or is too old to tell, is no copy by another link at the monotonic time
   * `now`: such come together. It was replayed, or what ran ahead of it was forged.
   */
  isStrange(seq: number, now: number): boolean {
    return this.#highest - seq >= WINDOW || now - this.#latestAt > TOGETHER_MS;
  }

  /** Marks it as seen at the monotonic time `now`. */
  add(seq: number, now: number): void {
    const ahead = seq - this.#highest;
    if (ahead > 0) {
      this.#seen = ahead >= WINDOW ? 1 : this.#seen << ahead | 1;
      this.#highest = seq;
      this.#latestAt = now;
    } else if (-ahead < WINDOW) this.#seen |= 1 << -ahead;
  }

  /** Begins anew: for another start of the peer, or when a forged counter ran ahead of the true one. */
  reset(): void {
    this.#highest = -1;
    this.#seen = 0;
  }
}
