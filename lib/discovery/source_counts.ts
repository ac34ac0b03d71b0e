import { isLinkLocal, networkOf, plainHost } from "../net/addresses.ts";

/** With more entries than this a host, or a network, is crowded. */
export const CROWD = 32;

/** Entries of a roster that were first heard from one host or network, and how many of them are up. */
interface Count {
  entries: number;
  up: number;
}

/** Host and network that an entry was first heard from. */
export interface SourceHost {
  /** Address, without zone. */
  readonly host: string;
  /** Its network of one user: of an IPv6 address the /64, all of whose addresses a single host can use. */
  readonly network: string;
  /** What came from the host. */
  readonly ofHost: Readonly<Count>;
  /** What came from the network. */
  readonly ofNetwork: Readonly<Count>;
}

/** Counts of the entries of a roster by the host and network that they were first heard from. */
export class SourceCounts {
  readonly #counts = new Map<string, Count>();
  #groupSize = 0;

  /**
   * How many are up and announce themselves, of each host 32 at most, nor more of each IPv6 network but that of the link:
   * nobody looks like a crowd.
   */
  get groupSize(): number {
    return this.#groupSize;
  }

  /** The source that a host is, however its address is written. Its counts are live as long as it has an entry. */
  of(address: string): SourceHost {
    const host = plainHost(address).toLowerCase();
    const network = networkOf(host);
    const count = (key: string) => this.#counts.get(key) ?? { entries: 0, up: 0 };
    const ofHost = count(host);
    return { host, network, ofHost, ofNetwork: network === host ? ofHost : count(network) };
  }

  /** An entry came (1) or went (-1). */
  entry(source: SourceHost | undefined, by: 1 | -1): void {
    if (!source) return;
    this.#change(source, (count) => count.entries += by);
    for (const [key, count] of [[source.host, source.ofHost], [source.network, source.ofNetwork]] as const) {
      if (count.entries === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
    }
  }

  /** A peer is up (1), or not any more (-1). */
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
