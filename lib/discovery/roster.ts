import type { Address } from "../net/types.ts";
import type { PeerAddress } from "./peer_addresses.ts";

/** A peer of the roster. The object is live: it shows what is known now. */
export interface RosterEntry {
  /** Node id, 24 characters. */
  readonly id: string;
  /** Label, not unique. */
  readonly name: string;
  /** Platform. */
  readonly kind: string;
  /** Random u32 of its start. */
  readonly boot: number;
  /** TCP port for sessions. */
  readonly port: number;
  readonly state: "up" | "gone";
  /**
   * Where sessions may be dialled, best first; at most 8. Empty where it was heard only from link-local IPv6 addresses
   * whose interface is not known yet.
   */
  readonly addresses: readonly PeerAddress[];
  /** Where it is, for people to read: the first of `addresses`, or one that cannot be dialled yet. */
  readonly shownAddress: Address | undefined;
  /** It announces itself, but no session with it can be had. */
  readonly unreachable: boolean;
  /** When it last gave a sign of life, milliseconds since 1970. */
  readonly lastSeen: number;
  /** Whether it ever answered an `ask` of ours or had a session with us; else somebody only said that it is there. */
  readonly proven: boolean;
}

/**
 * Who is within earshot, at most 4 096 peers, those that are gone among them. Datagrams said so: only a session proves
 * who is there.
 */
export interface Roster {
  /** All peers, up or gone. */
  entries(): RosterEntry[];
  /** The peer with this id. */
  get(id: string): RosterEntry | undefined;
  /** The peers that are up. */
  up(): RosterEntry[];
  /** How many are up. */
  readonly size: number;
}
