import type { PeerRef } from "../identity/node_id.ts";
import { familyOf, plainHost } from "../net/addresses.ts";
import type { Address, Datagram, Link } from "../net/types.ts";
import { type Announcement, decodeAnnouncement } from "../protocol/announcement.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { Announcer, type AnnouncerOptions } from "./announcer.ts";
import { Calls } from "./calls.ts";
import { EventLimiter } from "./event_limiter.ts";
import { GracePeriod } from "./grace_period.ts";
import type { LiveSession } from "./liveness.ts";
import { PeerTable } from "./peer_table.ts";
import { Querier } from "./querier.ts";
import { QuietLinks } from "./quiet_links.ts";
import { Responder } from "./responder.ts";
import type { DiscoveryEvent, DiscoveryListener, Roster } from "./roster.ts";
import { RosterUpdater, type SessionInfo } from "./roster_updater.ts";
import { SharedIdentity } from "./shared_identity.ts";

export type { SelfDescription } from "./announcer.ts";
export type { LiveSession } from "./liveness.ts";
export type { DiscoveryEvent } from "./roster.ts";
export type { SessionInfo } from "./roster_updater.ts";

/** A peer is heard if it was within this multiple of its `every`. */
const HEARD_WITHIN = 1.5;

/** Most events that are kept until somebody listens. */
const EARLY_MAX = 256;

/** Shortest time between two questions on every link because links changed, milliseconds. */
const ASK_ALL_EVERY_MS = 10_000;

/** Dependencies of {@linkcode Discovery}. */
export interface DiscoveryOptions extends AnnouncerOptions {
  /** Returns the open session with a peer, if any. */
  readonly session: (id: string) => LiveSession | undefined;
  /** Tells whether the user knows this peer, which then always has a place in the roster. */
  readonly isKnown: (id: string) => boolean;
  /** Dials a peer that asked for it, and proved that the address is its own; at most five a second. */
  readonly called?: (id: string, address: Address) => void;
  /** Reads announcements; a simulation may cache the results. */
  readonly decode?: typeof decodeAnnouncement;
}

/**
 * Finds the peers of the group and notices when they go (PROTOCOL.md 3.1 to 3.7). Announcements are hints: only a
 * session proves an identity. Memory and traffic are bounded whatever arrives.
 */
export class Discovery {
  readonly #listeners = new Set<DiscoveryListener>();
  readonly #table: PeerTable;
  readonly #quiet: QuietLinks;
  readonly #announcer: Announcer;
  readonly #querier: Querier;
  readonly #limiter: EventLimiter;
  readonly #grace: GracePeriod;
  readonly #responder: Responder;
  readonly #sharedIdentity: SharedIdentity;
  readonly #updater: RosterUpdater;
  readonly #calls: Calls;
  #state: "new" | "open" | "closed" = "new";
  /** Events before there was a listener. */
  #early: DiscoveryEvent[] | undefined = [];
  #ignored = 0;
  /** When the group was last asked on every link because links changed. */
  #askedAt = -Infinity;

  constructor(private readonly options: DiscoveryOptions) {
    const { self, net, clock, random, isKnown, called = () => {} } = options;
    const emit = (event: DiscoveryEvent) => this.#emit(event);
    this.#quiet = new QuietLinks(clock);
    const table = this.#table = new PeerTable(isKnown);
    const announcer = this.#announcer = new Announcer(options, table, this.#quiet);
    const querier = this.#querier = new Querier(self.brief, table, announcer, net, clock, random);
    const isWelcome = (peer: PeerRef) => isKnown(peer.id) || querier.isSought(peer);
    const limiter = this.#limiter = new EventLimiter(clock, emit, isWelcome);
    const grace = this.#grace = new GracePeriod(clock, () => {
      emit({ type: "woke" });
      querier.ask(net.links);
    });
    const responder = this.#responder = new Responder(self, table, announcer, clock, random);
    this.#sharedIdentity = new SharedIdentity(self, announcer, responder, clock, emit);
    this.#calls = new Calls({ self, announcer, clock, dial: called });
    this.#updater = new RosterUpdater({ ...options, emit, table, announcer, querier, limiter, grace });
  }

  /** The peers that were heard. */
  get roster(): Roster {
    return this.#table;
  }

  /**
   * Counts datagrams without effect: `ignored` are unreadable or of another group, `duplicates` are copies, `refused`
   * are from peers for whom the roster has no room.
   */
  get counters(): { readonly ignored: number; readonly duplicates: number; readonly refused: number } {
    return { ignored: this.#ignored, ...this.#updater.counters };
  }

  /** Opens the network and starts to ask and announce; a brief peer only listens until {@linkcode seek}. */
  async start(): Promise<void> {
    await this.options.net.start({
      datagram: (datagram) => this.#received(datagram),
      linksChanged: (added, removed) => this.#linksChanged(added, removed),
      warning: (code, message) => this.#emit({ type: "warning", code, message }),
    });
  }

  /** Says `bye` if others know us, and closes the network; takes little more than 100 ms. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#announcer.stop();
    this.#responder.stop();
    this.#querier.stop();
    this.#grace.stop();
    this.#updater.stop();
    this.#limiter.stop();
    if (!this.options.self.brief) await this.#announcer.bye();
    await this.options.net.close();
  }

  /** Calls `listener` for each event until the returned function is called; the first one for the earlier ones, too. */
  on(listener: DiscoveryListener): () => void {
    this.#listeners.add(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) listener(event);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Asks the group at 0, 0.25, 1 and 3 s, and on links that appear, until {@linkcode stopSeeking}.
   *
   * @param want id, beginning of an id (at least 6 characters) or name of the only peers that answer; undefined for
   *   everybody. Nobody answers to a text that is neither an id nor a label.
   */
  seek(want: string | undefined): void {
    this.#querier.seek(want);
  }

  /** When the search of {@linkcode seek} began, monotonic milliseconds; undefined if there is none. */
  get seekingSince(): number | undefined {
    return this.#querier.seekingSince;
  }

  /** Ends {@linkcode seek}. */
  stopSeeking(): void {
    this.#querier.stopSeeking();
  }

  /**
   * Asks a peer that is up for a sign of life and its address, because it cannot be dialled. Either an address becomes
   * usable, or the peer is gone 3 s later. At most once in 10 s.
   *
   * @param failed addresses that were dialled in vain
   */
  check(id: string, failed: readonly Address[] = []): void {
    this.#updater.check(id, failed);
  }

  /** Records that a session proved the peer's identity and presence. */
  sessionSeen(id: string, info: SessionInfo): void {
    if (id !== this.options.self.id) this.#updater.sessionSeen(id, info);
  }

  /**
   * Records that the session with a peer ended; there is none now.
   *
   * @param heardUntil monotonic time at which the peer was last heard through it, milliseconds
   * @param saidBye true if it closed the session because it ends
   */
  sessionLost(id: string, heardUntil: number, saidBye = false): void {
    this.#updater.sessionLost(id, heardUntil, saidBye);
  }

  /** Tells whether a peer is up and its announcements arrive here, so that no session is needed to notice it. */
  hears(id: string): boolean {
    const entry = this.#table.get(id);
    if (entry?.state !== "up") return false;
    return this.options.clock.now() - entry.announcedAt < HEARD_WITHIN * entry.every * 1000;
  }

  /**
   * Asks a peer to dial our TCP port `port`, until {@linkcode endCall}; again each time that this is called. Returns
   * false if no address is known at which it could be asked.
   */
  call(id: string, port: number): boolean {
    const targets = this.#table.get(id)?.candidates.askTargets(true) ?? [];
    if (targets.length > 0) this.#calls.begin(id, port, targets);
    return targets.length > 0;
  }

  /** Ends {@linkcode call}. */
  endCall(id: string): void {
    this.#calls.end(id);
  }

  #received(datagram: Datagram): void {
    if (this.#state === "closed") return;
    const announcement = this.#read(datagram.data);
    if (!announcement) return void this.#ignored++;
    const { t, brief } = announcement;
    const { self } = this.options;
    if (announcement.id === self.id) {
      return this.#sharedIdentity.heard(announcement, datagram);
    }
    this.#noteHeard(datagram);
    if (t === "bye") {
      this.#updater.heardBye(announcement);
    } else {
      const isFirst = !brief && this.#updater.heard(announcement, datagram);
      this.#calls.heard(announcement, datagram);
      if (self.brief) return;
      if (t === "ask") this.#responder.asked(announcement, datagram);
      else if (isFirst && datagram.via === "shared") this.#responder.met(datagram);
    }
  }

  /**
   * Notes on which link something was heard; if that is not known, it may have been any of its family. What another
   * peer of this machine says never was on the network.
   */
  #noteHeard({ link, from }: Datagram): void {
    const { links } = this.options.net;
    if (links.some(({ addresses }) => addresses.includes(plainHost(from.host)))) return;
    const family = familyOf(from.host);
    this.#quiet.heard(link ? [link] : links.filter((each) => each.family === family));
  }

  #read(data: Uint8Array): Announcement | undefined {
    const { group, decode = decodeAnnouncement } = this.options;
    try {
      const announcement = decode(data, group.announceKey);
      return announcement.group === group.name ? announcement : undefined;
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  #linksChanged(added: readonly Link[], removed: readonly Link[]): void {
    if (this.#state === "closed") return;
    this.#quiet.came(added);
    if (this.#state === "open") this.#grace.begin();
    else {
      this.#state = "open";
      this.#grace.start();
      if (!this.options.self.brief) this.#announcer.startHellos();
    }
    if (removed.length > 0) {
      for (const entry of this.#table.entries()) entry.candidates.relink(removed, this.options.net.links);
    }
    // If links only went, one of them may have kept others from being used, as some VPNs do.
    this.#querier.ask(added.length > 0 || this.#isEarly() ? added : this.options.net.links);
  }

  /** Tells whether the group was asked on every link lately: links may come and go all the time. */
  #isEarly(): boolean {
    const now = this.options.clock.now();
    if (now - this.#askedAt < ASK_ALL_EVERY_MS) return true;
    this.#askedAt = now;
    return false;
  }

  #emit(event: DiscoveryEvent): void {
    if (this.#early && this.#early.length < EARLY_MAX) this.#early.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}
