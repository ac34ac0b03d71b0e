const WINDOW = 32;

/**
 * Which announcements of one start of a peer were seen, by their counter: the highest, and the 31 before it. What is
 * older counts as seen.
 */
export class Sequence {
  #highest = -1;
  #seen = 0;

  /** Whether this one, or one too old to tell, was seen. */
  has(seq: number): boolean {
    const behind = this.#highest - seq;
    return behind >= WINDOW || (behind >= 0 && (this.#seen >>> behind & 1) === 1);
  }

  /** Whether it is later than everything seen. */
  isLatest(seq: number): boolean {
    return seq > this.#highest;
  }

  /** Marks it as seen. */
  add(seq: number): void {
    const ahead = seq - this.#highest;
    if (ahead > 0) {
      this.#seen = ahead >= WINDOW ? 1 : this.#seen << ahead | 1;
      this.#highest = seq;
    } else if (-ahead < WINDOW) this.#seen |= 1 << -ahead;
  }

  /** Begins anew: for another start of the peer, or where a forged counter ran ahead of the true one. */
  reset(): void {
    this.#highest = -1;
    this.#seen = 0;
  }
}
