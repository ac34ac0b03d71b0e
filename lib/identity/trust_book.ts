import type { Clock } from "../platform/clock.ts";
import { foldLabel } from "../protocol/label.ts";
import { ROSTER_MAX } from "../protocol/limits.ts";

/** Record of a peer; it stays when the peer goes. */
export interface KnownRecord {
  readonly id: string;
  /** Its label when it became known. */
  readonly name: string;
  /** Why it is known; `blocked`: each of its messages is refused. */
  readonly how: "trusted" | "sent" | "group" | "blocked";
  /** Since when `how` holds, milliseconds since 1970. */
  readonly since: number;
}

/** Store of the records; a change is durable when its promise resolves. */
export interface TrustStore {
  known(): Promise<KnownRecord[]>;
  /** Adds a record, or replaces that of the same id. */
  putKnown(record: KnownRecord): Promise<void>;
  forgetKnown(id: string): Promise<void>;
}

/** Judgement of a peer with this id and name. */
export type Verdict =
  | { readonly kind: "known" | "unknown" | "blocked" }
  /** The name of a known peer, but with an unknown id. */
  | { readonly kind: "impostor"; readonly known: KnownRecord };

interface Entry {
  readonly record: KnownRecord;
  readonly folded: string;
}

/** Most records that come from sharing a group: ids cost nothing, so a member could make any number. */
const GROUP_RECORDS_MAX = ROSTER_MAX;

/**
 * Peers that this profile knows. Names compare case-insensitively. A change takes effect at once, and is durable when
 * its promise resolves.
 */
export class TrustBook {
  readonly #entries = new Map<string, Entry>();

  private constructor(private readonly store: TrustStore, private readonly clock: Clock) {}

  static async load(store: TrustStore, clock: Clock): Promise<TrustBook> {
    const book = new TrustBook(store, clock);
    for (const record of await store.known()) book.#remember(record);
    return book;
  }

  /** Lists all records, blocked ones included, by name. */
  list(): KnownRecord[] {
    return [...this.#entries.values()]
      .sort((a, b) => compare(a.folded, b.folded) || compare(a.record.id, b.record.id))
      .map((entry) => entry.record);
  }

  get(id: string): KnownRecord | undefined {
    return this.#entries.get(id)?.record;
  }

  isKnown(id: string): boolean {
    const record = this.get(id);
    return record !== undefined && record.how !== "blocked";
  }

  isBlocked(id: string): boolean {
    return this.get(id)?.how === "blocked";
  }

  /** Records of this name, blocked ones included. */
  byName(name: string): KnownRecord[] {
    const folded = fold(name);
    return [...this.#entries.values()].filter((entry) => entry.folded === folded).map((entry) =>
      entry.record
    );
  }

  /** Judges a peer with this proven id and this name. Anybody may use the name of a blocked peer. */
  verdict(id: string, name: string): Verdict {
    const record = this.get(id);
    if (record) return { kind: record.how === "blocked" ? "blocked" : "known" };
    const known = this.otherOwner(id, name);
    return known ? { kind: "impostor", known } : { kind: "unknown" };
  }

  /** Finds the unblocked peer on record with this name. Undefined if `id` has that name too, or is blocked. */
  otherOwner(id: string, name: string): KnownRecord | undefined {
    const owners = this.byName(name).filter((record) => record.how !== "blocked");
    return this.isBlocked(id) || owners.some((owner) => owner.id === id) ? undefined : owners[0];
  }

  /**
   * Notes that a peer was sent to by name and id, or shares our closed group. Only a peer whose verdict is "unknown"
   * gets a record: existing records stay unchanged, and an impostor becomes known only through {@linkcode trust}.
   */
  async meet(id: string, name: string, how: "sent" | "group"): Promise<void> {
    if (this.verdict(id, name).kind !== "unknown") return;
    const giveWay = how === "group" ? this.#longestInGroup() : undefined;
    await Promise.all([...giveWay ? [this.forget(giveWay)] : [], this.#put(id, name, how)]);
  }

  /** Trusts this id, and removes the unblocked records of other ids with its name: only one is its owner. */
  async trust(id: string, name: string): Promise<void> {
    const others = this.byName(name).filter((other) => other.id !== id && other.how !== "blocked");
    await Promise.all([this.#put(id, name, "trusted"), ...others.map((other) => this.forget(other.id))]);
  }

  /** Removes the record of this id, even a block. */
  async forget(id: string): Promise<void> {
    if (this.#entries.delete(id)) await this.store.forgetKnown(id);
  }

  /** Blocks this id. */
  async block(id: string, name: string): Promise<void> {
    await this.#put(id, name, "blocked");
  }

  #put(id: string, name: string, how: KnownRecord["how"]): Promise<void> {
    const record = { id, name, how, since: this.clock.wall() };
    this.#remember(record);
    return this.store.putKnown(record);
  }

  #remember(record: KnownRecord): void {
    this.#entries.set(record.id, { record, folded: fold(record.name) });
  }

  /** Returns the id that gives way to a new one when the group's records are at their limit. */
  #longestInGroup(): string | undefined {
    const group = [...this.#entries.values()].map((entry) => entry.record).filter(({ how }) =>
      how === "group"
    );
    if (group.length < GROUP_RECORDS_MAX) return undefined;
    return group.reduce((oldest, record) => record.since < oldest.since ? record : oldest).id;
  }
}

/** Returns one spelling for names that look the same to a person: letter case and compatibility forms are folded. */
function fold(name: string): string {
  return foldLabel(name.normalize("NFKC"));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
