import type { Address } from "../net/types.ts";
import { type PeerAddress, PeerAddresses, Proof } from "./peer_addresses.ts";
import type { GoneReason, RosterEntry } from "./roster.ts";
import { ReplayWindow } from "./replay_window.ts";
import type { SourceHost } from "./source_counts.ts";

/** Reason to ask a peer whether it is there: it may have gone, or cannot be dialled. */
export type Doubt = GoneReason | "unreachable";

/** A check whether a peer is still there; it takes at most 3 s. */
export interface Check {
  /** Number of `ask`s sent. */
  attempts: number;
  /** Replaces this start by another one that has answered; called unless this one answers too. */
  successor?: () => void;
}

/** Another start (or another name, kind or port) of a peer that is up, with its latest announcement. */
export interface Rival {
  readonly boot: number;
  readonly seq: number;
  readonly heardAt: number;
  /** Replaces the known start, as unproven. */
  readonly replace: () => void;
}

/** The known starts of a peer, each a random number that never comes again. */
export interface Starts {
  /** Proven starts that others have replaced, the latest last. */
  readonly replaced: number[];
  /** The start that answered along with the known one, and when. */
  rival: { readonly boot: number; readonly at: number } | undefined;
  /** When two peers with its identity were noticed last, monotonic. */
  twinsAt: number;
}

/** All that discovery knows of a peer. Times are monotonic milliseconds. */
export class PeerEntry implements RosterEntry {
  name = "";
  kind = "";
  boot = 0;
  port = 0;
  /** Changed only by {@linkcode PeerTable}, which counts. */
  state: "up" | "gone" = "gone";
  lastSeen = 0;
  proof: Proof = Proof.none;
  /** True if there was a session with any start of it. */
  met = false;
  /** Time to its next `hello` as announced, seconds. */
  every = 0;
  /** The same in its latest answer to us; 0 if there was none since it came up. */
  promised = 0;
  /** Multiple of the time to its next `hello` after which its silence is doubtful. */
  patience = 1;
  heardAt = 0;
  /** Time at which its silence is doubtful, or the open check continues. */
  deadline = Infinity;
  check: Check | undefined = undefined;
  /** Reason to doubt that it is there, although it was heard. */
  doubt: Doubt | undefined = undefined;
  /** When dialling it last failed; undefined if there was a session since. */
  failedAt: number | undefined = undefined;
  unreachable = false;
  cameFrom: string | undefined = undefined;
  /** When it was last heard by a datagram. */
  announcedAt = -Infinity;
  /** When it was last asked because of a doubt. */
  doubtedAt = -Infinity;
  /** When it was last asked because of a `bye`. */
  byeAt = -Infinity;
  /** When it said the `bye` for which it is in doubt. */
  leftAt = -Infinity;
  rival: Rival | undefined = undefined;
  /** When the group was last asked for it. */
  soughtAt = -Infinity;
  /** When it was last asked for the link of its link-local addresses. */
  probedAt = -Infinity;
  readonly starts: Starts = { replaced: [], rival: undefined, twinsAt: -Infinity };
  readonly replayWindow = new ReplayWindow();
  readonly candidates = new PeerAddresses();

  /** @param source of its first announcement; undefined if a session came first */
  constructor(readonly id: string, readonly source: SourceHost | undefined) {}

  get addresses(): readonly PeerAddress[] {
    return this.candidates.usable();
  }

  get shownAddress(): Address | undefined {
    return this.candidates.shown;
  }

  get proven(): boolean {
    return this.proof !== Proof.none;
  }

  /** Replaces the known start by another one. */
  startedAnew(boot: number): void {
    this.boot = boot;
    this.replayWindow.reset();
    this.candidates.startedAnew();
    this.rival = undefined;
    this.failedAt = undefined;
    this.unreachable = false;
  }
}
