import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Announcer } from "./announcer.ts";
import type { PeerEntry } from "./peer_entry.ts";
import { type PeerTable, SMALL_ROSTER } from "./peer_table.ts";

const FIRST_MS = 20;
/** A newcomer is asked by all others, and has at most 4 answers waiting for up to 100 ms. */
const EACH_MS = 100;
/** Later than what the asked peer takes for a repetition, which it answers by multicast. */
const AGAIN_MS = 11_000;

/**
 * Finds out which link the link-local IPv6 addresses of peers are on: an `ask` goes out through every link that may be
 * it, and the link whose own socket the answer reaches is it (PROTOCOL.md 3.7). The larger the roster, the slower;
 * in one over 32 only peers that cannot be reached otherwise are asked.
 */
export class LinkProbes {
  readonly #waiting = new Set<PeerEntry>();
  #timer: Timer | undefined;

  constructor(
    private readonly table: PeerTable,
    private readonly announcer: Announcer,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Asks the peer soon, unless it was asked within 11 s. */
  want(entry: PeerEntry): void {
    if (entry.probedAt + AGAIN_MS > this.clock.now() || !this.#isWorthIt(entry)) return;
    this.#waiting.add(entry);
    this.#timer ??= this.#next();
  }

  /** Asks the peer now, at one of the addresses in question: a copy at another one would not be answered. */
  ask(entry: PeerEntry): void {
    const targets = entry.candidates.unlinked();
    const target = targets[Math.floor(this.random.between(0, targets.length))];
    if (!target) return;
    entry.probedAt = this.clock.now();
    this.announcer.askPeer(entry.id, [target]);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  #isWorthIt(entry: PeerEntry): boolean {
    const { table } = this;
    return table.get(entry.id) === entry && entry.state === "up" && entry.candidates.unlinked().length > 0 &&
      (table.groupSize <= SMALL_ROSTER || !entry.candidates.anyUsable);
  }

  #next(): Timer {
    const { clock, random, table } = this;
    const planned = table.groupSize;
    return clock.after(random.between(FIRST_MS, FIRST_MS + EACH_MS * table.groupSize), () => {
      this.#timer = undefined;
      for (const entry of this.#waiting) if (!this.#isWorthIt(entry)) this.#waiting.delete(entry);
      // Planned when the roster was much smaller, it would come too soon: a large group has other things to do first.
      const tooSoon = table.groupSize > 2 * planned + SMALL_ROSTER;
      // In any other order a thousand peers that started together would all ask the same one.
      const entry = tooSoon
        ? undefined
        : [...this.#waiting][Math.floor(random.between(0, this.#waiting.size))];
      if (entry) {
        this.#waiting.delete(entry);
        this.ask(entry);
      }
      if (this.#waiting.size > 0) this.#timer = this.#next();
    });
  }
}
