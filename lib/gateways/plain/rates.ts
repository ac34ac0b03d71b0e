import type { Clock } from "../../platform/clock.ts";

const SECOND_MS = 1_000;

/** Most messages in a second from all addresses. */
const IN_ALL = 2_000;

/** Counts what comes in from each address in the current second: by datagrams, lines and HTTP together. */
export class Rates {
  readonly #counts = new Map<string, number>();
  #second = -1;
  #all = 0;

  constructor(private readonly clock: Clock) {}

  /** Counts a message. Returns false, and does not count it, if it would be over `most` from its address, or too many in all. */
  take(address: string, most: number): boolean {
    const second = Math.floor(this.clock.now() / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#all = 0;
      this.#counts.clear();
    }
    const count = this.#counts.get(address) ?? 0;
    if (count >= most || this.#all >= IN_ALL) return false;
    this.#counts.set(address, count + 1);
    this.#all++;
    return true;
  }

  /** Milliseconds to the next second. */
  get untilNext(): number {
    return SECOND_MS - this.clock.now() % SECOND_MS;
  }
}
