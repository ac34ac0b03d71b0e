import type { Address } from "../net/types.ts";
import type { PeerAddress } from "./peer_addresses.ts";

/** A peer in the roster. The object is live: its fields change as news arrives. */
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
   * Addresses for dialling, best first, at most 8. Empty if it was heard only from link-local IPv6 addresses whose
   * interface is not known yet.
   */
  readonly addresses: readonly PeerAddress[];
  /** Its address as shown to people: the first of `addresses`, or one that is not usable yet. */
  readonly shownAddress: Address | undefined;
  /** Host from which it last dialled us; undefined if it did not. */
  readonly cameFrom: string | undefined;
  /** True if it announces itself but cannot be dialled. */
  readonly unreachable: boolean;
  /** Its latest sign of life, milliseconds since 1970. */
  readonly lastSeen: number;
  /** The same on the monotonic clock, milliseconds. */
  readonly heardAt: number;
  /**
   * True if it ever answered an `ask` or had a session; otherwise there are only announcements, which may be forged.
   */
  readonly proven: boolean;
  /** True if there was a session with it, also if that was before it was started anew. */
  readonly met: boolean;
}

/**
 * Peers within earshot, at most 4 096, including those that have gone. Datagrams can be forged: only a session proves
 * an identity.
 */
export interface Roster {
  /** All peers, up or gone. */
  entries(): RosterEntry[];
  /** Returns the peer with this id. */
  get(id: string): RosterEntry | undefined;
  /** The peers that are up. */
  up(): RosterEntry[];
  /** Number of peers that are up. */
  readonly size: number;
}

/** Reason why a peer counts as gone: silence, a `bye`, or a restart after which it does not answer. */
export type GoneReason = "silence" | "bye" | "restart";

/** Event of discovery. */
export type DiscoveryEvent =
  /** A peer is up; `changed`: it has another name, kind, port or start, or an address became usable. */
  | { readonly type: "up" | "changed"; readonly peer: RosterEntry; readonly why?: "restart" }
  /** A peer has gone; `room`: it gave way in a full roster and is no longer in it. */
  | { readonly type: "gone"; readonly peer: RosterEntry; readonly why: GoneReason | "room" }
  /** It is heard but cannot be dialled; `reached`: there was a session after that. */
  | { readonly type: "unreachable" | "reached"; readonly peer: RosterEntry; readonly why?: undefined }
  /** Two answer for one peer, or for more addresses than are stored: only a session tells which is genuine. */
  | { readonly type: "contested"; readonly peer: RosterEntry; readonly why?: undefined }
  /** This machine has slept: addresses and sessions may be stale. */
  | { readonly type: "woke" }
  | { readonly type: "warning"; readonly code: string; readonly message: string };

/** Takes an event; must not throw. */
export type DiscoveryListener = (event: DiscoveryEvent) => void;
