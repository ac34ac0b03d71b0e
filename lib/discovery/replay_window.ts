const WINDOW = 32;
/** Copies of one announcement over several families and interfaces arrive within this time, milliseconds. */
const TOGETHER_MS = 5_000;

/**
 * Remembers which announcements of one start of a peer were seen, by their counter: the highest, and the 31 before it.
 * Older ones count as seen.
 */
export class ReplayWindow {
  #highest = -1;
  #seen = 0;
  #latestAt = -Infinity;

  /** Tells whether this counter was seen, or is too old to tell. */
  has(seq: number): boolean {
    const behind = this.#highest - seq;
    return behind >= WINDOW || (behind >= 0 && (this.#seen >>> behind & 1) === 1);
  }

  /** Tells whether it is higher than all seen. */
  isLatest(seq: number): boolean {
    return seq > this.#highest;
  }

  /**
   * Tells whether a seen or old counter is no copy over another link: it arrived long after the latest one. Then either
   * it was replayed, or the latest one was forged. `now` is monotonic.
   */
  isStrange(seq: number, now: number): boolean {
    return this.#highest - seq >= WINDOW || now - this.#latestAt > TOGETHER_MS;
  }

  /** Marks a counter as seen at the monotonic time `now`. */
  add(seq: number, now: number): void {
    const ahead = seq - this.#highest;
    if (ahead > 0) {
      this.#seen = ahead >= WINDOW ? 1 : this.#seen << ahead | 1;
      this.#highest = seq;
      this.#latestAt = now;
    } else if (-ahead < WINDOW) this.#seen |= 1 << -ahead;
  }

  /** Forgets all: for another start of the peer, or after a forged counter. */
  reset(): void {
    this.#highest = -1;
    this.#seen = 0;
  }
}
