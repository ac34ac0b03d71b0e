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
   * Addresses at which it may be dialled, best first; at most 8. Empty if it was heard only from link-local IPv6
   * addresses whose interface is not known yet.
   */
  readonly addresses: readonly PeerAddress[];
  /** Its address, for people to read: the first of `addresses`, or one that cannot be dialled yet. */
  readonly shownAddress: Address | undefined;
  /** It announces itself, but no session with it can be had. */
  readonly unreachable: boolean;
  /** When it last gave a sign of life, milliseconds since 1970. */
  readonly lastSeen: number;
  /** Whether it ever answered an `ask` of ours or had a session with us; else somebody only said that it is there. */
  readonly proven: boolean;
}

/**
 * Peers within earshot, at most 4 096, those that are gone among them. Datagrams said so: only a session proves
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

/** Why a peer is taken for gone: nothing heard, it said `bye`, or it started anew and does not answer. */
export type GoneReason = "silence" | "bye" | "restart";

/** News from discovery. */
export type DiscoveryEvent =
  /** A peer is there; `changed`: its name, kind, port or start changed, or an address became usable. */
  | { readonly type: "up" | "changed"; readonly peer: RosterEntry; readonly why?: "restart" }
  /** A peer is gone; `room`: it gave way in a full roster and is not in it any more. */
  | { readonly type: "gone"; readonly peer: RosterEntry; readonly why: GoneReason | "room" }
  /** It was heard after a session with it was tried in vain; or a session was had after that. */
  | { readonly type: "unreachable" | "reached"; readonly peer: RosterEntry; readonly why?: undefined }
  /** Two answer for one peer, or for more addresses than are kept: only a session tells which is the true one. */
  | { readonly type: "contested"; readonly peer: RosterEntry; readonly why?: undefined }
  | { readonly type: "warning"; readonly code: string; readonly message: string };

/** Takes an event; must not throw. */
export type DiscoveryListener = (event: DiscoveryEvent) => void;
