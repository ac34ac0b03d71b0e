import type { Clock } from "../platform/clock.ts";

const KEEP_MS = 10 * 60_000;
const MAX = 65_536;

/** First messages of handshakes seen in the last ten minutes, so that a replayed one is refused. Bounded. */
export class SeenEphemerals {
  /** Key in hex to the time it was seen; oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Notes an ephemeral public key. False: it was seen before. */
  add(key: Uint8Array): boolean {
    const now = this.clock.now();
    for (const [old, at] of this.#seen) {
      if (now - at < KEEP_MS && this.#seen.size < MAX) break;
      this.#seen.delete(old);
    }
    const hex = key.toHex();
    if (this.#seen.has(hex)) return false;
    this.#seen.set(hex, now);
    return true;
  }
}
