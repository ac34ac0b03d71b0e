import type { Discovery } from "../discovery/discovery.ts";
import type { Group } from "../identity/group.ts";
import type { TrustBook } from "../identity/trust_book.ts";
import { plainHost } from "../net/addresses.ts";
import { addressesOfHost } from "../net/resolve.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Message } from "../protocol/message.ts";
import type { Session, SessionTraffic } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { AddressBook, addressFile } from "./address_book.ts";
import type { PeerDirectory } from "./directory.ts";
import type { EventHub } from "./event_hub.ts";
import { HearsayListener } from "./hearsay_listener.ts";
import { HearsayTeller } from "./hearsay_teller.ts";
import { Reach } from "./reach.ts";
import { Remembered } from "./remembered.ts";
import type { PeerSettings } from "./settings.ts";

/** Dependencies of {@linkcode Ways}. */
export interface WaysOptions {
  readonly settings: PeerSettings;
  readonly id: string;
  readonly group: Group;
  readonly clock: Clock;
  readonly random: Random;
  readonly hub: EventHub;
  readonly trust: TrustBook;
  readonly sessions: Sessions;
  readonly discovery: Discovery;
  readonly directory: PeerDirectory;
}

/** The ways to peers that announcements do not show: named by the user, remembered, told of by others. */
export class Ways {
  readonly #options: WaysOptions;
  readonly #reach: Reach;
  readonly #remembered: Remembered;
  readonly #listener: HearsayListener;
  readonly #teller: HearsayTeller;

  constructor(options: WaysOptions) {
    this.#options = options;
    const { settings: { brief, peers, paths }, id, group, clock, random } = options;
    const { hub, trust, sessions, discovery, directory } = options;
    const isHere = (peer: string) => {
      const session = sessions.get(peer);
      // A command under its id is gone in a moment.
      return (session !== undefined && !session.remote.brief) || discovery.hears(peer);
    };
    const isBlocked = (peer: string) => trust.isBlocked(peer);
    const reach = this.#reach = new Reach({
      id,
      clock,
      random,
      resolve: addressesOfHost,
      meet: (addresses, expected) => sessions.meet(addresses, expected),
      isHere,
      failed: (why) => hub.warn("peer-unreachable", `${why}; it is dialled again.`),
    }, peers);
    this.#remembered = new Remembered({
      book: new AddressBook(addressFile(paths.state), clock),
      clock,
      group: group.name,
      brief,
      isMissed: (peer) => !isHere(peer.id) && !isBlocked(peer.id) && (!brief || directory.isSought(peer)),
      reach: (peer, addresses) => reach.tryPeer(peer, addresses),
    });
    this.#listener = new HearsayListener({
      clock,
      // In an open group anybody could send us anywhere.
      isHeeded: (teller) => group.sessionKey !== undefined || reach.names(teller),
      isWelcome: (peer) => peer !== id && !isBlocked(peer),
      isHere,
      dial: async (peer, address) => "id" in await sessions.meet([address], peer),
    });
    const proven = () => discovery.roster.entries().filter((peer) => peer.met && !isBlocked(peer.id));
    this.#teller = new HearsayTeller({ clock, proven });
  }

  /** Starts to dial. */
  start(): void {
    this.#reach.start();
    this.#remembered.start();
  }

  /** Stops dialling, and writes what is to be remembered. */
  async close(): Promise<void> {
    this.#reach.stop();
    this.#listener.stop();
    this.#teller.stop();
    await this.#remembered.close();
  }

  /**
   * True if this session is not closed as idle: whoever is not heard is noticed by its session alone. It stays as long
   * as the side that dialled wants it.
   */
  keeps({ id, remote, initiator }: Session): boolean {
    const { settings, discovery } = this.#options;
    if (settings.brief || remote.brief || discovery.hears(id)) return false;
    return !initiator || this.#reach.wants(id) || this.#listener.wants(id);
  }

  /** Returns the host to which the place of a peer in the roster is charged, if another peer told of it. */
  sourceOf(id: string): string | undefined {
    return this.#listener.sourceOf(id);
  }

  /** Removes what is remembered of a peer. */
  forget(id: string): Promise<void> {
    return this.#remembered.forget(id);
  }

  /** A session is in use. */
  attached(session: Session): void {
    this.#remembered.met(session, this.#options.discovery.roster.get(session.id)?.addresses ?? []);
    if (!this.#options.settings.brief) this.#teller.attached(session);
  }

  /** A session is no longer in use. */
  detached(session: Session): void {
    this.#teller.detached(session);
  }

  /** There is no session with a peer any more, or it is gone. */
  lost(id: string): void {
    this.#reach.lost(id);
    this.#listener.lost(id);
  }

  /** The session with a peer is in doubt. */
  doubted(id: string): void {
    this.#reach.doubted(id);
  }

  /** Links came or went: dials at once whom the user named. */
  refresh(): void {
    this.#reach.refresh();
  }

  /** Wraps the traffic of sessions: takes and adds the lists of peers. */
  around(traffic: SessionTraffic): SessionTraffic {
    return {
      received: (session, message) => this.#isHearsay(session, message) || traffic.received(session, message),
      nextFrame: (session, answersOnly) =>
        (answersOnly ? undefined : this.#teller.nextFrame(session)) ??
          traffic.nextFrame(session, answersOnly),
      drained: (session) => traffic.drained(session),
      unacknowledged: (session) => traffic.unacknowledged(session),
    };
  }

  #isHearsay({ id, address }: Session, message: Message): boolean {
    if (message.type !== "peers") return false;
    const { settings, trust } = this.#options;
    const isTrusted = !settings.brief && !trust.isBlocked(id);
    if (isTrusted) this.#listener.heard({ id, host: plainHost(address.host) }, message.peers);
    return true;
  }
}
