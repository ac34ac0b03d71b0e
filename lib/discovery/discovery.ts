import type { Group } from "../identity/group.ts";
import type { Datagram, DatagramNet, Link } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { type Announcement, decodeAnnouncement } from "../protocol/announcement.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { is } from "../protocol/fields.ts";
import { foldLabel } from "../protocol/label.ts";
import { ID_PREFIX_MIN } from "../protocol/limits.ts";
import type { AskTarget } from "./addresses.ts";
import { Answers, SMALL_ROSTER } from "./answers.ts";
import { AskLog } from "./ask_log.ts";
import { GroupAsks } from "./asks.ts";
import type { DiscoveryEvent, DiscoveryListener } from "./events.ts";
import { Grace } from "./grace.ts";
import type { LiveSession } from "./liveness.ts";
import { Nonces } from "./nonces.ts";
import { OwnIdentity } from "./own_identity.ts";
import { PeerTable } from "./peer_table.ts";
import { Presence, type SessionInfo } from "./presence.ts";
import type { Roster } from "./roster.ts";
import { type SelfDescription, Voice } from "./voice.ts";

export type { DiscoveryEvent } from "./events.ts";
export type { LiveSession } from "./liveness.ts";
export type { SessionInfo } from "./presence.ts";
export type { SelfDescription } from "./voice.ts";

/** What {@linkcode Discovery} needs. */
export interface DiscoveryOptions {
  readonly self: SelfDescription;
  readonly net: DatagramNet;
  readonly clock: Clock;
  readonly random: Random;
  readonly group: Group;
  /** The session with this peer, if one is open. */
  readonly session: (id: string) => LiveSession | undefined;
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
  readonly #voice: Voice;
  readonly #answers: Answers;
  readonly #asks: GroupAsks;
  readonly #seeks: GroupAsks;
  readonly #asked = new AskLog();
  readonly #own: OwnIdentity;
  readonly #grace: Grace;
  readonly #presence: Presence;
  readonly #listeners = new Set<DiscoveryListener>();
  #seeking: { readonly want: string | undefined } | undefined;
  #state: "new" | "open" | "closed" = "new";
  #ignored = 0;

  constructor(given: DiscoveryOptions) {
    const emit = (event: DiscoveryEvent) => this.#emit(event);
    const table = new PeerTable((peer) => emit({ type: "gone", peer, why: "room" }));
    const nonces = new Nonces(given.clock, given.random);
    const options = { ...given, emit, table, nonces, rosterSize: () => table.size };
    const voice = new Voice(options);
    const grace = new Grace(given.clock, () => this.#askAll(given.net.links));
    const answers = new Answers({ ...options, voice });
    this.#options = given;
    this.#table = table;
    this.#voice = voice;
    this.#grace = grace;
    this.#answers = answers;
    this.#asks = new GroupAsks({ ...options, voice });
    this.#seeks = new GroupAsks({ ...options, voice });
    this.#own = new OwnIdentity({ ...options, voice, answers });
    this.#presence = new Presence({ ...options, voice, grace });
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
    return { ignored: this.#ignored, ...this.#presence.counters };
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
    const parts = [this.#voice, this.#answers, this.#asks, this.#seeks, this.#grace, this.#presence];
    for (const part of parts) part.stop();
    if (!this.#options.self.brief) await this.#voice.bye();
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
   */
  check(id: string): void {
    this.#presence.check(id);
  }

  /** A session proved that the peer is there and who it is. */
  sessionSeen(id: string, info: SessionInfo): void {
    if (id !== this.#options.self.id) this.#presence.sessionSeen(id, info);
  }

  /**
   * The session with a peer ended; there is none from now on.
   *
   * @param heardUntil when the peer was last heard through it, milliseconds since 1970
   */
  sessionLost(id: string, heardUntil: number): void {
    const { clock } = this.#options;
    this.#presence.sessionLost(id, clock.now() - Math.max(0, clock.wall() - heardUntil));
  }

  #received(datagram: Datagram): void {
    if (this.#state === "closed") return;
    const announcement = this.#read(datagram.data);
    if (!announcement) return void this.#ignored++;
    const { t, brief } = announcement;
    const { self } = this.#options;
    if (announcement.id === self.id) {
      this.#own.heard(announcement, sourceOf(datagram), datagram.via);
    } else if (t === "bye") {
      this.#presence.heardBye(announcement);
    } else {
      const news = brief ? "known" : this.#presence.heard(announcement, datagram);
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
    this.#answers.answer({ from: sourceOf(datagram), nonce, onlyUs, repeated: asked === "repeated" });
  }

  #answerFirstContact(datagram: Datagram): void {
    this.#answers.answer({ from: sourceOf(datagram), onlyUs: false, repeated: false });
  }

  #begin(): void {
    this.#state = "open";
    this.#grace.start();
    if (!this.#options.self.brief) this.#voice.startHellos();
  }

  #linksChanged(added: readonly Link[], removed: readonly Link[]): void {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#grace.begin();
    else this.#begin();
    if (removed.length > 0) {
      for (const entry of this.#table.entries()) entry.ways.relink(removed, this.#options.net.links);
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
