import { encodeBase32 } from "../protocol/base32.ts";
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement,
  sealAnnouncement,
} from "../protocol/announcement.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { systemRandom } from "../platform/random.ts";
import { systemClock } from "../platform/clock.ts";
import { type Group, openGroup, peekGroup } from "../identity/group.ts";
import type { Address, Datagram, Family, Link } from "../net/types.ts";
import { UdpNet } from "../net/udp.ts";
import { DEFAULT_GROUP, KIND } from "./settings.ts";

/** One datagram that a {@linkcode Probe} heard. */
export interface Heard {
  readonly from: Address;
  readonly link: Link | undefined;
  readonly family: Family;
  readonly toMulticast: boolean;
  /**
   * `echo`: our own multicast, which came back. `peer`: of our group. `other-group`: of another one, without its name if
   * it is closed. `other-version`: of another version of Earshot. `other-network`: any of these, from an address of no
   * network of ours.
   */
  readonly kind: "echo" | "peer" | "other-group" | "other-version" | "other-network";
  readonly announcement?: Announcement;
  /** Version, if it is another one. */
  readonly version?: number;
  /** The round of ours that it answers, as {@linkcode Probe.askAll} and {@linkcode Probe.ask} returned it. */
  readonly answers?: number;
}

/** Options of {@linkcode Probe.open}. */
export interface ProbeOptions {
  readonly state: string;
  /** Open group, as for a peer; that of the state folder by default. */
  readonly group?: string;
  readonly interfaces?: readonly string[];
}

const NONCE_BYTES = 8;
const SEAL_NONCE_BYTES = 12;
/** Most datagrams that are handed over, in all and of one host: a flood must not drown the others. */
const HEARD_MAX = 2_000;
const HEARD_OF_HOST_MAX = 128;

/**
 * Asks the group as a short-lived peer does, under an id that it makes up for itself, and hands over everything that is
 * heard. Enters no roster, holds no port for itself, and changes nothing on disk.
 */
export class Probe {
  readonly #net: UdpNet;
  readonly #group: Group;
  readonly #self: Pick<Announcement, "id" | "boot">;
  /** Rounds by their nonces. */
  readonly #rounds = new Map<string, number>();
  #heard = 0;
  readonly #heardOf = new Map<string, number>();
  #seq = 0;

  private constructor(net: UdpNet, group: Group) {
    this.#net = net;
    this.#group = group;
    this.#self = { id: encodeBase32(systemRandom.bytes(15)), boot: systemRandom.u32() };
  }

  /** Opens the sockets. Fails as {@linkcode UdpNet.start} does. */
  static async open(options: ProbeOptions, heard: (heard: Heard) => void): Promise<Probe> {
    const stored = peekGroup(options.state);
    const group = options.group !== undefined && options.group !== stored?.name
      ? openGroup(options.group)
      : stored ?? openGroup(DEFAULT_GROUP);
    const { interfaces } = options;
    const net = new UdpNet({ interfaces, brief: true, patient: true, clock: systemClock });
    const probe = new Probe(net, group);
    await net.start({
      datagram: (datagram) => {
        const known = probe.#isWelcome(datagram) ? probe.#read(datagram) : undefined;
        if (!known) return;
        probe.#count(datagram);
        heard(known);
      },
      foreign: (datagram) => {
        const known = probe.#isWelcome(datagram) ? probe.#read(datagram) : undefined;
        if (!known || known.kind === "echo") return;
        probe.#count(datagram);
        heard({ ...known, kind: "other-network" });
      },
      linksChanged: () => {},
      warning: () => {},
    });
    return probe;
  }

  /** The links that it asks through. */
  get links(): readonly Link[] {
    return this.#net.links;
  }

  /** Name of the group. */
  get group(): string {
    return this.#group.name;
  }

  /** Asks the group through every link. Returns the round, counted from 1. */
  askAll(): number {
    const [data, round] = this.#ask();
    for (const link of this.#net.links) this.#net.multicast(link, data);
    return round;
  }

  /** Asks these addresses only, by unicast. Returns the round, counted with the others. */
  ask(places: readonly Address[]): number {
    const [data, round] = this.#ask();
    for (const to of places) this.#net.unicast(to, data);
    return round;
  }

  /** Closes the sockets. */
  async close(): Promise<void> {
    await this.#net.close();
  }

  #ask(): [data: Uint8Array, round: number] {
    const nonce = encodeBase32(systemRandom.bytes(NONCE_BYTES));
    const round = this.#rounds.size + 1;
    this.#rounds.set(nonce, round);
    const announcement: Announcement = {
      t: "ask",
      ...this.#self,
      name: "doctor",
      group: this.#group.name,
      kind: KIND,
      seq: ++this.#seq,
      port: 0,
      every: 60,
      nonce,
      brief: true,
    };
    const { announceKey } = this.#group;
    const data = announceKey
      ? sealAnnouncement(announcement, announceKey, systemRandom.bytes(SEAL_NONCE_BYTES))
      : encodeAnnouncement(announcement);
    return [data, round];
  }

  #isWelcome({ from: { host } }: Datagram): boolean {
    return this.#heard < HEARD_MAX && (this.#heardOf.get(host) ?? 0) < HEARD_OF_HOST_MAX;
  }

  #count({ from: { host } }: Datagram): void {
    this.#heard++;
    this.#heardOf.set(host, (this.#heardOf.get(host) ?? 0) + 1);
  }

  #read({ data, from, via, link, toMulticast }: Datagram): Heard | undefined {
    const place = {
      from,
      link,
      family: from.host.includes(":") ? 6 : 4,
      toMulticast: via === "shared" && toMulticast === true,
    } as const;
    const [, version, kind] =
      /^ES(\d{1,3})([.!>\n])/.exec(new TextDecoder("latin1").decode(data.subarray(0, 6))) ?? [];
    if (kind === ">") return undefined;
    if (version === undefined) return undefined;
    if (version !== "1") return { ...place, kind: "other-version", version: Number(version) };
    const announcement = this.#decode(data);
    if (announcement === undefined) return kind === "!" ? { ...place, kind: "other-group" } : undefined;
    const isOurs = announcement.group === this.#group.name &&
      (kind === "!") === (this.#group.announceKey !== undefined);
    if (!isOurs) return { ...place, kind: "other-group", announcement };
    const { id, boot, echo } = announcement;
    if (id === this.#self.id) return boot === this.#self.boot ? { ...place, kind: "echo" } : undefined;
    const answers = this.#rounds.get(echo ?? "");
    return { ...place, kind: "peer", announcement, ...(answers !== undefined && { answers }) };
  }

  /** Reads an open announcement of any group, or a closed one of ours. */
  #decode(data: Uint8Array): Announcement | undefined {
    for (const key of new Set([this.#group.announceKey, undefined])) {
      try {
        return decodeAnnouncement(data, key);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
    return undefined;
  }
}
