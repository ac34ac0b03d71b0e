import type { Clock, Timer } from "../platform/clock.ts";
import { familyOf, isLinkLocal, isLoopback, plainHost, withZone, zoneOf } from "./addresses.ts";
import {
  broadcastsOf,
  checkSelection,
  isOnLink,
  keepKnown,
  linkOfSource,
  linkReader,
  missingOf,
  type NetLink,
  readLinks,
  resolvable,
  selectLinks,
} from "./interfaces.ts";
import { Rejoins } from "./rejoins.ts";
import { GROUPS, sameBind, type SharedBind, sharedBinds } from "./shared_binds.ts";
import { SocketProblems } from "./socket_problems.ts";
import type { Address, Datagram, DatagramHandler, DatagramNet, Link } from "./types.ts";
import { UdpSocket } from "./udp_socket.ts";

/** How often the links are read again at least, and how much sooner it may be, milliseconds. */
const RESCAN_EVERY = 2_000;
const RESCAN_SLACK = 500;

/** Options of {@linkcode UdpNet}. */
export interface UdpNetOptions {
  /** Interfaces by name or address; default all. */
  readonly interfaces?: readonly string[];
  /** The shared port; default 3333. */
  readonly port?: number;
  /**
   * True for a short-lived peer: it hears the groups, but leaves unicast on the shared port to this machine's other
   * peers.
   */
  readonly brief?: boolean;
  /** True to wait for interfaces that do not exist yet. */
  readonly patient?: boolean;
  /** True to keep unicast on the shared port from other peers of this machine, or to take it back from them. */
  readonly keepsUnicast?: boolean;
  /** Multicast groups of other programs, to be heard on the shared port as well. */
  readonly otherGroups?: readonly string[];
  readonly clock: Clock;
}

/** Why unicast does not arrive on the shared port. */
const UNICAST_TAKEN = new Error(
  "another program has it, such as a peer with --plain on this machine; multicast and broadcast still arrive",
);

/** An open socket on the shared port. */
interface Shared {
  readonly bind: SharedBind;
  readonly socket: UdpSocket;
  /** True if we would keep it from other peers, but one was there before: it is opened anew at each scan. */
  readonly isContested: boolean;
}

/**
 * Datagrams on real sockets. Each link has a socket on a port of its own, which sends; {@linkcode sharedBinds} lists
 * those on the shared port.
 */
export class UdpNet implements DatagramNet {
  readonly #port: number;
  readonly #handlers = new Set<Partial<DatagramHandler>>();
  readonly #readLinks = linkReader();
  /** Every link of the machine; the selected ones; and of these the ones in use, which have a socket. */
  #all: NetLink[] = [];
  #selected: NetLink[] = [];
  #links: NetLink[] = [];
  readonly #own = new Map<NetLink, UdpSocket>();
  #shared: Shared[] = [];
  /** Sockets that were opened anew since the last scan: what had arrived there is read meanwhile. */
  #retired: UdpSocket[] = [];
  /** Links whose last multicast failed, and links that recovered from that since the last scan. */
  readonly #failing = new WeakSet<NetLink>();
  readonly #recovered = new Set<NetLink>();
  readonly #problems = new SocketProblems((code, message) => {
    if (!this.#closed) this.#warn(code, message);
  });
  #timer: Timer | undefined;
  readonly #rejoins: Rejoins;
  #scanning: Promise<void> = Promise.resolve();
  #nextScan: Promise<void> | undefined;
  #closed = false;
  #deaf = false;

  /** Counts failed sends, failed receives, and datagrams from addresses on none of the links in use. */
  readonly counters = { sendErrors: 0, receiveErrors: 0, foreign: 0 };

  constructor(private readonly options: UdpNetOptions) {
    this.#port = options.port ?? 3333;
    this.#rejoins = new Rejoins(options.clock);
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  get deaf(): boolean {
    return this.#deaf;
  }

  /** Adds a handler. Handlers are called in the order in which they were added, {@linkcode start}'s included. */
  on(handler: Partial<DatagramHandler>): void {
    this.#handlers.add(handler);
  }

  /**
   * Opens the sockets. Needs `--allow-net` and `--allow-sys=networkInterfaces`.
   *
   * @throws {UserError} usage: `interfaces` names one that does not exist, and `patient` is not set
   * @throws {Error} there are links, but no socket can be opened
   */
  async start(handler: DatagramHandler): Promise<void> {
    const { interfaces, patient } = this.options;
    if (!patient) checkSelection(readLinks(), interfaces);
    this.on(handler);
    await this.rescan();
    if (this.#links.length === 0 && this.#selected.length > 0) {
      await this.close();
      throw new Error("No UDP socket can be opened on any interface");
    }
    this.#tellMissing();
    this.#scheduleScan();
  }

  #tellMissing(): void {
    for (const name of missingOf(this.#all, this.options.interfaces)) {
      this.#warn(
        "interface-missing",
        `There is no interface "${name}" with an address now; it is used as soon as there is one.`,
      );
    }
    if (this.options.interfaces?.length || this.#links.some((link) => !link.loopback)) return;
    this.#warn(
      "no-network",
      "This machine has no network now; peers on others are found as soon as it has one.",
    );
  }

  /** Reads the links again at once, for instance after sleep. If a scan is running, another one follows it. */
  rescan(): Promise<void> {
    return this.#nextScan ??= this.#scanning.then(() => {
      this.#nextScan = undefined;
      return this.#scanning = this.#scan();
    });
  }

  refresh(): Promise<void> {
    this.#rejoins.hurry();
    return this.rescan();
  }

  multicast(link: Link, data: Uint8Array): void {
    const via = this.#current(link);
    this.#send(via, { host: GROUPS[link.family], port: this.#port }, data, (taken) => {
      if (!taken) this.#failing.add(via!);
      else if (this.#failing.delete(via!)) {
        // No other sign tells that an interface whose address never changed is up again.
        this.#recovered.add(via!);
        this.rescan();
      }
    });
  }

  broadcast(link: Link, data: Uint8Array): void {
    const via = this.#current(link);
    for (const host of via ? broadcastsOf(via) : []) this.#send(via, { host, port: this.#port }, data);
  }

  /** Sends to a multicast group of other programs, on the shared port, through every link of its family. */
  multicastTo(group: string, data: Uint8Array): void {
    for (const link of this.#links.filter(({ family }) => family === familyOf(group))) {
      this.#send(link, { host: link.family === 6 ? `${group}%${link.zone}` : group, port: this.#port }, data);
    }
  }

  unicast(to: Address, data: Uint8Array, link?: Link): void {
    const via = link ? this.#current(link) : this.#towards(to.host);
    const host = via ? resolvable(withZone(to.host, via.interface), () => this.#all) : to.host;
    this.#send(via, { host, port: to.port }, data);
  }

  /** Resolves when the system has taken all datagrams. The runtime hands them over only between turns of its loop. */
  async sent(): Promise<void> {
    await Promise.all([...this.#own.values()].map((socket) => socket.sent()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#nextScan;
    await this.#scanning;
    const sockets = [
      ...this.#own.values(),
      ...this.#shared.map(({ socket }) => socket),
      ...this.#retired,
    ];
    this.#own.clear();
    this.#shared = [];
    this.#links = [];
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  /** Returns the current link in place of `link`, whose addresses may have changed since the caller got it. */
  #current(link: Link): NetLink | undefined {
    return this.#links.find((other) => other === link) ??
      this.#links.find((other) => other.interface === link.interface && other.family === link.family);
  }

  #send(via: NetLink | undefined, to: Address, data: Uint8Array, done?: (taken: boolean) => void): void {
    const socket = via && this.#own.get(via);
    const handed = socket?.send(data, to, (taken) => {
      if (!taken) this.counters.sendErrors++;
      done?.(taken);
    });
    if (!handed) this.counters.sendErrors++;
  }

  #towards(host: string): NetLink | undefined {
    const links = this.#links.filter((link) => link.family === familyOf(host));
    if (isLinkLocal(host)) return links.find((link) => link.interface === zoneOf(host));
    const loopback = isLoopback(host);
    return linkOfSource(links, host) ?? links.find((link) => link.loopback === loopback) ?? links[0];
  }

  #scheduleScan(): void {
    this.#timer = this.options.clock.after(RESCAN_EVERY - RESCAN_SLACK, () => {
      this.rescan();
      this.#scheduleScan();
    }, RESCAN_SLACK);
  }

  async #scan(): Promise<void> {
    if (this.#closed) return;
    try {
      const known = this.#all.filter((link) => !this.#recovered.has(link));
      this.#all = keepKnown(known, this.#readLinks(this.#recovered.size > 0));
    } catch (error) {
      return this.#problem("interfaces", "The network interfaces cannot be listed", error);
    }
    this.#recovered.clear();
    this.#selected = selectLinks(this.#all, this.options.interfaces);
    const links = await this.#openOwn();
    const added = links.filter((link) => !this.#links.includes(link));
    const removed = this.#links.filter((link) => !links.includes(link));
    this.#links = links;
    await this.#openShared();
    this.#problems.flush();
    this.#joinAgain();
    if (added.length + removed.length === 0 || this.#closed) return;
    for (const handler of this.#handlers) handler.linksChanged?.(added, removed);
  }

  #joinAgain(): void {
    const due = this.#rejoins.due(this.#links);
    if (due.size === 0) return;
    for (const { bind, socket } of this.#shared) this.#join(bind, socket, due);
    this.#problems.flush();
  }

  /** Opens a sending socket for each selected link and closes those of other links. Returns the links that have one. */
  async #openOwn(): Promise<NetLink[]> {
    const selected = this.#selected;
    for (const [link, socket] of this.#own) {
      if (selected.includes(link) && socket.open) continue;
      this.#own.delete(link);
      await socket.close();
    }
    for (const link of selected) {
      if (this.#own.has(link)) continue;
      try {
        this.#own.set(link, await this.#openSender(link));
      } catch (error) {
        this.#problems.add("udp-socket", "No UDP socket can be opened for %", describe(link), error);
      }
    }
    return selected.filter((link) => this.#own.has(link));
  }

  async #openSender(link: NetLink): Promise<UdpSocket> {
    const socket = await UdpSocket.open({
      family: link.family,
      host: link.loopback ? withZone(link.addresses[0]!, link.zone) : link.family === 4 ? "0.0.0.0" : "::",
      port: 0,
      received: (data, from) => this.#received({ data, from, via: "own", link }),
      failed: () => this.counters.receiveErrors++,
    });
    try {
      if (link.family === 4) socket.allowBroadcast();
    } catch { /* then broadcasts are not sent, and counted */ }
    try {
      socket.multicastThrough(viaOf(link));
    } catch (error) {
      this.#problems.add("multicast", "Multicast cannot be sent through %", describe(link), error);
    }
    return socket;
  }

  async #openShared(): Promise<void> {
    const before = this.#shared;
    this.#shared = [];
    this.#deaf = false;
    const { brief, otherGroups } = this.options;
    for (const bind of sharedBinds(this.#links, brief ?? false, undefined, otherGroups)) {
      const kept = before.find(({ bind: old, socket }) => socket.open && sameBind(old, bind));
      if (kept) {
        this.#shared.push(kept.isContested ? await this.#takeBack(kept) : kept);
        continue;
      }
      try {
        const shared = await this.#openReceiver(bind);
        this.#join(bind, shared.socket);
        this.#shared.push(shared);
      } catch (error) {
        // An IPv6 address is not usable during duplicate address detection; a later scan binds it.
        if ((error as { code?: string }).code === "EADDRNOTAVAIL") continue;
        // A short-lived peer gets its answers at its own sockets.
        if (this.options.brief) continue;
        // Who has the groups as well is no peer, and takes all.
        if (isUnicast(bind) && isInUse(error) && !this.#deaf) {
          this.#problems.add(
            "udp-port",
            `UDP port ${this.#port} of % receives no unicast`,
            bind.host,
            UNICAST_TAKEN,
          );
          continue;
        }
        const what = `UDP port ${this.#port}, which receives announcements, cannot be opened on %`;
        this.#problems.add("udp-port", what, bind.host, error);
        this.#deaf ||= bind.joins.length > 0 && !otherGroups?.some((group) => bind.host.startsWith(group));
      }
    }
    const retired = this.#retired;
    this.#retired = before.filter((old) => old.isContested && !this.#shared.includes(old)).map(({ socket }) =>
      socket
    );
    for (const socket of retired) await socket.close();
    for (const old of before) if (!old.isContested && !this.#shared.includes(old)) await old.socket.close();
  }

  /** Opens a contested socket anew: another peer may have opened it since, and gets what comes. */
  async #takeBack(contested: Shared): Promise<Shared> {
    try {
      return await this.#openReceiver(contested.bind, true);
    } catch {
      return contested;
    }
  }

  /** @param isContested true if another peer is known to share it */
  async #openReceiver(bind: SharedBind, isContested = false): Promise<Shared> {
    const open = async (exclusive: boolean): Promise<Shared> => {
      const socket: UdpSocket = await UdpSocket.open({
        family: bind.family,
        host: bind.host,
        port: this.#port,
        exclusive,
        received: (data, from) => this.#receivedShared(bind, socket, data, from),
        failed: () => this.counters.receiveErrors++,
      });
      return { bind, socket, isContested: keeps && !exclusive };
    };
    const keeps = this.options.keepsUnicast === true && isUnicast(bind);
    if (!keeps || isContested) return await open(false);
    // A peer that is here already shares it: then the one that opened it last gets what comes.
    return await open(true).catch((error) => isInUse(error) ? open(false) : Promise.reject(error));
  }

  #join(bind: SharedBind, socket: UdpSocket, links?: ReadonlySet<NetLink>): void {
    const { groups = [GROUPS[bind.family]] } = bind;
    for (const link of bind.joins) {
      if (links && !links.has(link)) continue;
      try {
        for (const group of groups) socket.join(group, viaOf(link));
      } catch (error) {
        this.#problems.add(
          "multicast",
          "Multicast from other peers is not received on %",
          describe(link),
          error,
        );
      }
    }
  }

  #receivedShared(bind: SharedBind, socket: UdpSocket, data: Uint8Array, from: Address): void {
    let link = bind.link;
    if (link === undefined) {
      link = linkOfSource(this.#all, from.host);
      // The system delivers datagrams from every interface on which any program has joined the group.
      if (link && !this.#selected.includes(link)) return void this.counters.foreign++;
    }
    const current = link && this.#current(link);
    this.#noteGroup(bind, current, from.host);
    const isWildcard = bind.link === undefined && (bind.host === "0.0.0.0" || bind.host === "::");
    this.#received({
      data,
      from,
      via: "shared",
      link: current,
      to: isWildcard ? undefined : plainHost(bind.host),
      toMulticast: !isWildcard && bind.joins.length > 0,
      answer: bind.isBroadcast ? undefined : (answer) => {
        const host = current
          ? resolvable(withZone(from.host, current.interface), () => this.#all)
          : from.host;
        const count = (taken: boolean) => taken || this.counters.sendErrors++;
        // A contested one may have been opened anew.
        const open = this.#shared.find((each) => sameBind(each.bind, bind))?.socket ?? socket;
        count(open.send(answer, { host, port: from.port }, count));
      },
    });
  }

  /** Notes that multicast comes through: on the link, or on each that it may have come through. */
  #noteGroup(bind: SharedBind, link: NetLink | undefined, host: string): void {
    if (bind.joins.length === 0 || this.#all.some(({ addresses }) => addresses.includes(host))) return;
    this.#rejoins.heard(link ? [link] : bind.joins);
  }

  #received(datagram: Datagram): void {
    if (this.#isNear(datagram)) return this.#deliver(datagram);
    this.counters.foreign++;
    for (const handler of this.#handlers) handler.foreign?.(datagram);
  }

  /** Tells whether the source can be a host on one of our links: an answer to any other would leave the link. */
  #isNear({ from, link }: Datagram): boolean {
    const links = this.#selected.filter(({ family }) => family === familyOf(from.host));
    if (links.some((each) => isOnLink(each, from.host))) return true;
    const through = link && this.#current(link);
    return through ? through.pointToPoint : links.some((each) => each.pointToPoint);
  }

  #deliver(datagram: Datagram): void {
    try {
      for (const handler of this.#handlers) handler.datagram?.(datagram);
    } catch (error) {
      this.#problem("internal", "A datagram was not handled", error);
    }
  }

  #warn(code: string, message: string): void {
    for (const handler of this.#handlers) handler.warning?.(code, message);
  }

  #problem(code: string, what: string, error: unknown): void {
    this.#problems.add(code, what, "", error);
    this.#problems.flush();
  }
}

/** Returns the interface of a group in the form of the socket API: the address for IPv4, the zone for IPv6. */
function viaOf(link: NetLink): string {
  return link.family === 4 ? link.addresses[0]! : `::%${link.zone}`;
}

/** Tells a socket for what is sent to one address alone. */
function isUnicast({ joins, isBroadcast }: SharedBind): boolean {
  return joins.length === 0 && !isBroadcast;
}

function isInUse(error: unknown): boolean {
  return (error as { code?: string }).code === "EADDRINUSE";
}

function describe(link: Link): string {
  return `${link.interface} (IPv${link.family})`;
}
