import { isLinkLocal, plainHost } from "../net/addresses.ts";
import type { Address, Datagram, DatagramNet } from "../net/types.ts";
import type { Announcement } from "../protocol/announcement.ts";
import { EVERY_MIN } from "../protocol/limits.ts";
import type { EventLimiter } from "./event_limiter.ts";
import { LinkProbes } from "./link_probes.ts";
import { Liveness, type LivenessOptions } from "./liveness.ts";
import { Proof, sourceOf, splitZone } from "./peer_addresses.ts";
import type { PeerEntry } from "./peer_entry.ts";
import type { Newcomer } from "./peer_table.ts";
import type { Querier } from "./querier.ts";
import { RateWindow } from "./rate_window.ts";
import type { DiscoveryListener, GoneReason } from "./roster.ts";
import { Twins } from "./twins.ts";

/** Facts about a peer that a session proved. */
export interface SessionInfo {
  readonly name: string;
  readonly kind: string;
  readonly boot: number;
  /** The address that was dialled; undefined if the peer dialled. */
  readonly address?: Address;
  /** The host that it dialled from, if it did. */
  readonly cameFrom?: string;
  /** Host to which its place in the roster is charged: that of the peer who told of it. */
  readonly source?: string;
}

/** Dependencies of {@linkcode RosterUpdater}. */
export interface RosterUpdaterOptions extends LivenessOptions {
  readonly net: DatagramNet;
  readonly querier: Querier;
  readonly emit: DiscoveryListener;
  readonly limiter: EventLimiter;
}

/**
 * Most peers per second that are asked for by multicast or reported as contested, and the shortest time between two for
 * one peer, milliseconds.
 */
const SEEKS_A_SECOND = 5;
const SEEK_EVERY_MS = 10_000;
/** Most asks per second to peers that may be back, in all and to one host. */
const ASKS_BACK_A_SECOND = 50;
const ASKS_BACK_A_SECOND_EACH = 5;

/** Updates the roster from announcements and sessions (PROTOCOL.md 3.3 to 3.6). */
export class RosterUpdater {
  /** Counts announcements without effect: copies, and those from peers for whom the roster has no room. */
  readonly counters = { duplicates: 0, refused: 0 };
  readonly #probes: LinkProbes;
  readonly #liveness: Liveness;
  readonly #twins: Twins;
  readonly #seeks = new RateWindow(SEEKS_A_SECOND);
  readonly #asksBack = new RateWindow(ASKS_BACK_A_SECOND, ASKS_BACK_A_SECOND_EACH);

  constructor(private readonly options: RosterUpdaterOptions) {
    const { table, announcer, clock, random, emit } = options;
    this.#twins = new Twins(clock, emit);
    this.#probes = new LinkProbes(table, announcer, clock, random);
    this.#liveness = new Liveness(options, (entry, why) => this.#gone(entry, why));
  }

  /** Stops all asks. */
  stop(): void {
    this.#probes.stop();
    this.#liveness.stop();
  }

  /** Processes a `hello` or `ask` of another peer. Returns true if it is the first of this start of the peer. */
  heard(announcement: Announcement, datagram: Datagram): boolean {
    const { table, announcer } = this.options;
    const { id, boot, echo } = announcement;
    const known = table.get(id);
    const askedAt = announcer.askedAt(echo, id);
    const isFirst = known?.state === "up" && (known.boot !== boot || this.#contradicts(known, announcement))
      ? this.#heardRival(known, announcement, datagram, askedAt !== undefined)
      : this.#heardPeer(known, announcement, datagram, askedAt);
    const entry = isLinkLocal(datagram.from.host) ? table.get(id) : undefined;
    if (entry) this.#probes.want(entry);
    return isFirst;
  }

  /** Processes a `bye`. It changes nothing by itself: the peer is asked first. */
  heardBye({ id, boot, seq }: Announcement): void {
    const entry = this.options.table.get(id);
    // Do not record its counter: if a forged `bye` were ahead, the peer's own answers would look old.
    if (entry?.state === "up" && entry.boot === boot && entry.replayWindow.isLatest(seq)) {
      this.#liveness.doubt(entry, "bye");
    }
  }

  /** See `Discovery.check`. */
  check(id: string, failed: readonly Address[]): void {
    const { table, net, clock } = this.options;
    const entry = table.get(id);
    if (entry?.state !== "up") return;
    for (const { host, port } of failed) entry.candidates.failed(splitZone(host, net.links).host, port);
    if (failed.length > 0) entry.failedAt = clock.now();
    this.#seek(entry);
    if (!entry.candidates.anyUsable) this.#probes.ask(entry);
    this.#liveness.doubt(entry, failed.length > 0 ? "unreachable" : "silence");
  }

  /** See `Discovery.sessionSeen`. */
  sessionSeen(id: string, info: SessionInfo): void {
    const { table, clock, net } = this.options;
    const entry = table.get(id) ?? this.#add({ id, host: info.source, proof: Proof.session });
    if (!entry) return;
    const now = clock.now();
    const restarted = entry.boot !== info.boot;
    if (restarted) {
      if (entry.proven) this.#twins.replaces(entry, info.boot);
      entry.startedAnew(info.boot);
    }
    entry.proof = Proof.session;
    entry.met = true;
    entry.rival = undefined;
    entry.failedAt = undefined;
    if (entry.unreachable) {
      entry.unreachable = false;
      this.options.emit({ type: "reached", peer: entry });
    }
    entry.every ||= EVERY_MIN;
    if (info.address) {
      const { host, link } = splitZone(info.address.host, net.links);
      entry.candidates.prove(host, info.address.port, 0, Proof.session, now, link);
    }
    entry.cameFrom = info.cameFrom ?? entry.cameFrom;
    const changed = this.#describe(entry, { ...info, port: info.address?.port ?? entry.port });
    this.#alive(entry, now, changed || restarted, restarted);
  }

  /** See `Discovery.sessionLost`. */
  sessionLost(id: string, heardUntil: number, saidBye: boolean): void {
    const entry = this.options.table.get(id);
    if (entry?.state !== "up") return;
    this.#liveness.sessionLost(entry, heardUntil);
    if (saidBye) this.#liveness.doubt(entry, "bye");
  }

  /** Processes an announcement of the known start, or of a peer that is not up. */
  #heardPeer(
    known: PeerEntry | undefined,
    announcement: Announcement,
    datagram: Datagram,
    askedAt: number | undefined,
  ): boolean {
    const { id, boot, seq } = announcement;
    const { clock, querier } = this.options;
    const echoes = askedAt !== undefined;
    const sameStart = known?.boot === boot;
    if (known && sameStart && !echoes && known.replayWindow.has(seq)) {
      this.counters.duplicates++;
      this.#learn(known, announcement, datagram, false);
      if (known.state === "gone") this.#askBack(id, datagram);
      else if (known.replayWindow.isStrange(seq, clock.now())) this.#liveness.doubt(known, "silence");
      return false;
    }
    const proof = echoes ? Proof.echo : Proof.none;
    const { host } = datagram.from;
    const entry = known ?? this.#add({ id, host, proof, sought: querier.isSought(announcement) });
    if (!entry) {
      this.counters.refused++;
      return false;
    }
    if (!sameStart) {
      entry.startedAnew(boot);
      entry.proof = Proof.none;
    }
    const isLatest = entry.replayWindow.isLatest(seq);
    // An echo is never old. So a counter ahead of it was forged.
    if (echoes && !isLatest) entry.replayWindow.reset();
    entry.replayWindow.add(seq, clock.now());
    this.#learn(entry, announcement, datagram, echoes);
    const described = entry.proof <= proof && this.#describe(entry, announcement);
    entry.proof = Math.max(entry.proof, proof) as Proof;
    if (!isLatest && !echoes) return false;
    entry.every = announcement.every;
    if (echoes) entry.promised = announcement.every;
    const first = entry.state === "gone";
    if (echoes && entry.check?.successor) {
      if (entry.rival && entry.rival.boot !== boot) this.#twins.bothAnswer(entry, entry.rival.boot);
      this.#contest(entry);
    }
    // After a rival has answered, only an answer of its own proves that this start is still there.
    if (echoes || !entry.check?.successor) {
      this.#alive(entry, clock.now(), described, false, sameStart ? askedAt ?? -Infinity : undefined);
    }
    return first;
  }

  #add(newcomer: Newcomer): PeerEntry | undefined {
    const { table, limiter } = this.options;
    return table.add(newcomer, (peer) => limiter.gone(peer, "room"));
  }

  /** Tells whether another peer claims this start: a start never changes its name, kind or port. */
  #contradicts(entry: PeerEntry, { name, kind, port }: Announcement): boolean {
    // A session does not tell the port, and a dialled port may have been forwarded.
    const isPortKnown = entry.proof !== Proof.session && entry.port !== 0;
    return entry.name !== name || entry.kind !== kind || (isPortKnown && entry.port !== port);
  }

  /**
   * Processes an announcement of another start of a peer that is up, or one with another name, kind or port. It changes
   * nothing until the known start was asked.
   */
  #heardRival(entry: PeerEntry, announcement: Announcement, datagram: Datagram, echoes: boolean): boolean {
    const { boot, seq } = announcement;
    const first = entry.rival?.boot !== boot;
    this.#learn(entry, announcement, datagram, false);
    // A session proved the facts of this start.
    if (entry.boot === boot && entry.proof === Proof.session) return false;
    if (!first && seq <= entry.rival!.seq && !echoes) {
      this.counters.duplicates++;
      return false;
    }
    const replace = (echoes: boolean) => this.#replace(entry, announcement, datagram, echoes);
    entry.rival = { boot, seq, heardAt: this.options.clock.now(), replace: () => replace(false) };
    if (echoes) this.#liveness.successor(entry, () => replace(true));
    else this.#liveness.doubt(entry, "restart");
    return first && entry.boot !== boot;
  }

  #replace(entry: PeerEntry, announcement: Announcement, datagram: Datagram, echoes: boolean): void {
    const now = this.options.clock.now();
    const restarted = entry.boot !== announcement.boot;
    if (restarted && echoes && entry.proven) this.#twins.replaces(entry, announcement.boot);
    entry.startedAnew(announcement.boot);
    entry.replayWindow.add(announcement.seq, now);
    entry.proof = echoes ? Proof.echo : Proof.none;
    entry.every = announcement.every;
    entry.promised = echoes ? announcement.every : 0;
    this.#learn(entry, announcement, datagram, echoes);
    this.#describe(entry, announcement);
    this.#alive(entry, now, true, restarted);
  }

  /** Asks a peer at the address it was heard from: an answer proves that it is there. */
  #askBack(id: string, datagram: Datagram): void {
    const { clock, announcer } = this.options;
    if (this.#asksBack.take(clock.now(), datagram.from.host)) announcer.askPeer(id, [sourceOf(datagram)]);
  }

  /** Asks for a peer by multicast: it may have moved. */
  #seek(entry: PeerEntry): boolean {
    const { clock, announcer } = this.options;
    const now = clock.now();
    if (now < entry.soughtAt + SEEK_EVERY_MS || !this.#seeks.take(now)) return false;
    entry.soughtAt = now;
    announcer.askPeer(entry.id);
    return true;
  }

  #contest(peer: PeerEntry): void {
    if (this.#seek(peer)) this.options.emit({ type: "contested", peer });
  }

  /** @param sentAfter when what shows it was sent at the earliest; now by default */
  #alive(peer: PeerEntry, now: number, changed: boolean, restarted: boolean, sentAfter = now): void {
    const { table, limiter } = this.options;
    const wasUp = peer.state === "up";
    table.setState(peer, "up");
    this.#liveness.heard(peer, now, sentAfter);
    if (!wasUp) limiter.came(peer);
    else if (
      peer.failedAt !== undefined && now > peer.failedAt && !peer.unreachable && peer.candidates.allFailed
    ) {
      peer.unreachable = true;
      this.options.emit({ type: "unreachable", peer });
    } else if (changed) limiter.came(peer, restarted ? "restart" : undefined);
  }

  #gone(peer: PeerEntry, why: GoneReason): void {
    const { table, limiter } = this.options;
    table.setState(peer, "gone");
    peer.check = undefined;
    peer.doubt = undefined;
    peer.deadline = Infinity;
    peer.promised = 0;
    peer.unreachable = false;
    peer.failedAt = undefined;
    limiter.gone(peer, why);
    // Ids cost nothing: a peer that only dialled us and left is forgotten.
    if (peer.candidates.isEmpty) table.delete(peer);
  }

  /** Records the source address of an announcement. */
  #learn(peer: PeerEntry, { port }: Announcement, datagram: Datagram, echoes: boolean): void {
    const { candidates } = peer;
    const { from, via, link } = datagram;
    const now = this.options.clock.now();
    peer.announcedAt = now;
    if (peer.state === "up") this.#noticeMove(peer, datagram);
    const wasUsable = candidates.anyUsable;
    const kept = echoes && via === "own"
      ? candidates.prove(from.host, port, from.port, Proof.echo, now, link)
      : candidates.learn(from.host, port, from.port, now, link);
    if (!kept && peer.state === "up") {
      // Old addresses are asked, and those without an answer make room.
      this.#liveness.doubt(peer, "silence");
      this.#contest(peer);
    }
    if (!wasUsable && candidates.anyUsable && peer.state === "up") {
      this.options.limiter.came(peer);
    }
  }

  /** Checks the session and the old addresses of a peer that is heard from a new address. */
  #noticeMove({ id, candidates }: PeerEntry, datagram: Datagram): void {
    const { session, clock } = this.options;
    const { from } = datagram;
    if (candidates.knows(from.host)) return;
    const open = session(id);
    const old = open?.address;
    if (old && old.host !== from.host) open.probe(() => candidates.failed(plainHost(old.host)));
    if (candidates.looksMoved(from.host, clock.now())) this.#askBack(id, datagram);
  }

  /** Records a peer's name, kind and port. Returns true if something changed. */
  #describe(entry: PeerEntry, { name, kind, port }: Pick<PeerEntry, "name" | "kind" | "port">): boolean {
    if (entry.name === name && entry.kind === kind && entry.port === port) return false;
    entry.name = name;
    entry.kind = kind;
    entry.port = port;
    return true;
  }
}
