import type { Deadline } from "./deadline.ts";
import { familyOf, plainHost, withZone } from "../net/addresses.ts";
import type { Address } from "../net/types.ts";
import { type Heard, Probe, type ProbeOptions } from "../peer/probe.ts";

/** A peer of our group that was heard. */
export interface HeardPeer {
  readonly id: string;
  readonly name: string;
  /** Where it takes sessions; an IPv4 address, if it was heard from one. */
  readonly address: Address;
  /** Where it takes sessions, one for each family that it was heard from. */
  readonly addresses: readonly Address[];
  /** True if it answered what was sent to the whole group. */
  readonly heardGroup: boolean;
  /** True if something that it sent to the whole group came here. */
  readonly sentToGroup: boolean;
}

/** Pause between the two questions to the group, milliseconds. To the second one peers answer the whole group too. */
const AGAIN_MS = 500;
/** How long answers may take, milliseconds: peers wait up to 100, to the whole group a second. */
const ANSWER_MS = 1_300;
/** How long peers get to say something to the whole group, milliseconds. */
const MUTE_MS = 2_500;
/** How long places that did not answer with the group get, milliseconds. */
const PLACES_MS = 1_500;
/** How long it listens in all if nobody answers, milliseconds: most peers say hello every 12 s or less. */
const ALONE_MS = 10_500;

/** How much time is left for checks when it stops to listen, milliseconds. */
const JUDGE_MS = 1_000;

/** Asks the group twice, then the places where somebody should be, and collects all that is heard. */
export class Listening {
  /** Everything that was heard so far. */
  readonly heard: Heard[] = [];
  /** Resolves when the group had time to answer, and known places too. */
  readonly asked: Promise<void>;
  /** Resolves when nothing more is to be expected. */
  readonly over: Promise<void>;
  readonly #wake = new Set<() => void>();
  /** Rounds that went to single places. */
  readonly #single = new Set<number>();
  readonly #began = performance.now();
  #probe: Probe | undefined;
  /** The reason why nothing could be opened. */
  trouble: unknown;

  /**
   * @param places addresses that are asked alone if nothing was heard from them, or when they will be known
   * @param isOwn tells an address of this machine
   * @param isConnected false if nobody can be heard anyway
   */
  constructor(
    options: ProbeOptions,
    places: readonly Address[] | Promise<readonly Address[]>,
    private readonly isOwn: (host: string) => boolean,
    private readonly isConnected: boolean,
    private readonly deadline: Deadline,
  ) {
    const opened = Probe.open(options, (heard) => this.#hear(heard)).then((probe) => this.#probe = probe);
    this.asked = opened.then(async () => {
      await this.#askGroup();
      await this.#askPlaces(await places);
    }).catch((error) => this.trouble = error);
    this.over = this.asked.then(() => this.#wait());
  }

  /** Name of the group that was asked. */
  get group(): string | undefined {
    return this.#probe?.group;
  }

  /** The peers of our group on other machines, each once. */
  get peers(): HeardPeer[] {
    return heardPeers(this.heard, this.isOwn, (round) => this.#single.has(round));
  }

  /**
   * Asks these places once more, and nobody else, after the group had its time. Tells whether one of them answers within
   * 1.5 s.
   */
  answersAlone(places: readonly Address[]): Promise<boolean> {
    return this.askAlone(places, (round) => this.heard.some(({ answers }) => answers === round));
  }

  /**
   * Asks these places once more, and nobody else, after the group had its time. Tells whether `isEnough` of the round
   * became true within 1.5 s.
   */
  async askAlone(places: readonly Address[], isEnough: (round: number) => boolean): Promise<boolean> {
    await this.asked;
    if (!this.#probe || places.length === 0) return false;
    const round = this.#probe.ask(places);
    this.#single.add(round);
    await this.#until(() => isEnough(round), PLACES_MS);
    return isEnough(round);
  }

  /** Closes the sockets. */
  async close(): Promise<void> {
    await this.over.catch(() => {});
    await this.#probe?.close();
  }

  async #askGroup(): Promise<void> {
    const probe = this.#probe!;
    probe.askAll();
    await pause(AGAIN_MS);
    probe.askAll();
    await pause(ANSWER_MS);
    const isMute = () => this.peers.length > 0 && this.peers.every(({ sentToGroup }) => !sentToGroup);
    if (!isMute()) return;
    // Peers say something to the whole group once a second at most: others may have asked as well.
    probe.askAll();
    await this.#until(() => !isMute(), MUTE_MS);
  }

  async #askPlaces(places: readonly Address[]): Promise<void> {
    const silent = () =>
      places.filter(({ host }) => !this.heard.some(({ from }) => from.host === plainHost(host)));
    if (silent().length === 0) return;
    this.#single.add(this.#probe!.ask(silent()));
    await this.#until(() => silent().length === 0, PLACES_MS);
  }

  /** Waits for anybody, of whatever group, if nobody was heard. */
  async #wait(): Promise<void> {
    if (this.trouble !== undefined || !this.isConnected) return;
    const isAnybody = () => this.heard.some(({ kind, from }) => kind !== "echo" && !this.isOwn(from.host));
    const alone = this.#began + ALONE_MS - performance.now();
    await this.#until(isAnybody, Math.min(alone, this.deadline.left - JUDGE_MS));
  }

  /** Waits until something heard makes `condition` true, but at most `ms`. */
  async #until(condition: () => boolean, ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (!condition() && performance.now() < until) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.max(0, until - performance.now()));
      this.#wake.add(resolve);
      await promise;
      clearTimeout(timer);
      this.#wake.delete(resolve);
    }
  }

  #hear(heard: Heard): void {
    this.heard.push(heard);
    for (const wake of this.#wake) wake();
  }
}

/**
 * Lists the peers of our group on other machines, each once, without those that said bye in the meantime.
 *
 * @param isOwn tells an address of this machine
 * @param isSingle tells a round that went to single places
 */
export function heardPeers(
  heard: readonly Heard[],
  isOwn: (host: string) => boolean,
  isSingle: (round: number) => boolean,
): HeardPeer[] {
  const peers = new Map<string, HeardPeer>();
  for (const { kind, announcement, from, link, answers, toMulticast } of heard) {
    if (kind !== "peer" || announcement!.brief || isOwn(from.host)) continue;
    const { t, id, name, port } = announcement!;
    const known = peers.get(id);
    const host = link ? withZone(from.host, link.interface) : from.host;
    if (t === "bye") {
      if (known?.addresses.some((address) => address.host === host)) peers.delete(id);
      continue;
    }
    const others = known?.addresses.filter((other) => familyOf(other.host) !== familyOf(host)) ?? [];
    const addresses = [{ host, port }, ...others].toSorted((a, b) => familyOf(a.host) - familyOf(b.host));
    peers.set(id, {
      id,
      name,
      address: addresses[0]!,
      addresses,
      heardGroup: known?.heardGroup || (answers !== undefined && !isSingle(answers)),
      sentToGroup: known?.sentToGroup || toMulticast,
    });
  }
  return [...peers.values()];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
