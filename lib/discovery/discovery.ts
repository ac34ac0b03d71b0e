import type { Group } from "../identity/group.ts";
import type { Address, Datagram, DatagramNet, Link } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { type Announcement, decodeAnnouncement } from "../protocol/announcement.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { is } from "../protocol/fields.ts";
import { foldLabel } from "../protocol/label.ts";
import { ID_PREFIX_MIN } from "../protocol/limits.ts";
import type { AskTarget } from "./peer_addresses.ts";
import { Responder, SMALL_ROSTER } from "./responder.ts";
import { AskLog } from "./ask_log.ts";
import { Querier } from "./querier.ts";
import { EventLimiter } from "./event_limiter.ts";
import type { DiscoveryEvent, DiscoveryListener } from "./events.ts";
import { GracePeriod } from "./grace_period.ts";
import type { LiveSession } from "./liveness.ts";
import { Nonces } from "./nonces.ts";
import { SharedIdentity } from "./shared_identity.ts";
import { PeerTable } from "./peer_table.ts";
import { RosterUpdater, type SessionInfo } from "./roster_updater.ts";
import type { Roster } from "./roster.ts";
import { Announcer, type SelfDescription } from "./announcer.ts";

export type { DiscoveryEvent } from "./events.ts";
export type { LiveSession } from "./liveness.ts";
export type { SessionInfo } from "./roster_updater.ts";
export type { SelfDescription } from "./announcer.ts";

/** What {@linkcode Discovery} needs. */
export interface DiscoveryOptions {
  readonly self: SelfDescription;
  readonly net: DatagramNet;
  readonly clock: Clock;
  readonly random: Random;
  readonly group: Group;
  /** The session with this peer, if one is open. */
  readonly session: (id: string) => LiveSession | undefined;
  /** Whether the user knows this peer: it always has a place in the roster. */
  readonly isKnown?: (id: string) => boolean;
  /** Reads announcements; a simulation may remember what it read. */
  readonly decode?: typeof decodeAnnouncement;
}

/**
 * Finds the peers of the group and notices when they go (PROTOCOL.md section 3). What it hears are suggestions: only a
 * session proves who a peer is. Memory and traffic are bounded whatever arrives.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #table: PeerTable;
  readonly #announcer: Announcer;
  readonly #responder: Responder;
  readonly #asks: Querier;
  readonly #seeks: Querier;
  readonly #asked = new AskLog();
  readonly #sharedIdentity: SharedIdentity;
  readonly #grace: GracePeriod;
  readonly #updater: RosterUpdater;
  readonly #limiter: EventLimiter;
  readonly #listeners = new Set<DiscoveryListener>();
  #seeking: { readonly want: string | undefined } | undefined;
  #state: "new" | "open" | "closed" = "new";
  #ignored = 0;

  constructor(given: DiscoveryOptions) {
    const emit = (event: DiscoveryEvent) => this.#emit(event);
    const limiter = new EventLimiter({
      clock: given.clock,
      emit,
      isWelcome: (peer) => given.isKnown?.(peer.id) === true || this.#isSought(peer),
    });
    const table = new PeerTable({
      removed: (peer) => limiter.gone(peer, { type: "gone", peer, why: "room" }),
      isKnown: given.isKnown,
    });
    const nonces = new Nonces(given.clock, given.random);
    const options = { ...given, emit, table, nonces, rosterSize: () => table.groupSize };
    const announcer = new Announcer(options);
    const grace = new GracePeriod(given.clock, () => this.#askAll(given.net.links));
    const responder = new Responder({ ...options, announcer });
    this.#options = given;
    this.#table = table;
    this.#announcer = announcer;
    this.#grace = grace;
    this.#responder = responder;
    this.#asks = new Querier({ ...options, announcer });
    this.#seeks = new Querier({ ...options, announcer });
    this.#sharedIdentity = new SharedIdentity({ ...options, announcer, responder });
    this.#limiter = limiter;
    this.#updater = new RosterUpdater({
      ...options,
      announcer,
      grace,
      limiter,
      isSought: (peer) => this.#isSought(peer),
    });
  }

  /** Who was heard. */
  get roster(): Roster {
    return this.#table;
  }

  /**
   * Datagrams without effect: `ignored` are not readable or of another group, `duplicates` copies, `refused` from peers
   * that the full roster has no room for.
   */
  get counters(): { readonly ignored: number; readonly duplicates: number; readonly refused: number } {
    return { ignored: this.#ignored, ...this.#updater.counters };
  }

  /** Opens the network and begins to ask and announce; a brief peer only listens before {@linkcode seek}. */
  async start(): Promise<void> {
    await this.#options.net.start({
      datagram: (datagram) => this.#received(datagram),
      linksChanged: (added, removed) => this.#linksChanged(added, removed),
      warning: (code, message) => this.#emit({ type: "warning", code, message }),
    });
  }

  /** Says `bye` where others know us, and closes the network; takes little more than 100 ms. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    const parts = [
      this.#announcer,
      this.#responder,
      this.#asks,
      this.#seeks,
      this.#grace,
      this.#updater,
      this.#limiter,
    ];
    for (const part of parts) part.stop();
    if (!this.#options.self.brief) await this.#announcer.bye();
    await this.#options.net.close();
  }

  /** Calls `listener` with what happens, until the function returned is called. */
  on(listener: DiscoveryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Asks the group at 0, 0.25, 1 and 3 s, and on links that appear, until {@linkcode stopSeeking}.
   *
   * @param want id, beginning of an id (6 characters at least) or name of the only peers that are to answer; undefined
   *   for everybody. What is neither an id nor a label is nobody's.
   */
  seek(want: string | undefined): void {
    this.stopSeeking();
    const folded = want && foldLabel(want);
    if (folded !== undefined && !is.target(folded)) return;
    // Beyond ASCII others may spell the same name otherwise, and not know it for the same: everybody is to answer.
    // deno-lint-ignore no-control-regex
    this.#seeking = { want: /^[\x00-\x7f]*$/.test(folded ?? "") ? folded : undefined };
    this.#seekThrough(this.#options.net.links);
  }

  /** Ends what {@linkcode seek} began. */
  stopSeeking(): void {
    this.#seeking = undefined;
    this.#seeks.stop();
  }

  /**
   * Asks a peer that is up whether it is there and where, because no session with it can be had: an address becomes
   * usable, or the peer is gone 3 s later. At most once in 10 s.
   *
   * @param failed addresses that were dialled in vain
   */
  check(id: string, failed: readonly Address[] = []): void {
    this.#updater.check(id, failed);
  }

  /** A session proved that the peer is there and who it is. */
  sessionSeen(id: string, info: SessionInfo): void {
    if (id !== this.#options.self.id) this.#updater.sessionSeen(id, info);
  }

  /**
   * The session with a peer ended; there is none from now on.
   *
   * @param heardUntil when the peer was last heard through it, milliseconds since 1970
   */
  sessionLost(id: string, heardUntil: number): void {
    const { clock } = this.#options;
    this.#updater.sessionLost(id, clock.now() - Math.max(0, clock.wall() - heardUntil));
  }

  #received(datagram: Datagram): void {
    if (this.#state === "closed") return;
    const announcement = this.#read(datagram.data);
    if (!announcement) return void this.#ignored++;
    const { t, brief } = announcement;
    const { self } = this.#options;
    if (announcement.id === self.id) {
      this.#sharedIdentity.heard(announcement, sourceOf(datagram), datagram.via);
    } else if (t === "bye") {
      this.#updater.heardBye(announcement);
    } else {
      const news = brief ? "known" : this.#updater.heard(announcement, datagram);
      if (self.brief) return;
      if (t === "ask") this.#answer(announcement, datagram);
      else if (news === "first" && datagram.via === "shared") this.#answerFirstContact(datagram);
    }
  }

  #read(data: Uint8Array): Announcement | undefined {
    const { group, decode = decodeAnnouncement } = this.#options;
    try {
      const announcement = decode(data, group.announceKey);
      return announcement.group === group.name ? announcement : undefined;
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  #answer(announcement: Announcement, datagram: Datagram): void {
    const { self, clock } = this.#options;
    const { id, want, nonce } = announcement;
    if (want !== undefined && !isCalled(self, want)) return;
    const asked = this.#asked.note(id, nonce, datagram.via, clock.now());
    if (asked === "copy") return;
    const onlyUs = want !== undefined || datagram.via === "own";
    this.#responder.answer({ from: sourceOf(datagram), nonce, onlyUs, repeated: asked === "repeated" });
  }

  #answerFirstContact(datagram: Datagram): void {
    this.#responder.answer({ from: sourceOf(datagram), onlyUs: false, repeated: false });
  }

  #begin(): void {
    this.#state = "open";
    this.#grace.start();
    if (!this.#options.self.brief) this.#announcer.startHellos();
  }

  #linksChanged(added: readonly Link[], removed: readonly Link[]): void {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#grace.begin();
    else this.#begin();
    if (removed.length > 0) {
      for (const entry of this.#table.entries()) entry.candidates.relink(removed, this.#options.net.links);
    }
    this.#askAll(added);
  }

  /** Asks everybody through links that are new, or on which we were not heard; a brief peer only where it seeks. */
  #askAll(links: readonly Link[]): void {
    this.#seekThrough(links);
    if (!this.#options.self.brief) this.#asks.begin(links, (since) => this.#heardMany(since));
  }

  #seekThrough(links: readonly Link[]): void {
    if (!this.#seeking) return;
    const { want } = this.#seeking;
    const enough = (since: number) =>
      want === undefined
        ? this.#heardMany(since)
        : this.#table.up().some((entry) => entry.heardAt >= since && isCalled(entry, want));
    this.#seeks.begin(links, enough, want);
  }

  #isSought(peer: { readonly id: string; readonly name: string }): boolean {
    const want = this.#seeking?.want;
    return want !== undefined && isCalled(peer, want);
  }

  #heardMany(since: number): boolean {
    return this.#table.heardSince(since) >= SMALL_ROSTER;
  }

  #emit(event: DiscoveryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function sourceOf({ from, link }: Datagram): AskTarget {
  return { ...from, link };
}

function isCalled({ id, name }: { readonly id: string; readonly name: string }, want: string): boolean {
  const folded = foldLabel(want);
  return (folded.length >= ID_PREFIX_MIN && id.startsWith(folded)) || foldLabel(name) === folded;
}
