import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Announcer } from "./announcer.ts";
import type { PeerEntry } from "./peer_entry.ts";
import { type PeerTable, SMALL_ROSTER } from "./peer_table.ts";

const FIRST_MS = 20;
/**
 * Time per asked peer, milliseconds: a newcomer is asked by all others, and at most 4 of its answers wait for up to 100
 * ms.
 */
const EACH_MS = 100;
/**
 * Longer than the time in which the peer takes a second ask for a repetition and answers by multicast, milliseconds.
 */
const AGAIN_MS = 11_000;

/**
 * Finds the links of peers' link-local IPv6 addresses: sends an `ask` through every possible link; the answer arrives
 * at the socket of the right one (PROTOCOL.md 3.7). The larger the roster, the slower. In a roster over 32, asks only
 * peers that cannot be reached otherwise.
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

  /** Plans to ask the peer, unless it was asked within 11 s. */
  want(entry: PeerEntry): void {
    if (entry.probedAt + AGAIN_MS > this.clock.now() || !this.#isWorthIt(entry)) return;
    this.#waiting.add(entry);
    this.#timer ??= this.#next();
  }

  /** Asks the peer now, at one of its addresses: it would not answer a copy at another one. */
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
      // The delay was planned when the roster was much smaller; a large group needs a longer one.
      const tooSoon = table.groupSize > 2 * planned + SMALL_ROSTER;
      // A fixed order would make all of a thousand peers that started together ask the same one.
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
