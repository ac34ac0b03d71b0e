import type { Group } from "../identity/group.ts";
import type { DatagramNet, Link } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { type Announcement, encodeAnnouncement, sealAnnouncement } from "../protocol/announcement.ts";
import { encodeBase32 } from "../protocol/base32.ts";
import { EVERY_MIN } from "../protocol/limits.ts";
import { type AskTarget, linksTowards } from "./peer_addresses.ts";
import type { PeerTable } from "./peer_table.ts";
import type { QuietLinks } from "./quiet_links.ts";

/** Most `hello`s per second of all peers together. */
const HELLOS_A_SECOND = 5;
const SPREAD = 0.2;
/** Growth of the period from which the next `hello` is spread over all of it. */
const GROWN = 1.5;
const BYE_AGAIN_MS = 100;
const SEAL_NONCE_BYTES = 12;
const ASK_NONCE_BYTES = 8;
const ASK_VALID_MS = 10_000;
const ASKS_OPEN_MAX = 512;

/** Returns the seconds between steady `hello`s when so many peers are up. */
export function periodOf(peers: number): number {
  return Math.max(EVERY_MIN, peers / HELLOS_A_SECOND);
}

/** Returns the longest time that a period can take, in whole seconds. */
export function longestOf(period: number): number {
  return Math.ceil(period * (1 + SPREAD));
}

/** This peer's own description. */
export interface SelfDescription {
  readonly id: string;
  /** A label (see `isLabel`). */
  readonly name: string;
  readonly kind: string;
  /** Random u32 of this start. */
  readonly boot: number;
  /** TCP port for sessions; 0 if `brief`. */
  readonly port: number;
  /** True for a short-lived command: it only asks, never says `hello` or `bye`, and enters no roster. */
  readonly brief?: boolean;
  /** Port of its plain gateway, if it is open. */
  readonly plain?: number;
}

/** The part of an announcement that differs from one to the next. */
type Said = Pick<Announcement, "t" | "nonce" | "echo" | "want" | "call"> & { readonly port?: number };

/** Dependencies of {@linkcode Announcer}. */
export interface AnnouncerOptions {
  readonly self: SelfDescription;
  readonly group: Group;
  readonly net: DatagramNet;
  readonly clock: Clock;
  readonly random: Random;
}

/** Sends all announcements of this peer, among them the steady `hello` that `every` promises (PROTOCOL.md 3.2). */
export class Announcer {
  readonly #nonces: Nonces;
  #seq = 0;
  /** Period for which the next `hello` was planned, seconds. */
  #planned = 0;
  #nextHello = Infinity;
  #timer: Timer | undefined;

  /**
   * @param table counts the peers that are up
   * @param quiet links on which multicast may not get through
   */
  constructor(
    private readonly options: AnnouncerOptions,
    private readonly table: PeerTable,
    private readonly quiet: QuietLinks,
  ) {
    this.#nonces = new Nonces(options.clock, options.random);
  }

  /**
   * Asks the group through these links.
   *
   * @param want see `Announcement.want`
   * @param isLast true if it is the last time: where no answer came so far, it is broadcast as well
   */
  askGroup(links: readonly Link[], want?: string, isLast = false): void {
    this.#multicast({ t: "ask", nonce: this.#nonces.issue(), want }, links, isLast);
  }

  /** Asks one peer at these addresses, or by multicast if there are none. Only this peer answers. Returns the nonce. */
  askPeer(id: string, targets?: readonly AskTarget[]): string {
    const nonce = this.#nonces.issue(id);
    const ask: Said = { t: "ask", nonce, want: id };
    if (targets) this.#unicast(ask, targets);
    else this.#multicast(ask);
    return nonce;
  }

  /** Asks one peer at these addresses to dial our TCP port `port`. */
  call(id: string, targets: readonly AskTarget[], port: number): void {
    this.#unicast({ t: "ask", nonce: this.#nonces.issue(id), want: id, call: true, port }, targets);
  }

  /** Repeats that to a peer that asks whether it was we who called. */
  repeatCall(target: AskTarget, echo: string, port: number): void {
    this.#unicast({ t: "hello", echo, call: true, port }, [target]);
  }

  /**
   * Returns when we asked with the nonce `echo`, monotonic, if that is one of a recent `ask` of ours that peer `id`
   * received; else undefined.
   */
  askedAt(echo: string | undefined, id: string): number | undefined {
    return this.#nonces.issuedAt(echo, id);
  }

  /** Says `hello` to the peer that asked with the nonce `echo`. */
  helloTo(target: AskTarget, echo: string | undefined): void {
    this.#unicast({ t: "hello", echo }, [target]);
  }

  /**
   * Says an extra `hello` to the group. If the group has grown much since the next steady one was planned, plans that
   * anew, so that peers that started together do not always announce together.
   */
  helloAll(echo: string | undefined): void {
    this.#multicast({ t: "hello", echo });
    if (this.#nextHello !== Infinity && this.#hasGrown()) this.#planHello();
  }

  /** Starts the steady `hello`. */
  startHellos(): void {
    this.#planHello();
  }

  /** Stops the steady `hello`. */
  stop(): void {
    this.#timer?.cancel();
    this.#nextHello = Infinity;
  }

  /** Says `bye` twice; takes 100 ms. */
  async bye(): Promise<void> {
    const { net, clock } = this.options;
    const data = this.#compose({ t: "bye" });
    for (const link of net.links) this.#toAll(link, data);
    await new Promise<void>((resolve) => clock.after(BYE_AGAIN_MS, resolve));
    for (const link of net.links) this.#toAll(link, data);
  }

  /** Sends the same announcement to the group on each link. */
  #multicast(said: Said, links: readonly Link[] = this.options.net.links, isLast = false): void {
    if (links.length === 0) return;
    const data = this.#compose(said);
    for (const link of links) this.#toAll(link, data, isLast && this.quiet.isMute(link));
  }

  /** Sends to the group, and by broadcast as well on a link on which nothing is heard. */
  #toAll(link: Link, data: Uint8Array, broadcast = false): void {
    const { net } = this.options;
    net.multicast(link, data);
    if (broadcast || this.quiet.isQuiet(link)) net.broadcast(link, data);
  }

  /** Sends to each target. A link-local address whose link is unknown gets it through every IPv6 link. */
  #unicast(said: Said, targets: readonly AskTarget[]): void {
    const { net } = this.options;
    const data = this.#compose(said);
    for (const to of targets) {
      for (const link of linksTowards(to, net.links)) {
        net.unicast({ host: to.host, port: to.port }, data, link);
      }
    }
  }

  #compose(said: Said): Uint8Array {
    const { self, group, random, clock } = this.options;
    // Announce the longest possible time to the next hello, so that the promise holds.
    const every = longestOf(this.#period());
    if (this.#nextHello !== Infinity && this.#nextHello > clock.now() + every * 1000) {
      this.#planHello(1 - SPREAD);
    }
    const announcement: Announcement = { ...self, ...said, group: group.name, seq: ++this.#seq, every };
    return group.announceKey
      ? sealAnnouncement(announcement, group.announceKey, random.bytes(SEAL_NONCE_BYTES))
      : encodeAnnouncement(announcement);
  }

  #period(): number {
    return periodOf(this.table.groupSize);
  }

  #hasGrown(): boolean {
    return this.#period() > GROWN * this.#planned;
  }

  #planHello(soonest = this.#hasGrown() ? SPREAD : 1 - SPREAD): void {
    const { net, clock, random } = this.options;
    this.#planned = this.#period();
    const delay = this.#planned * 1000 * random.between(soonest, 1 + SPREAD);
    this.#timer?.cancel();
    this.#nextHello = clock.now() + delay;
    this.#timer = clock.after(delay, () => {
      this.#timer = undefined;
      this.#nextHello = Infinity;
      // A peer that cannot hear others' hellos asks for answers.
      if (net.deaf) this.askGroup(net.links);
      else this.#multicast({ t: "hello" });
      this.#planHello();
    });
  }
}

/** The nonces of our recent `ask`s. An echo of one proves that its sender is there now; a replay cannot do that. */
export class Nonces {
  readonly #issued = new Map<string, { readonly at: number; readonly id: string | undefined }>();

  constructor(private readonly clock: Clock, private readonly random: Random) {}

  /**
   * Returns a new nonce, valid for 10 s. At most 512 are valid; the oldest is forgotten.
   *
   * @param id the only peer that was asked; undefined if everybody was
   */
  issue(id?: string): string {
    if (this.#issued.size >= ASKS_OPEN_MAX) this.#issued.delete(this.#issued.keys().next().value!);
    const nonce = encodeBase32(this.random.bytes(ASK_NONCE_BYTES));
    this.#issued.set(nonce, { at: this.clock.now(), id });
    return nonce;
  }

  /** Returns when the nonce `echo` was issued, if it is valid and peer `id` received it; else undefined. */
  issuedAt(echo: string | undefined, id: string): number | undefined {
    const issued = this.#issued.get(echo ?? "");
    const isValid = issued !== undefined && this.clock.now() <= issued.at + ASK_VALID_MS &&
      (issued.id === undefined || issued.id === id);
    return isValid ? issued.at : undefined;
  }
}
