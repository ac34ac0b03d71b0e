import { familyOf, isLinkLocal, plainHost, withZone, zoneOf } from "../net/addresses.ts";
import type { Address, Datagram, Link } from "../net/types.ts";
import { EARSHOT_PORT } from "../protocol/limits.ts";

/** How well it is proven that the peer is at an address. */
export const Proof = {
  /** Only an announcement came from there. */
  none: 0,
  /** An answer to an `ask` came from there. */
  echo: 1,
  /** There was a session. */
  session: 2,
} as const;
/** One of the proofs; a larger one is better. */
export type Proof = typeof Proof[keyof typeof Proof];

/** Address for dialling a peer: host with its zone if it needs one, TCP port, and the link if known. */
export interface PeerAddress extends Address {
  readonly link?: Link;
}

/** Destination of an `ask` to a peer: a host without zone, a UDP port. */
export interface AskTarget extends Address {
  readonly link: Link | undefined;
}

/** Most addresses of one peer. */
const ADDRESSES_MAX = 8;
/** An address gives way to an answering one if it has not answered for this long after an ask, milliseconds. */
const SILENT_AFTER_MS = 3_000;
/** One announcement over several families and interfaces arrives within this time, milliseconds. */
const TOGETHER_MS = 5_000;
/**
 * An address is lively if it was heard within this time before the latest one: two periods of the steady `hello`.
 * Milliseconds.
 */
const LIVELY_MS = 20_000;

/** A possible address of the peer. */
class Candidate {
  /** UDP port of the latest datagram; 0 if there was none. */
  udp = 0;
  /** UDP port of the latest proof; 0 if there was none. */
  provenUdp = 0;
  /** Time of the first ask after the latest answer; Infinity if no ask is unanswered. */
  askedAt = Infinity;
  /** True if dialling failed there since the latest session. */
  failed = false;
  /** Our link to it; known once an `ask` through it was answered. */
  link: Link | undefined;
  /** Our link on which it was last heard, if the platform tells. */
  heardOn: Link | undefined;

  /**
   * @param host without zone
   * @param port TCP
   */
  constructor(readonly host: string, readonly port: number, public proof: Proof, public heardAt: number) {}

  get isUsable(): boolean {
    return this.link !== undefined || !isLinkLocal(this.host);
  }
}

/**
 * The addresses of one peer. An announcement only adds candidates: it never overwrites what was proven, such as the TCP
 * port. A link-local IPv6 address is usable only once its link is known.
 */
export class PeerAddresses {
  #candidates: Candidate[] = [];

  /**
   * Records an announcement with TCP port `port` from `host` and UDP port `udp`.
   *
   * @param now monotonic, milliseconds
   * @param link on which it arrived, if the platform tells
   * @returns false if there is no room for the address
   */
  learn(host: string, port: number, udp: number, now: number, link: Link | undefined): boolean {
    const candidate = this.#find(host, port) ?? this.#add(host, port, Proof.none, now);
    if (!candidate) return false;
    candidate.udp = udp;
    candidate.heardAt = now;
    candidate.heardOn = link ?? candidate.heardOn;
    return true;
  }

  /**
   * Records a proof that the peer is there. `udp` is 0 and `link` undefined if the proof did not tell them. A peer has
   * one TCP port: another one at this host is forgotten unless its proof is better. Returns false if there is no room
   * for the address.
   */
  prove(host: string, port: number, udp: number, proof: Proof, now: number, link: Link | undefined): boolean {
    this.#candidates = this.#candidates.filter((each) =>
      each.host !== host || each.port === port || each.proof > proof
    );
    const candidate = this.#find(host, port) ?? this.#add(host, port, proof, now);
    if (!candidate) return false;
    candidate.askedAt = Infinity;
    if (proof === Proof.session) candidate.failed = false;
    if (udp !== 0) candidate.udp = candidate.provenUdp = udp;
    candidate.proof = Math.max(candidate.proof, proof) as Proof;
    candidate.heardAt = now;
    candidate.link = link ?? candidate.link;
    return true;
  }

  /** Notes that an `ask` goes to all of them now. */
  asked(now: number): void {
    for (const candidate of this.#candidates) candidate.askedAt = Math.min(candidate.askedAt, now);
  }

  /** Notes that dialling this address (or this port of it) failed. */
  failed(host: string, port?: number): void {
    for (const candidate of this.#candidates) {
      if (candidate.host === host && (port === undefined || candidate.port === port)) candidate.failed = true;
    }
  }

  /** True if dialling failed at all of them. */
  get allFailed(): boolean {
    return this.#candidates.every((candidate) => candidate.failed || !candidate.isUsable);
  }

  /** Tells whether a peer heard from `host` seems to have moved: the host is new, and a proven address is silent. */
  looksMoved(host: string, now: number): boolean {
    return !this.knows(host) &&
      this.#candidates.some((each) =>
        familyOf(each.host) === familyOf(host) && each.proof !== Proof.none &&
        now - each.heardAt > TOGETHER_MS
      );
  }

  /** Lowers the proofs after a restart of the peer: a session's to an echo's, and a silent address's to none. */
  startedAnew(): void {
    for (const candidate of this.#candidates) {
      candidate.failed = false;
      const isSilent = candidate.askedAt < Infinity;
      candidate.proof = isSilent ? Proof.none : Math.min(candidate.proof, Proof.echo) as Proof;
      if (isSilent) candidate.askedAt = -Infinity;
    }
  }

  /** Lists the usable addresses, best first: proven, heard most recently, on a known link. */
  usable(): PeerAddress[] {
    return this.#sorted().filter(({ isUsable }) => isUsable).map(({ host, port, link }) =>
      link ? { host: withZone(host, link.interface), port, link } : { host, port }
    );
  }

  /** The address shown to people: the best usable one, else one that was heard but is not usable yet. */
  get shown(): Address | undefined {
    const [usable] = this.usable();
    const [best] = this.#sorted();
    if (usable || !best) return usable;
    const { host, port, heardOn } = best;
    return { host: heardOn ? withZone(host, heardOn.interface) : host, port };
  }

  /** True if there is no address. */
  get isEmpty(): boolean {
    return this.#candidates.length === 0;
  }

  /** True if there is a usable address. */
  get anyUsable(): boolean {
    return this.#candidates.some(({ isUsable }) => isUsable);
  }

  /** Lists targets for an `ask` to the peer: the UDP ports it was heard from; with `all` the shared port too. */
  askTargets(all: boolean): AskTarget[] {
    const targets = new Map<string, AskTarget>();
    for (const { host, udp, provenUdp, link, heardOn } of this.#sorted()) {
      for (const port of [provenUdp, udp, all || udp === 0 ? EARSHOT_PORT : 0]) {
        if (port !== 0) targets.set(`${host} ${port}`, { host, port, link: link ?? heardOn });
      }
    }
    return [...targets.values()];
  }

  /** Lists link-local addresses with unknown link, as targets of an `ask`. */
  unlinked(): AskTarget[] {
    return this.#candidates.filter((candidate) => !candidate.isUsable && candidate.udp !== 0)
      .map(({ host, udp, heardOn }) => ({ host, port: udp, link: heardOn }));
  }

  /** Tells whether this host is among the addresses. */
  knows(host: string): boolean {
    return this.#candidates.some((candidate) => candidate.host === host);
  }

  /** Replaces links that were removed by their new objects, if the same interface still has one. */
  relink(removed: readonly Link[], links: readonly Link[]): void {
    const now = (old: Link | undefined) =>
      old && removed.includes(old)
        ? links.find((link) => link.interface === old.interface && link.family === old.family)
        : old;
    for (const candidate of this.#candidates) {
      candidate.link = now(candidate.link);
      candidate.heardOn = now(candidate.heardOn);
    }
  }

  #find(host: string, port: number): Candidate | undefined {
    return this.#candidates.find((candidate) => candidate.host === host && candidate.port === port);
  }

  #add(host: string, port: number, proof: Proof, now: number): Candidate | undefined {
    if (this.#candidates.length >= ADDRESSES_MAX) {
      const [worst] = this.#candidates.toSorted((a, b) =>
        hold(a, now) - hold(b, now) || a.heardAt - b.heardAt
      );
      if (hold(worst!, now) > GIVES_WAY_TO[proof]) return undefined;
      this.#candidates.splice(this.#candidates.indexOf(worst!), 1);
    }
    const candidate = new Candidate(host, port, proof, now);
    this.#candidates.push(candidate);
    return candidate;
  }

  #sorted(): Candidate[] {
    if (this.#candidates.length < 2) return this.#candidates;
    const latest = Math.max(...this.#candidates.map(({ heardAt }) => heardAt));
    const rank = ({ failed, proof, heardAt, link }: Candidate) =>
      (failed ? -16 : 0) + PROVEN[proof] + (latest - heardAt <= LIVELY_MS ? 4 : 0) + (link ? 1 : 0);
    return this.#candidates.toSorted((a, b) => rank(b) - rank(a));
  }
}

/** Rank of each proof. A silent address with a proof ranks below a lively one with a lesser proof. */
const PROVEN = { [Proof.none]: 0, [Proof.echo]: 8, [Proof.session]: 10 } as const;

/**
 * Returns how firmly an address keeps its place. Addresses that cannot be forged, and those that answer, are firmest.
 */
function hold({ failed, proof, askedAt }: Candidate, now: number): number {
  if (failed) return 0;
  if (proof === Proof.session) return 5;
  const isSilent = now - askedAt >= SILENT_AFTER_MS;
  return proof === Proof.none ? (isSilent ? 1 : 3) : (isSilent ? 2 : 4);
}

/** Highest {@linkcode hold} that gives way to a new address with each proof. */
const GIVES_WAY_TO = { [Proof.none]: 1, [Proof.echo]: 3, [Proof.session]: 5 } as const;

/** Returns the target of an answer to a datagram. */
export function sourceOf({ from, link }: Datagram): AskTarget {
  return { ...from, link };
}

/** Returns where to dial the source of a datagram; undefined if it is link-local and its link is not known. */
export function dialAddress({ from: { host }, link }: Datagram, port: number): Address | undefined {
  if (link) return { host: withZone(host, link.interface), port };
  return isLinkLocal(host) ? undefined : { host, port };
}

/** Lists the links for a datagram to `to`: one, or every IPv6 link if the zone of a link-local address is unknown. */
export function linksTowards(to: AskTarget, links: readonly Link[]): readonly (Link | undefined)[] {
  if (to.link || !isLinkLocal(to.host)) return [to.link];
  return links.filter((link) => link.family === 6 && !link.loopback);
}

/** Splits a dialled address into the host without zone and the link of the zone. */
export function splitZone(host: string, links: readonly Link[]): { host: string; link: Link | undefined } {
  const zone = zoneOf(host);
  const link = zone === undefined
    ? undefined
    : links.find((link) => link.interface === zone && link.family === familyOf(host));
  return { host: plainHost(host), link };
}
