import { Discovery, type DiscoveryEvent, type SelfDescription } from "../../lib/discovery/discovery.ts";
import type { Address, Datagram } from "../../lib/net/types.ts";
import type { RosterEntry } from "../../lib/discovery/roster.ts";
import { type Group, openGroup } from "../../lib/identity/group.ts";
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement,
} from "../../lib/protocol/announcement.ts";
import { encodeBase32 } from "../../lib/protocol/base32.ts";
import {
  type FakeHost,
  type FakeInterface,
  type FakeNet,
  FakeWorld,
  type FakeWorldOptions,
} from "../support/fake_datagrams.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { SeededRandom } from "../support/seeded_random.ts";

/** One peer of a simulation, and what it told. */
export interface SimulatedPeer {
  readonly self: SelfDescription;
  readonly discovery: Discovery;
  readonly net: FakeNet;
  readonly host: FakeHost;
  readonly events: DiscoveryEvent[];
  /** Peers with whom a session is open, and when each was last heard through it. */
  readonly sessions: Map<string, () => number>;
  /** Peers that were pinged through their sessions. */
  readonly pinged: Set<string>;
  /** Peers whose sessions are to end unless they answer; each value is to be called when one does. */
  readonly probed: Map<string, () => void>;
  /** Peers that called and were dialled for that: when, who and where. */
  readonly called: { readonly at: number; readonly id: string; readonly to: Address }[];
}

/** How a peer of a simulation differs from the others. */
export interface PeerChoice extends Partial<SelfDescription> {
  readonly host?: FakeHost;
  readonly group?: Group;
  /** Whom its user knows. */
  readonly known?: ReadonlySet<string>;
}

/** How a simulation differs from one network with IPv4. */
export interface SimulationOptions extends Partial<FakeWorldOptions> {
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  /** Reads each datagram once, however many receive it: what only a thousand peers need. */
  readonly shareReading?: boolean;
}

/** Something that an {@linkcode Actor} heard. */
export interface Heard {
  readonly at: number;
  readonly from: Address;
  readonly via: Datagram["via"];
  readonly said: Announcement;
}

/** Sends what a test says, from an address and a socket of its own, and keeps what it hears. */
export class Actor {
  readonly heard: Heard[] = [];
  readonly id: string;
  readonly boot: number;
  /** Called with each datagram heard. */
  onHeard: ((heard: Heard) => void) | undefined;
  #seq = 0;

  constructor(private readonly sim: Simulation, readonly net: FakeNet) {
    this.id = sim.id();
    this.boot = sim.random.u32();
    void net.start({
      datagram: ({ data, from, via }) => {
        const heard = { at: sim.clock.now(), from, via, said: decodeAnnouncement(data) };
        this.heard.push(heard);
        this.onHeard?.(heard);
      },
      linksChanged: () => {},
      warning: () => {},
    });
  }

  /** Address of its host. */
  get host(): string {
    return this.net.links[0]!.addresses[0]!;
  }

  /** Says it to the group, or to one address, as itself where `announcement` does not say otherwise. */
  say(announcement: Partial<Announcement>, to?: Address): void {
    const link = this.net.links[0]!;
    const { id, boot } = this;
    const data = encodeAnnouncement(
      this.sim.announcement({ id, boot, seq: ++this.#seq, name: "actor", ...announcement }),
    );
    if (to) this.net.unicast(to, data, link);
    else this.net.multicast(link, data);
  }

  /** What it heard of one peer since the last call of this or since the start. */
  take(id: string): Heard[] {
    const taken = this.heard.filter(({ said }) => said.id === id);
    this.heard.splice(0, Infinity, ...this.heard.filter(({ said }) => said.id !== id));
    return taken;
  }
}

/** Peers with the true discovery and codec, on a fake clock and network; the seed is printed. */
export class Simulation {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom();
  readonly world: FakeWorld;
  readonly peers: SimulatedPeer[] = [];
  #hosts = 0;
  readonly #read = new WeakMap<Uint8Array, Announcement>();

  constructor(private readonly options: SimulationOptions = {}) {
    this.world = new FakeWorld({ clock: this.clock, random: this.random, ...options });
  }

  /** Interface of the next host on a bridge, with an address in each family of the simulation. */
  interface(name = "eth0", bridge = "lan"): FakeInterface {
    const { ipv4 = true, ipv6 = false } = this.options;
    const n = ++this.#hosts;
    return {
      name,
      bridge,
      ipv4: ipv4 ? `10.0.${n >> 8}.${n & 255}` : undefined,
      ipv6: ipv6 ? `fe80::${n.toString(16)}` : undefined,
    };
  }

  /** A host, with one interface on the bridge `lan` unless told. */
  host(...interfaces: FakeInterface[]): FakeHost {
    return this.world.host(interfaces.length > 0 ? interfaces : [this.interface()]);
  }

  /** A peer that is not started yet. */
  peer(
    { host = this.host(), group = openGroup("earshot"), known, ...choice }: PeerChoice = {},
  ): SimulatedPeer {
    const self: SelfDescription = {
      id: this.id(),
      name: `peer-${this.peers.length}`,
      kind: "linux",
      boot: this.random.u32(),
      port: choice.brief ? 0 : 3333,
      ...choice,
    };
    const net = host.net({ brief: self.brief });
    const sessions = new Map<string, () => number>();
    const pinged = new Set<string>();
    const probed = new Map<string, () => void>();
    const called: SimulatedPeer["called"] = [];
    const discovery: Discovery = new Discovery({
      self,
      net,
      clock: this.clock,
      random: this.random,
      group,
      session: (id) => {
        const heardAt = sessions.get(id);
        return heardAt && {
          heardAt: heardAt(),
          address: discovery.roster.get(id)?.addresses[0],
          ping: () => void pinged.add(id),
          probe: (lost) => void probed.set(id, lost),
        };
      },
      isKnown: (id) => known?.has(id) ?? false,
      called: (id, to) => void called.push({ at: this.clock.now(), id, to }),
      decode: this.options.shareReading ? (data, key) => this.#decode(data, key) : undefined,
    });
    const events: DiscoveryEvent[] = [];
    discovery.on((event) => events.push(event));
    const peer = { self, discovery, net, host, events, sessions, pinged, probed, called };
    this.peers.push(peer);
    return peer;
  }

  /** Makes peers and starts them, each at a random time within `withinMs`. */
  startMany(count: number, withinMs: number, choice: PeerChoice = {}): SimulatedPeer[] {
    const peers = Array.from({ length: count }, () => this.peer(choice));
    for (const peer of peers) {
      this.clock.after(this.random.between(0, withinMs), () => void peer.discovery.start());
    }
    return peers;
  }

  /** Makes a peer and starts it now. */
  start(choice: PeerChoice = {}): SimulatedPeer {
    const peer = this.peer(choice);
    void peer.discovery.start();
    return peer;
  }

  /** A participant that does what the test says. */
  actor(host = this.host()): Actor {
    return new Actor(this, host.net());
  }

  /** Lets seconds pass. */
  run(seconds: number): void {
    this.clock.advanceSync(seconds * 1000);
  }

  /** Lets time pass in steps of 10 ms until `done`; the milliseconds that took, at most `limitMs`. */
  runUntil(done: () => boolean, limitMs: number): number {
    const started = this.clock.now();
    while (!done() && this.clock.now() - started < limitMs) this.clock.advanceSync(10);
    return this.clock.now() - started;
  }

  /** A random id. */
  id(): string {
    return encodeBase32(this.random.bytes(15));
  }

  /** Sends what nobody said, from an address of its choice, to the group or to one address. */
  forge(from: string, announcement: Partial<Announcement>, to?: Address, fromPort = 50_000): void {
    this.world.inject(
      "lan",
      { host: from, port: fromPort },
      encodeAnnouncement(this.announcement(announcement)),
      to,
    );
  }

  /** An announcement with every field that is not given filled in. */
  announcement(given: Partial<Announcement>): Announcement {
    return {
      t: "hello",
      id: given.id ?? this.id(),
      name: "forged",
      group: "earshot",
      kind: "linux",
      boot: this.random.u32(),
      seq: 1,
      port: 6666,
      every: 12,
      ...given,
    };
  }

  #decode(data: Uint8Array, key?: Uint8Array): Announcement {
    let read = this.#read.get(data);
    if (!read) this.#read.set(data, read = decodeAnnouncement(data, key));
    return read;
  }
}

/** What `observer` has of `observed` in its roster. */
export function seen(observer: SimulatedPeer, observed: SimulatedPeer): RosterEntry | undefined {
  return observer.discovery.roster.get(observed.self.id);
}

/** Whether `observer` takes `observed` for up. */
export function knows(observer: SimulatedPeer, observed: SimulatedPeer): boolean {
  return seen(observer, observed)?.state === "up";
}

/** How many pairs (observer, observed) there are in which the first does not take the second for up. */
export function missing(peers: readonly SimulatedPeer[]): number {
  return peers.reduce(
    (sum, one) => sum + peers.filter((other) => one !== other && !knows(one, other)).length,
    0,
  );
}

/** The events of a peer about another one, as `type` or `type:why`. */
export function told(observer: SimulatedPeer, about: SimulatedPeer | string): string[] {
  const id = typeof about === "string" ? about : about.self.id;
  return observer.events.flatMap((event) =>
    "peer" in event && event.type !== "contested" && event.peer.id === id
      ? [event.why ? `${event.type}:${event.why}` : event.type]
      : []
  );
}

/** Nearest-rank percentile. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
}
