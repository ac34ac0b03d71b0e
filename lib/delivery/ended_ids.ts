import { ulid } from "../platform/std_ulid.ts";
import type { Clock } from "../platform/clock.ts";

/** Characters at the beginning of an id that tell its time. */
const TIME_LENGTH = 10;
/** Latest time of an id, milliseconds since 1970. */
const TIME_MAX = 2 ** 48 - 1;
/** At least so many ids are remembered, and at most twice as many. */
const RECENT = 4_096;

/**
 * Tells ids under which a message may have ended from new ones without a look at the history: the latest of this process
 * are remembered, and those that are older are told by their time.
 */
export class EndedIds {
  readonly #recent = new Set<string>();
  /** Ids up to this time may have been used; the beginning of an id. */
  #upto: string;

  constructor(private readonly clock: Clock) {
    this.#upto = this.#now();
  }

  /** Notes that a message has ended. */
  add(id: string): void {
    this.#recent.add(id);
    if (this.#recent.size <= 2 * RECENT) return;
    // An id may be of any time: one of the future must not make all that come later look old.
    const now = this.#now();
    for (const old of [...this.#recent].slice(0, RECENT)) {
      this.#recent.delete(old);
      const time = timeOf(old);
      if (time > this.#upto && time <= now) this.#upto = time;
    }
  }

  /** True if it ended in this process lately. */
  isRecent(id: string): boolean {
    return this.#recent.has(id);
  }

  /** False if no message with this id has ended. */
  mayHave(id: string): boolean {
    return this.isRecent(id) || timeOf(id) <= this.#upto;
  }

  #now(): string {
    return timeOf(ulid(Math.min(Math.max(0, Math.floor(this.clock.wall())), TIME_MAX)));
  }
}

function timeOf(id: string): string {
  return id.slice(0, TIME_LENGTH);
}
