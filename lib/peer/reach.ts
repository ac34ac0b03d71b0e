import { ipv4ToNumber, ipv6ToNumber } from "../net/addresses.ts";
import type { Address } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { type HostPort, hostPortText } from "../protocol/host_port.ts";
import { type DialFailure, failureText, mostTelling } from "../session/dial_failure.ts";
import { Outage } from "../session/outage.ts";

/** Pause before a place is dialled again where we are ourselves, milliseconds. */
const OWN_AGAIN_MS = 60_000;
/** Longest pause before a place is dialled again, as a part of its outage: a router that was started anew is soon used. */
const PAUSE_PART = 0.01;
/** A session that ended sooner counts as a failure; milliseconds. */
const STEADY_MS = 10_000;
/** Attempts in a row at a remembered peer: before it was met, and after. */
const TRIES_FIRST = 1;
const TRIES_AGAIN = 5;
/** How long a name may take to resolve, milliseconds, and how many of its addresses are dialled. */
const RESOLVE_MS = 5_000;
const ADDRESSES_MAX = 8;

/** Dependencies of {@linkcode Reach}. */
export interface ReachOptions {
  /** Our own id: a list of peers may name us as well. */
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Returns the addresses of a name; rejects with a sentence. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Dials whoever is there, or only `expected`; see `Sessions.meet`. */
  readonly meet: (
    addresses: readonly Address[],
    expected: string | undefined,
  ) => Promise<{ readonly id: string } | { readonly failures: readonly DialFailure[] }>;
  /** Tells whether this peer is here without being dialled: it has a session, or its announcements are heard. */
  readonly isHere: (id: string) => boolean;
  /** Told once in each outage: why a place is not reached. */
  readonly failed: (why: string) => void;
}

/** A place that is dialled until a peer is there. */
interface Place {
  /** Place that the user named, or addresses at which a peer was met. */
  readonly to: HostPort | readonly Address[];
  /** The only peer that is sought there. */
  readonly expected: string | undefined;
  /** The peer that was there last. */
  id: string | undefined;
  metAt: number;
  failures: number;
  /** Since when it is not reached. */
  outage: Outage | undefined;
  isTold: boolean;
  isDialling: boolean;
  again: Timer | undefined;
}

/**
 * Keeps in touch with peers that announcements do not show (PROTOCOL.md 3.8): dials each place that the user named
 * until a session proves who is there, and again, with growing pauses, when that peer is neither connected nor heard. A
 * remembered peer is tried once, and a few times after it was there.
 */
export class Reach {
  #places: Place[];
  #isOpen = false;
  /** Gives up looking names up. */
  readonly #lookups = new Set<() => void>();

  constructor(private readonly options: ReachOptions, peers: readonly HostPort[]) {
    this.#places = peers.map((to) => placeOf(to));
  }

  /** Starts to dial. */
  start(): void {
    this.#isOpen = true;
    this.refresh();
  }

  /** Tries this peer at the addresses where it was met, unless it is tried already. */
  tryPeer(id: string, addresses: readonly Address[]): void {
    if (this.#places.some((place) => place.expected === id)) return;
    const place = placeOf(addresses, id);
    this.#places.push(place);
    this.#look(place);
  }

  /** Stops dialling; a running attempt has no effect any more. */
  stop(): void {
    this.#isOpen = false;
    for (const place of this.#places) place.again?.cancel();
    for (const giveUp of this.#lookups) giveUp();
  }

  /** True if this peer is at one of the places: the session with it is to stay. */
  wants(id: string): boolean {
    return this.#places.some((place) => place.id === id);
  }

  /** True if this peer is at a place that the user named. */
  names(id: string): boolean {
    return this.#places.some((place) => place.id === id && "host" in place.to);
  }

  /** Dials at once whoever is not here: links came or went. */
  refresh(): void {
    for (const place of this.#places) {
      place.failures = 0;
      place.outage = undefined;
      this.#look(place);
    }
  }

  /** The session with a peer ended, or it is gone: dials it unless it is here all the same. */
  lost(id: string): void {
    for (const place of this.#places) {
      if (place.id !== id || place.again || place.isDialling || this.options.isHere(id)) continue;
      const isShort = this.options.clock.now() - place.metAt < STEADY_MS;
      place.failures = isShort ? place.failures + 1 : 0;
      this.#lookLater(place);
    }
  }

  /** The session with a peer is in doubt: looks whether its name leads elsewhere now. */
  doubted(id: string): void {
    for (const place of this.#places) {
      if (place.id === id && isName(place.to) && !place.again && !place.isDialling) void this.#dial(place);
    }
  }

  #look(place: Place): void {
    place.again?.cancel();
    place.again = undefined;
    if (!this.#isOpen || place.isDialling || !this.#places.includes(place)) return;
    if (place.id !== undefined && this.options.isHere(place.id)) return;
    void this.#dial(place);
  }

  #lookLater(place: Place): void {
    if (!this.#isOpen) return;
    const { clock, random } = this.options;
    let pause = 0;
    if (place.failures === Infinity) pause = OWN_AGAIN_MS;
    else if (place.failures > 0) pause = (place.outage ??= new Outage(clock, PAUSE_PART)).pause();
    else place.outage = undefined;
    pause *= random.between(0.8, 1.2);
    place.again = clock.after(pause, () => this.#look(place));
  }

  async #dial(place: Place): Promise<void> {
    place.isDialling = true;
    const met = await this.#meet(place);
    place.isDialling = false;
    if (!this.#isOpen) return;
    if (typeof met === "string") {
      place.failures++;
      if ("host" in place.to) {
        if (place.id !== undefined && this.options.isHere(place.id)) return;
        if (!place.isTold) this.options.failed(`--peer ${hostPortText(place.to)}: ${met}`);
        place.isTold = true;
      } else if (place.failures >= (place.id === undefined ? TRIES_FIRST : TRIES_AGAIN)) {
        this.#places = this.#places.filter((each) => each !== place);
        return;
      }
      return this.#lookLater(place);
    }
    place.id = met.id;
    place.isTold = false;
    place.metAt = this.options.clock.now();
    if (met.id === this.options.id) {
      // Another may be there later.
      place.failures = Infinity;
      this.#lookLater(place);
    } else this.lost(met.id);
  }

  /** Returns who is there, or why nobody is, as a sentence without its full stop. */
  async #meet({ to, expected }: Place): Promise<{ readonly id: string } | string> {
    let addresses: readonly Address[];
    try {
      addresses = "host" in to ? await this.#resolved(to) : to;
    } catch (error) {
      return (error as Error).message.replace(/\.$/, "");
    }
    const result = await this.options.meet(addresses, expected);
    if ("id" in result) return result;
    const failure = mostTelling(result.failures);
    return failure ? failureText(failure) : "nobody answers";
  }

  async #resolved({ host, port }: HostPort): Promise<Address[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    const giveUp = () => reject(new Error(`the name "${host}" takes too long to look up`));
    const timer = this.options.clock.after(RESOLVE_MS, giveUp);
    this.#lookups.add(giveUp);
    this.options.resolve(host).then(resolve, reject);
    try {
      return (await promise).slice(0, ADDRESSES_MAX).map((host) => ({ host, port }));
    } finally {
      timer.cancel();
      this.#lookups.delete(giveUp);
    }
  }
}

function isName(to: Place["to"]): boolean {
  return "host" in to && ipv4ToNumber(to.host) === undefined && ipv6ToNumber(to.host) === undefined;
}

function placeOf(to: Place["to"], expected?: string): Place {
  return {
    to,
    expected,
    id: undefined,
    metAt: -Infinity,
    failures: 0,
    outage: undefined,
    isTold: false,
    isDialling: false,
    again: undefined,
  };
}
