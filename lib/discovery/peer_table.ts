import { ROSTER_MAX } from "../protocol/limits.ts";
import { Proof } from "./addresses.ts";
import { PeerEntry } from "./peer_entry.ts";
import type { Roster } from "./roster.ts";

/** The roster as discovery writes it. */
export class PeerTable implements Roster {
  readonly #entries = new Map<string, PeerEntry>();
  #size = 0;

  /**
   * @param removed is told of a peer that was up and gave way to another one, when it is no longer here
   * @param limit entries in all
   */
  constructor(private readonly removed: (entry: PeerEntry) => void, private readonly limit = ROSTER_MAX) {}

  entries(): PeerEntry[] {
    return [...this.#entries.values()];
  }

  get(id: string): PeerEntry | undefined {
    return this.#entries.get(id);
  }

  up(): PeerEntry[] {
    return this.entries().filter((entry) => entry.state === "up");
  }

  get size(): number {
    return this.#size;
  }

  setState(entry: PeerEntry, state: "up" | "gone"): void {
    if (entry.state === state) return;
    entry.state = state;
    this.#size += state === "up" ? 1 : -1;
  }

  /** How many that are up were heard since the monotonic time `since`. */
  heardSince(since: number): number {
    let heard = 0;
    for (const entry of this.#entries.values()) if (entry.state === "up" && entry.heardAt >= since) heard++;
    return heard;
  }

  /**
   * Makes an entry, in state `gone`. Where the table is full, one gives way that was never proven: the one from the same
   * host before others, so that a flood from one address displaces itself; then one that is gone; for a session also
   * one that only echoed. Undefined where none may give way.
   *
   * @param host where the announcement came from
   * @param proof of the newcomer
   */
  add(id: string, host: string | undefined, proof: Proof): PeerEntry | undefined {
    if (this.#entries.size >= this.limit) {
      const victim = this.#victim(host, proof);
      if (!victim) return undefined;
      this.#entries.delete(victim.id);
      if (victim.state === "up") {
        this.setState(victim, "gone");
        this.removed(victim);
      }
    }
    const entry = new PeerEntry(id);
    this.#entries.set(id, entry);
    return entry;
  }

  #victim(host: string | undefined, proof: Proof): PeerEntry | undefined {
    let victim: PeerEntry | undefined;
    let worst = Infinity;
    for (const entry of this.#entries.values()) {
      const mayGo = entry.proof === Proof.none || entry.state === "gone" ||
        (proof === Proof.session && entry.proof < proof);
      if (!mayGo) continue;
      const sameFlood = entry.proof === Proof.none && host !== undefined && entry.ways.knows(host);
      const rank = sameFlood ? -1 : entry.proof * 2 + (entry.state === "up" ? 1 : 0);
      if (rank < worst || (rank === worst && entry.heardAt < victim!.heardAt)) {
        victim = entry;
        worst = rank;
      }
    }
    return victim;
  }
}
