import { familyOf, isLinkLocal, plainHost } from "../net/addresses.ts";

/** With more entries than this a host, or a network, is crowded. */
export const CROWD = 32;

/** Where something was heard from. */
export interface Place {
  /** Address, without zone. */
  readonly host: string;
  /** Its network of one user: of an IPv6 address the /64. */
  readonly network: string;
}

/** What is counted for one host or network. */
interface Count {
  entries: number;
  up: number;
}

const NONE: Readonly<Count> = { entries: 0, up: 0 };

/**
 * How the entries of a roster are spread over where they were first heard: hosts, and networks of one user. Of IPv6 that
 * is a /64, all of whose addresses a single host can use.
 */
export class Shares {
  readonly #counts = new Map<string, Count>();
  #groupSize = 0;

  /** How many are up, of each host 32 at most, nor of each IPv6 network but that of the link: one looks like no crowd. */
  get groupSize(): number {
    return this.#groupSize;
  }

  /** Entries from there. */
  ofHost(place: Place | undefined): number {
    return place === undefined ? 0 : (this.#counts.get(place.host) ?? NONE).entries;
  }

  /** Entries from all of that network. */
  ofNetwork(place: Place | undefined): number {
    return place === undefined ? 0 : (this.#counts.get(place.network) ?? NONE).entries;
  }

  /** An entry came (1) or went (-1). */
  entry(place: Place | undefined, by: 1 | -1): void {
    this.#each(place, (count) => count.entries += by);
  }

  /** A peer is up (1), or not any more (-1). */
  up(place: Place | undefined, by: 1 | -1): void {
    if (place === undefined) return void (this.#groupSize += by);
    const counted = isLinkLocal(place.host) ? place.host : place.network;
    const before = this.#counted(counted);
    this.#each(place, (count) => count.up += by);
    this.#groupSize += this.#counted(counted) - before;
  }

  #counted(key: string): number {
    return Math.min(CROWD, (this.#counts.get(key) ?? NONE).up);
  }

  #each(place: Place | undefined, change: (count: Count) => void): void {
    if (place === undefined) return;
    for (const key of new Set([place.host, place.network])) {
      const count = this.#counts.get(key) ?? { entries: 0, up: 0 };
      change(count);
      if (count.entries === 0 && count.up === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
    }
  }
}

/** The place of a host, however its address is written. */
export function placeOf(address: string): Place {
  const host = plainHost(address).toLowerCase();
  return { host, network: familyOf(host) === 4 ? host : networkOf(host) };
}

function networkOf(plain: string): string {
  const [head = "", tail] = plain.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
  return `${groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":")}::/64`;
}
