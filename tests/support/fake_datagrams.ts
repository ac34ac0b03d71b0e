import { familyOf, isLinkLocal } from "../../lib/net/addresses.ts";
import type { Address, Datagram, DatagramHandler, DatagramNet, Link } from "../../lib/net/types.ts";
import type { Clock } from "../../lib/platform/clock.ts";
import type { Random } from "../../lib/platform/random.ts";

const SHARED_PORT = 3333;
const FIRST_OWN_PORT = 40_000;

/** How a {@linkcode FakeWorld} treats datagrams. */
export interface FakeWorldOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Part of the datagrams that gets lost, 0 to 1, for each receiver by itself. */
  loss?: number;
  /** Shortest and longest way of a datagram, milliseconds. */
  readonly delay?: readonly [number, number];
  /** Whether receivers are told the link of what comes in on the shared port. */
  readonly tellsLink?: boolean;
}

/** One interface of a host, plugged into a bridge. */
export interface FakeInterface {
  readonly name: string;
  readonly bridge: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** A datagram that a peer sent. */
export interface SentDatagram {
  readonly at: number;
  readonly net: FakeNet;
  readonly link: Link;
  /** Undefined for multicast. */
  readonly to: Address | undefined;
  readonly data: Uint8Array;
}

/** Where a link meets its bridge. */
interface Plug {
  readonly host: FakeHost;
  readonly address: string;
  link: Link;
  readonly bridge: string;
  /** The host has the link. */
  up: boolean;
  /** Nothing passes, and nobody notices. */
  cut: boolean;
}

/**
 * Hosts on bridges, without sockets: every host hears the multicast of all others on a bridge, unicast goes to the host
 * that has the address there. Nothing is asynchronous but by the clock, so a thousand peers run in seconds.
 */
export class FakeWorld {
  /** Part of the datagrams that gets lost; may be changed at any time. */
  loss: number;
  /** True while switches drop multicast, and let broadcast through. */
  dropsMulticast = false;
  /** Called for each broadcast of a peer. */
  onBroadcast: ((sent: Omit<SentDatagram, "to">) => void) | undefined;
  /** Called for each other datagram that a peer sends, once however many hear it. */
  onSent: ((sent: SentDatagram) => void) | undefined;
  readonly #bridges = new Map<string, Map<string, Plug>>();

  constructor(readonly options: FakeWorldOptions) {
    this.loss = options.loss ?? 0;
  }

  /** A host with these interfaces; addresses are as they are given, and unique on their bridge. */
  host(interfaces: readonly FakeInterface[]): FakeHost {
    const host = new FakeHost(this);
    for (const { name, bridge, ipv4, ipv6 } of interfaces) {
      for (const address of [ipv4, ipv6]) {
        if (address === undefined) continue;
        const plugs = this.#bridges.get(bridge) ?? new Map<string, Plug>();
        this.#bridges.set(bridge, plugs);
        if (plugs.has(address)) throw new Error(`${address} is taken on ${bridge}`);
        const plug = { host, address, link: newLink(name, address), bridge, up: true, cut: false };
        plugs.set(address, plug);
        host.plugs.push(plug);
      }
    }
    return host;
  }

  /** Sends from nowhere, as anybody on that bridge can: to the group, or to one address. */
  inject(bridge: string, from: Address, data: Uint8Array, to?: Address): void {
    this.carry(bridge, from, to, data);
  }

  /** Takes a datagram from a sender to whoever is to hear it. */
  carry(
    bridge: string,
    from: Address,
    to: Address | undefined,
    data: Uint8Array,
    isBroadcast = false,
  ): void {
    // A host hears its own multicast all the same.
    const isDropped = this.dropsMulticast && !isBroadcast;
    const { clock, random, delay = [0.2, 2] } = this.options;
    const plugs = this.#bridges.get(bridge)!;
    const family = familyOf(from.host);
    clock.after(random.between(...delay), () => {
      const datagram: Datagram = { data, from, via: "shared", link: undefined };
      if (to === undefined) {
        for (const plug of plugs.values()) {
          if (plug.link.family !== family || (isDropped && plug.address !== from.host)) continue;
          this.#arrive(plug, datagram, to);
        }
      } else {
        const plug = plugs.get(to.host);
        if (plug) this.#arrive(plug, datagram, to);
      }
    });
  }

  /** The one of a host's plugs that leads to an address: where somebody has it, else the first. */
  route(plugs: readonly Plug[], host: string): Plug | undefined {
    return plugs.find(({ bridge }) => this.#bridges.get(bridge)!.has(host)) ?? plugs[0];
  }

  #arrive({ host, link, up, cut }: Plug, datagram: Datagram, to: Address | undefined): void {
    if (!up || cut) return;
    const { random, tellsLink } = this.options;
    const own = to !== undefined && to.port !== SHARED_PORT;
    for (const net of host.receivers(link, to)) {
      if (this.loss > 0 && random.between(0, 1) < this.loss) continue;
      if (own) net.receive({ ...datagram, via: "own", link });
      else net.receive(tellsLink ? { ...datagram, link } : datagram);
    }
  }
}

/** A machine. Several peers may run on it. */
export class FakeHost {
  readonly plugs: Plug[] = [];
  readonly nets = new Set<FakeNet>();

  constructor(readonly world: FakeWorld) {}

  /** The network as one peer on this host has it. */
  net(options: { readonly brief?: boolean } = {}): FakeNet {
    return new FakeNet(this, options.brief ?? false);
  }

  /** The links of the host now. */
  get links(): Link[] {
    return this.plugs.filter((plug) => plug.up).map((plug) => plug.link);
  }

  /** Takes an interface away or brings it back; the peers on the host are told. */
  setUp(name: string, up: boolean): void {
    const changed = this.plugs.filter((plug) => plug.link.interface === name && plug.up !== up);
    for (const plug of changed) {
      plug.up = up;
      if (up) plug.link = newLink(name, plug.address);
    }
    const links = changed.map((plug) => plug.link);
    for (const net of this.nets) net.linksChanged(up ? links : [], up ? [] : links);
  }

  /** Lets nothing through in either direction, unnoticed by the host: a cable pulled behind the switch. */
  setCut(cut: boolean): void {
    for (const plug of this.plugs) plug.cut = cut;
  }

  /** Who takes what comes in through `link`: of unicast to the shared port the last binder. */
  receivers(link: Link, to: Address | undefined): readonly FakeNet[] {
    const nets = [...this.nets];
    if (to === undefined) return nets;
    const net = to.port === SHARED_PORT
      ? nets.findLast((net) => !net.brief)
      : nets.find((net) => net.ownPort(link) === to.port);
    return net ? [net] : [];
  }
}

/** The double of `UdpNet`. */
export class FakeNet implements DatagramNet {
  /** Datagrams sent, by interface and family: `eth0/4`. */
  readonly sent = new Map<string, number>();
  #handler: DatagramHandler | undefined;
  readonly #ports = new Map<Link, number>();

  constructor(readonly host: FakeHost, readonly brief: boolean) {}

  get links(): readonly Link[] {
    return this.host.links;
  }

  start(handler: DatagramHandler): Promise<void> {
    this.#handler = handler;
    this.host.nets.add(this);
    this.linksChanged(this.links, []);
    return Promise.resolve();
  }

  multicast(link: Link, data: Uint8Array): void {
    this.#send(this.host.plugs.find((plug) => plug.link === link), undefined, data);
  }

  broadcast(link: Link, data: Uint8Array): void {
    const plug = this.host.plugs.find((plug) => plug.link === link);
    if (!plug?.up || !this.#handler || link.family !== 4 || link.loopback) return;
    const { world } = this.host;
    world.onBroadcast?.({ at: world.options.clock.now(), net: this, link, data });
    if (plug.cut) return;
    world.carry(plug.bridge, { host: plug.address, port: this.ownPort(link)! }, undefined, data, true);
  }

  unicast(to: Address, data: Uint8Array, link?: Link): void {
    const { plugs, world } = this.host;
    if (link === undefined && isLinkLocal(to.host)) throw new Error("a link-local address without its link");
    const family = familyOf(to.host);
    const possible = plugs.filter((plug) => plug.link.family === family && (link ?? plug.link) === plug.link);
    this.#send(world.route(possible, to.host), to, data);
  }

  /** No promise but that of the interface: synchronous inside. */
  close(): Promise<void> {
    this.host.nets.delete(this);
    this.#handler = undefined;
    return Promise.resolve();
  }

  /** Delivers to the peer. */
  receive(datagram: Datagram): void {
    this.#handler?.datagram(datagram);
  }

  /** Tells the peer; each link gets an own port when it comes. */
  linksChanged(added: readonly Link[], removed: readonly Link[]): void {
    for (const link of removed) this.#ports.delete(link);
    for (const link of added) this.#ports.set(link, nextPort());
    this.#handler?.linksChanged(added, removed);
  }

  /** Port of the link's own socket. */
  ownPort(link: Link): number | undefined {
    return this.#ports.get(link);
  }

  #send(plug: Plug | undefined, to: Address | undefined, data: Uint8Array): void {
    if (!plug?.up || !this.#handler) return;
    const { world } = this.host;
    const { link, bridge } = plug;
    const key = `${link.interface}/${link.family}`;
    this.sent.set(key, (this.sent.get(key) ?? 0) + 1);
    world.onSent?.({ at: world.options.clock.now(), net: this, link, to, data });
    if (plug.cut) return;
    world.carry(bridge, { host: link.addresses[0]!, port: this.ownPort(link)! }, to, data);
  }
}

function newLink(name: string, address: string): Link {
  return { interface: name, family: familyOf(address), addresses: [address], loopback: name === "lo" };
}

let lastPort = 0;

/** Own ports of different peers differ, so that mixing them up shows. */
function nextPort(): number {
  lastPort = (lastPort + 1) % 25_000;
  return FIRST_OWN_PORT + lastPort;
}
