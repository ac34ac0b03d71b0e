import { isLinkLocal, networkOf, plainHost } from "../net/addresses.ts";

/** Most entries of a host or network that is not crowded. */
export const CROWD = 32;

/** Number of entries first heard from one host or network, and how many of them are up. */
interface Count {
  entries: number;
  up: number;
}

/** Host and network from which an entry was first heard. */
export interface SourceHost {
  /** Address, without zone. */
  readonly host: string;
  /** The network of one user: for IPv6 the /64, all of whose addresses a single host can use. */
  readonly network: string;
  /** Entries from the host. */
  readonly ofHost: Readonly<Count>;
  /** Entries from the network. */
  readonly ofNetwork: Readonly<Count>;
}

/** Counts the entries of a roster by the host and network from which they were first heard. */
export class SourceCounts {
  readonly #counts = new Map<string, Count>();
  #groupSize = 0;

  /**
   * Number of peers that are up and announce themselves. Counts at most 32 of one host, and of one IPv6 network other
   * than the link's, so that a single sender cannot look like a crowd.
   */
  get groupSize(): number {
    return this.#groupSize;
  }

  /** Returns the counts of a host, however its address is written. They are live as long as it has an entry. */
  of(address: string): SourceHost {
    const host = plainHost(address).toLowerCase();
    const network = networkOf(host);
    const count = (key: string) => this.#counts.get(key) ?? { entries: 0, up: 0 };
    const ofHost = count(host);
    return { host, network, ofHost, ofNetwork: network === host ? ofHost : count(network) };
  }

  /** Counts an entry that was added (1) or removed (-1). */
  entry(source: SourceHost | undefined, by: 1 | -1): void {
    if (!source) return;
    this.#change(source, (count) => count.entries += by);
    for (const [key, count] of [[source.host, source.ofHost], [source.network, source.ofNetwork]] as const) {
      if (count.entries === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
    }
  }

  /** Counts a peer that came up (1) or went down (-1). */
  up(source: SourceHost | undefined, by: 1 | -1): void {
    if (!source) return;
    const counted = isLinkLocal(source.host) ? source.ofHost : source.ofNetwork;
    const before = Math.min(CROWD, counted.up);
    this.#change(source, (count) => count.up += by);
    this.#groupSize += Math.min(CROWD, counted.up) - before;
  }

  #change({ ofHost, ofNetwork }: SourceHost, change: (count: Count) => void): void {
    change(ofHost);
    if (ofNetwork !== ofHost) change(ofNetwork);
  }
}
