import { Discovery } from "../discovery/discovery.ts";
import type { LiveSession } from "../discovery/liveness.ts";
import type { Group } from "../identity/group.ts";
import { type Identity, loadIdentity, readId } from "../identity/key_file.ts";
import type { Address } from "../net/types.ts";
import { UdpNet } from "../net/udp.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { type Random, systemRandom } from "../platform/random.ts";
import { EventHub } from "./event_hub.ts";
import { groupOf, type PeerSettings } from "./settings.ts";
import type { PeerOptions } from "./types.ts";

/** The first parts of a peer: who it is. */
export interface Self {
  readonly settings: PeerSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly hub: EventHub;
  readonly id: string;
  readonly identity: Identity;
  readonly group: Group;
  /** Tells this start from others. */
  readonly boot: number;
}

/**
 * Reads who we are from the state folder.
 *
 * @param isEarly true if the identity is only compared with its key when that is used
 * @throws {UserError} a damaged identity, a wrong group
 */
export function selfOf(settings: PeerSettings, options: PeerOptions, isEarly = false): Self {
  const { clock = systemClock, random = systemRandom, onEvent } = options;
  const hub = new EventHub(() => Math.round(clock.wall()));
  if (onEvent) hub.on(onEvent);
  const load = isEarly ? readId : loadIdentity;
  const identity = load(settings.paths.state, (message) => hub.warn("identity", message));
  const group = groupOf(options, settings.paths.state);
  return { settings, clock, random, hub, id: identity.id, identity, group, boot: random.u32() };
}

/** Questions of discovery to the rest of a peer. */
export interface Acquaintances {
  session(id: string): LiveSession | undefined;
  isKnown(id: string): boolean;
  called(id: string, address: Address): void;
}

/** Properties of the listener that a lookout needs. */
export interface Entrances {
  /** TCP port of our sessions; 0 if there is none. */
  readonly port: number;
  /** Port of the plain gateway, if it is announced. */
  readonly plain?: number;
  readonly otherGroups?: readonly string[];
  readonly keepsUnicast?: boolean;
}

/** The part of a peer that finds others. It can look out before the rest is there. */
export class Lookout {
  readonly datagrams: UdpNet;
  readonly discovery: Discovery;
  #others: Acquaintances | undefined;
  #started: Promise<void> | undefined;

  constructor(readonly self: Self, { port, plain, ...entrances }: Entrances, udpPort?: number) {
    const { settings, clock, random, id, group, boot } = self;
    const { name, kind, brief, interfaces, patient } = settings;
    this.datagrams = new UdpNet({ interfaces, patient, brief, clock, ...entrances, port: udpPort });
    this.discovery = new Discovery({
      self: { name, kind, boot, brief, id, port, plain },
      net: this.datagrams,
      clock,
      random,
      group,
      session: (peer) => this.#others?.session(peer),
      isKnown: (peer) => this.#others?.isKnown(peer) ?? false,
      called: (peer, address) => this.#others?.called(peer, address),
    });
  }

  /** Joins it with the rest of the peer. Until then nobody counts as known. */
  join(others: Acquaintances): void {
    this.#others = others;
  }

  /** Opens the network, unless that was done. @throws {UserError} there is no such interface */
  start(): Promise<void> {
    return this.#started ??= this.discovery.start();
  }

  /** Reads what has come; resolves once a peer was heard, or after `ms` milliseconds. */
  async heard(ms: number): Promise<void> {
    const { clock } = this.self;
    const end = clock.now() + ms;
    do {
      await new Promise<void>((resolve) => clock.after(1, resolve));
    } while (this.discovery.roster.up().length === 0 && clock.now() < end);
  }

  /** Opens the network and looks for a peer at once; how that went, {@linkcode start} tells. */
  seek(want: string): void {
    this.discovery.seek(want);
    this.start().catch(() => {});
  }
}
