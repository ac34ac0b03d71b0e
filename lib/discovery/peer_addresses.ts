import { familyOf, isLinkLocal, plainHost, withZone, zoneOf } from "../net/addresses.ts";
import type { Address, Datagram, Link } from "../net/types.ts";
import { EARSHOT_PORT } from "../protocol/limits.ts";

/** Degree to which it is known that the peer is at an address. */
export const Proof = {
  /** A datagram said so. */
  none: 0,
  /** An `ask` was answered from it. */
  echo: 1,
  /** A session was there. */
  session: 2,
} as const;
/** One of the proofs; a larger one is better. */
export type Proof = typeof Proof[keyof typeof Proof];

/** Address at which a peer may be dialled: host with its zone if it needs one, TCP port, the link if known. */
export interface PeerAddress extends Address {
  readonly link?: Link;
}

/** Destination of an `ask` to a peer: a host without zone, a UDP port. */
export interface AskTarget extends Address {
  readonly link: Link | undefined;
}

/** Addresses kept for one peer. */
const ADDRESSES_MAX = 8;
/** An address that was asked this long ago, and has not answered since, gives way to one that answers. */
const SILENT_AFTER_MS = 3_000;
/** Addresses of one announcement, over several families and interfaces, are heard within this time. */
const TOGETHER_MS = 5_000;
/** An address is lively if it was heard no longer than this before the latest one: as long as two steady `hello`s take. */
const LIVELY_MS = 20_000;

/** An address at which the peer may be. */
class Candidate {
  /** UDP port last heard from, 0 if none was. */
  udp = 0;
  /** UDP port that last gave a proof, 0 if none did. */
  provenUdp = 0;
  /** When it was asked first after its last answer; Infinity if it answered, or was not asked. */
  askedAt = Infinity;
  /** A session was tried there in vain since the last one. */
  failed = false;
  /** Ours that leads there; known once an `ask` through it was answered. */
  link: Link | undefined;
  /** Ours that it was last heard on, if the platform told. */
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
 * The addresses of one peer. An announcement only adds a candidate: what a proof stands for, its TCP port among it, is
 * never overwritten by one. A link-local IPv6 address is usable only once its link is known.
 */
export class PeerAddresses {
  #candidates: Candidate[] = [];

  /**
   * An announcement came from `host` and UDP port `udp`, and named the TCP port `port`.
   *
   * @param now monotonic, milliseconds
   * @param link that it came in through, if the platform told
   * @returns false if all places are taken by better ones
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
   * The peer was proven to be there; `udp` is 0 and `link` undefined if the proof did not tell. It has one TCP port:
   * another one at that host is forgotten unless it is proven better. False if all places are taken by better ones.
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

  /** An `ask` goes to all of them now. */
  asked(now: number): void {
    for (const candidate of this.#candidates) candidate.askedAt = Math.min(candidate.askedAt, now);
  }

  /** No session with the peer can be had at this address, or at this port of it. */
  failed(host: string, port?: number): void {
    for (const candidate of this.#candidates) {
      if (candidate.host === host && (port === undefined || candidate.port === port)) candidate.failed = true;
    }
  }

  /** Whether sessions were tried in vain at all of them. */
  get allFailed(): boolean {
    return this.#candidates.every((candidate) => candidate.failed || !candidate.isUsable);
  }

  /** Tells whether a peer that is heard from `host` now seems to have moved: it is new, and one that was proven fell silent. */
  looksMoved(host: string, now: number): boolean {
    return !this.knows(host) &&
      this.#candidates.some((each) =>
        familyOf(each.host) === familyOf(host) && each.proof !== Proof.none &&
        now - each.heardAt > TOGETHER_MS
      );
  }

  /** The peer started anew: what a session proved is no more than likely, and what does not answer counts no more. */
  startedAnew(): void {
    for (const candidate of this.#candidates) {
      candidate.failed = false;
      const isSilent = candidate.askedAt < Infinity;
      candidate.proof = isSilent ? Proof.none : Math.min(candidate.proof, Proof.echo) as Proof;
      if (isSilent) candidate.askedAt = -Infinity;
    }
  }

  /** The usable ones, best first: proven, heard most recently, on a known link. */
  usable(): PeerAddress[] {
    return this.#sorted().filter(({ isUsable }) => isUsable).map(({ host, port, link }) =>
      link ? { host: withZone(host, link.interface), port, link } : { host, port }
    );
  }

  /** The one that people are shown: the best to dial, or one that was heard and cannot be dialled yet. */
  get shown(): Address | undefined {
    const [usable] = this.usable();
    const [best] = this.#sorted();
    if (usable || !best) return usable;
    const { host, port, heardOn } = best;
    return { host: heardOn ? withZone(host, heardOn.interface) : host, port };
  }

  /** Whether there is none at all. */
  get isEmpty(): boolean {
    return this.#candidates.length === 0;
  }

  /** Whether there is a usable one. */
  get anyUsable(): boolean {
    return this.#candidates.some(({ isUsable }) => isUsable);
  }

  /** Destinations at which an `ask` can reach the peer: the UDP ports heard from; with `all` the shared port too. */
  askTargets(all: boolean): AskTarget[] {
    const targets = new Map<string, AskTarget>();
    for (const { host, udp, provenUdp, link, heardOn } of this.#sorted()) {
      for (const port of [provenUdp, udp, all || udp === 0 ? EARSHOT_PORT : 0]) {
        if (port !== 0) targets.set(`${host} ${port}`, { host, port, link: link ?? heardOn });
      }
    }
    return [...targets.values()];
  }

  /** Link-local addresses whose link is not known yet, as targets of an `ask`. */
  unlinked(): AskTarget[] {
    return this.#candidates.filter((candidate) => !candidate.isUsable && candidate.udp !== 0)
      .map(({ host, udp, heardOn }) => ({ host, port: udp, link: heardOn }));
  }

  /** Tells whether an announcement came from this host lately enough to be kept. */
  knows(host: string): boolean {
    return this.#candidates.some((candidate) => candidate.host === host);
  }

  /** Links went: an address keeps its link if the same interface has it still, in its new object. */
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

/** What a proof is worth; if an address fell silent, less than a smaller proof of one that is lively. */
const PROVEN = { [Proof.none]: 0, [Proof.echo]: 8, [Proof.session]: 10 } as const;

/** Firmness with which an address holds its place: what nobody can forge holds best, and what answers is not pushed out. */
function hold({ failed, proof, askedAt }: Candidate, now: number): number {
  if (failed) return 0;
  if (proof === Proof.session) return 5;
  const isSilent = now - askedAt >= SILENT_AFTER_MS;
  return proof === Proof.none ? (isSilent ? 1 : 3) : (isSilent ? 2 : 4);
}

/** The firmest {@linkcode hold} that gives way to an address with this proof. */
const GIVES_WAY_TO = { [Proof.none]: 1, [Proof.echo]: 3, [Proof.session]: 5 } as const;

/** Destination of an answer to a datagram. */
export function sourceOf({ from, link }: Datagram): AskTarget {
  return { ...from, link };
}

/** The links that a datagram to `to` has to go out through: one, or every one of IPv6 if the zone is not known. */
export function linksTowards(to: AskTarget, links: readonly Link[]): readonly (Link | undefined)[] {
  if (to.link || !isLinkLocal(to.host)) return [to.link];
  return links.filter((link) => link.family === 6 && !link.loopback);
}

/** Splits a dialled address into the host without zone and the link that the zone names. */
export function splitZone(host: string, links: readonly Link[]): { host: string; link: Link | undefined } {
  const zone = zoneOf(host);
  const link = zone === undefined
    ? undefined
    : links.find((link) => link.interface === zone && link.family === familyOf(host));
  return { host: plainHost(host), link };
}
