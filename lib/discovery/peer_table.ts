import { ROSTER_MAX } from "../protocol/limits.ts";
import { Proof } from "./peer_addresses.ts";
import { PeerEntry } from "./peer_entry.ts";
import type { Roster } from "./roster.ts";
import { CROWD, SourceCounts, type SourceHost } from "./source_counts.ts";

/**
 * Largest {@linkcode PeerTable.groupSize} of a small roster: everybody may answer a newcomer by unicast, and asks are
 * cheap.
 */
export const SMALL_ROSTER = 32;

/** A peer that needs a place in the roster. */
export interface Newcomer {
  readonly id: string;
  /** Source of its announcement, or of hearsay; undefined for a session without either. */
  readonly host: string | undefined;
  readonly proof: Proof;
  /** True if the user looks for it. */
  readonly sought?: boolean;
}

/** The roster, with the operations that change it. */
export class PeerTable implements Roster {
  readonly #entries = new Map<string, PeerEntry>();
  readonly #sources = new SourceCounts();
  #size = 0;

  /**
   * @param isKnown tells whether the user knows a peer, which then always has a place
   * @param limit most entries
   */
  constructor(
    private readonly isKnown: (id: string) => boolean = () => false,
    private readonly limit = ROSTER_MAX,
  ) {}

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

  /** Number of peers that are up, counting at most 32 of one host: a single host cannot make the group look large. */
  get groupSize(): number {
    return this.#sources.groupSize;
  }

  /** Tells whether so many peers were heard from its host that it looks like a flood. */
  isCrowded({ source }: PeerEntry): boolean {
    return source !== undefined && source.ofHost.entries > CROWD;
  }

  setState(entry: PeerEntry, state: "up" | "gone"): void {
    if (entry.state === state) return;
    entry.state = state;
    const by = state === "up" ? 1 : -1;
    this.#size += by;
    this.#sources.up(entry.source, by);
  }

  /** Counts the peers that are up and were heard since the monotonic time `since`. */
  heardSince(since: number): number {
    let heard = 0;
    for (const entry of this.#entries.values()) if (entry.state === "up" && entry.heardAt >= since) heard++;
    return heard;
  }

  /**
   * Adds an entry in state `gone`. If the table is full, another entry gives way; undefined if none does (PROTOCOL.md
   * 3.4).
   *
   * @param removed called after a peer that was up gave way
   */
  add(newcomer: Newcomer, removed: (entry: PeerEntry) => void): PeerEntry | undefined {
    const source = newcomer.host === undefined ? undefined : this.#sources.of(newcomer.host);
    if (this.#entries.size >= this.limit) {
      const victim = this.#victim(newcomer, source);
      if (!victim) return undefined;
      const wasUp = victim.state === "up";
      this.delete(victim);
      if (wasUp) removed(victim);
    }
    const entry = new PeerEntry(newcomer.id, source);
    this.#entries.set(entry.id, entry);
    this.#sources.entry(source, 1);
    return entry;
  }

  /** Removes a peer. */
  delete(entry: PeerEntry): void {
    if (!this.#entries.delete(entry.id)) return;
    this.setState(entry, "gone");
    this.#sources.entry(entry.source, -1);
  }

  #victim(newcomer: Newcomer, source: SourceHost | undefined): PeerEntry | undefined {
    const mayGo = choice(newcomer, source, this.isKnown(newcomer.id));
    let victim: PeerEntry | undefined;
    let worst = Infinity;
    for (const entry of this.#entries.values()) {
      const rank = rankOf(entry, source);
      if (rank > worst || (rank === worst && entry.heardAt >= victim!.heardAt)) continue;
      if (!mayGo(entry) || this.isKnown(entry.id)) continue;
      victim = entry;
      worst = rank;
    }
    return victim;
  }
}

/** Returns the function that tells which entries may give way to a newcomer. */
function choice(
  { proof, sought }: Newcomer,
  source: SourceHost | undefined,
  isKnown: boolean,
): (entry: PeerEntry) => boolean {
  if (isKnown) return () => true;
  const here = source?.ofHost.entries ?? 0;
  const around = source?.ofNetwork.entries ?? 0;
  const share = Math.max(CROWD, here + 1);
  const shareOfNetwork = Math.max(CROWD, around + 1);
  return (entry) => {
    const its = entry.source;
    // A host or network beyond its share gives way, proven or not.
    if (its && (its.ofHost.entries > share || its.ofNetwork.entries > shareOfNetwork)) return true;
    if (sought && entry.proof !== Proof.session) return true;
    // A newcomer from a crowded host displaces only entries of that host.
    if (here > CROWD && its?.ofHost !== source!.ofHost) return false;
    if (around > CROWD && its?.ofNetwork !== source!.ofNetwork) return false;
    return entry.proof === Proof.none || entry.state === "gone" ||
      (proof === Proof.session && entry.proof < proof);
  };
}

/**
 * Returns the rank of an entry; the lowest gives way first: those of a crowded host or network, unproven ones of the
 * same host, less proven ones, gone ones.
 */
function rankOf({ source: its, proof, state }: PeerEntry, source: SourceHost | undefined): number {
  const there = its?.ofHost.entries ?? 0;
  const network = its?.ofNetwork.entries ?? 0;
  const crowd = 2 * (there > CROWD ? there : 0) + (network > CROWD ? network : 0);
  const sameFlood = proof === Proof.none && its !== undefined && its.ofHost === source?.ofHost;
  return (sameFlood ? -1 : proof * 2 + (state === "up" ? 1 : 0)) - crowd * 8;
}
