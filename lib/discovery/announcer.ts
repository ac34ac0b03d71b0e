import type { Group } from "../identity/group.ts";
import type { DatagramNet, Link } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { type Announcement, encodeAnnouncement, sealAnnouncement } from "../protocol/announcement.ts";
import { EVERY_MIN } from "../protocol/limits.ts";
import { type AskTarget, linksTowards } from "./peer_addresses.ts";
import type { Nonces } from "./nonces.ts";

/** Peers that may say one `hello` a second together are five. */
const HELLOS_A_SECOND = 5;
const SPREAD = 0.2;
/** How far the period must have grown for the next `hello` to be spread over all of it. */
const GROWN = 1.5;
const BYE_AGAIN_MS = 100;
const SEAL_NONCE_BYTES = 12;

/** Seconds from one steady `hello` of a peer to its next, where so many peers are up. */
export function periodOf(peers: number): number {
  return Math.max(EVERY_MIN, peers / HELLOS_A_SECOND);
}

/** The longest that such a period can take, in whole seconds. */
export function longestOf(period: number): number {
  return Math.ceil(period * (1 + SPREAD));
}

/** What a peer says about itself. */
export interface SelfDescription {
  readonly id: string;
  /** A label (see `isLabel`). */
  readonly name: string;
  readonly kind: string;
  /** Random u32 of this start. */
  readonly boot: number;
  /** TCP port for sessions; 0 where `brief`. */
  readonly port: number;
  /** A short-lived command: only asks, never says `hello` or `bye`, is in nobody's roster. */
  readonly brief?: boolean;
}

/** What an announcement says beside who we are. */
export type Said = Pick<Announcement, "t" | "nonce" | "echo" | "want">;

/** What a {@linkcode Announcer} needs. */
export interface AnnouncerOptions {
  readonly self: SelfDescription;
  readonly group: Group;
  readonly net: DatagramNet;
  readonly clock: Clock;
  readonly random: Random;
  readonly nonces: Nonces;
  /** How many peers are up. */
  readonly rosterSize: () => number;
}

/** Everything this peer announces, and the steady `hello` that keeps what `every` promised (PROTOCOL.md section 3). */
export class Announcer {
  #seq = 0;
  /** The period, in seconds, that the next `hello` was planned with. */
  #planned = 0;
  #nextHello = Infinity;
  #timer: Timer | undefined;

  constructor(private readonly options: AnnouncerOptions) {}

  /** Says it to the group: the same announcement on each link. */
  multicast(said: Said, links: readonly Link[] = this.options.net.links): void {
    if (links.length === 0) return;
    const data = this.#compose(said);
    for (const link of links) this.options.net.multicast(link, data);
  }

  /** Says it to each target; through every link of IPv6 where the link of a link-local address is not known. */
  unicast(said: Said, targets: readonly AskTarget[]): void {
    const { net } = this.options;
    const data = this.#compose(said);
    for (const to of targets) {
      for (const link of linksTowards(to, net.links)) {
        net.unicast({ host: to.host, port: to.port }, data, link);
      }
    }
  }

  /** Begins the steady `hello`. */
  startHellos(): void {
    this.#planHello();
  }

  /**
   * The group heard a `hello` outside the steady ones. Where it has grown much since the next one was planned, that one
   * moves: peers that started together do not announce together for ever.
   */
  heardByAll(): void {
    if (this.#nextHello !== Infinity && this.#hasGrown()) this.#planHello();
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
    for (const link of net.links) net.multicast(link, data);
    await new Promise<void>((resolve) => clock.after(BYE_AGAIN_MS, resolve));
    for (const link of net.links) net.multicast(link, data);
  }

  #compose(said: Said): Uint8Array {
    const { self, group, random, clock } = this.options;
    // The longest that the next hello can be away, so that the promise holds.
    const every = longestOf(this.#period());
    if (this.#nextHello !== Infinity && this.#nextHello > clock.now() + every * 1000) {
      this.#planHello(1 - SPREAD);
    }
    const announcement: Announcement = {
      t: said.t,
      id: self.id,
      name: self.name,
      group: group.name,
      kind: self.kind,
      boot: self.boot,
      seq: ++this.#seq,
      port: self.port,
      every,
      nonce: said.nonce,
      echo: said.echo,
      want: said.want,
      brief: self.brief || undefined,
    };
    return group.announceKey
      ? sealAnnouncement(announcement, group.announceKey, random.bytes(SEAL_NONCE_BYTES))
      : encodeAnnouncement(announcement);
  }

  #period(): number {
    return periodOf(this.options.rosterSize());
  }

  #hasGrown(): boolean {
    return this.#period() > GROWN * this.#planned;
  }

  #planHello(soonest = this.#hasGrown() ? SPREAD : 1 - SPREAD): void {
    const { clock, random } = this.options;
    this.#planned = this.#period();
    const delay = this.#planned * 1000 * random.between(soonest, 1 + SPREAD);
    this.#timer?.cancel();
    this.#nextHello = clock.now() + delay;
    this.#timer = clock.after(delay, () => {
      this.#timer = undefined;
      this.#nextHello = Infinity;
      const { net, nonces } = this.options;
      // Whoever cannot hear the hellos of others has them answer.
      this.multicast(net.deaf ? { t: "ask", nonce: nonces.issue() } : { t: "hello" });
      this.#planHello();
    });
  }
}
