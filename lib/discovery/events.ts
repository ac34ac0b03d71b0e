import type { GoneReason } from "./peer_entry.ts";
import type { RosterEntry } from "./roster.ts";

/** What discovery tells. */
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
