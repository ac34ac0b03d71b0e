import type { Address } from "../net/types.ts";
import { type PeerAddress, PeerAddresses, Proof } from "./peer_addresses.ts";
import type { GoneReason, RosterEntry } from "./roster.ts";
import { ReplayWindow } from "./replay_window.ts";
import type { SourceHost } from "./source_counts.ts";

/** Why a peer is asked whether it is there: it may be gone, or no session with it can be had. */
export type Doubt = GoneReason | "unreachable";

/** The question whether a peer is still there, open for at most 3 s. */
export interface Check {
  /** `ask`s sent. */
  attempts: number;
  /** Another start of the peer answered: puts it in this one's place. Used unless this one answers too. */
  successor?: () => void;
}

/** Another start, or another name, kind or port, that claims the id of a peer that is up, and its latest announcement. */
export interface Rival {
  readonly boot: number;
  readonly seq: number;
  readonly heardAt: number;
  /** Puts it in the place of what is known, unproven. */
  readonly replace: () => void;
}

/** Everything that discovery keeps of a peer. Times are monotonic milliseconds. */
export class PeerEntry implements RosterEntry {
  name = "";
  kind = "";
  boot = 0;
  port = 0;
  /** Changed by {@linkcode PeerTable} only, which counts. */
  state: "up" | "gone" = "gone";
  lastSeen = 0;
  proof: Proof = Proof.none;
  /** Seconds until its next `hello`, as it announced. */
  every = 0;
  /** The same as it said when it answered us last; 0 if it has not since it is up. */
  promised = 0;
  /** Multiple of the time until its next `hello` after which its silence is looked into. */
  patience = 1;
  heardAt = 0;
  /** When its silence is to be looked into, or the open check goes on. */
  deadline = Infinity;
  check: Check | undefined = undefined;
  /** Why it may be gone although it was heard. */
  doubt: Doubt | undefined = undefined;
  /** When a session with it was last tried in vain; undefined if one was had since. */
  failedAt: number | undefined = undefined;
  unreachable = false;
  /** When it was last asked because of a doubt. */
  doubtedAt = -Infinity;
  /** When it last said `bye`, and was to be asked because of that. */
  byeAt = -Infinity;
  rival: Rival | undefined = undefined;
  /** When the whole group was last asked for it. */
  soughtAt = -Infinity;
  /** When it was last asked which link its link-local addresses are on. */
  probedAt = -Infinity;
  readonly replayWindow = new ReplayWindow();
  readonly candidates = new PeerAddresses();

  /** @param source that it was first heard from; undefined if a session brought it */
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

  /** Another start of the peer takes the place of the one that was known. */
  startedAnew(boot: number): void {
    this.boot = boot;
    this.replayWindow.reset();
    this.candidates.startedAnew();
    this.rival = undefined;
    this.failedAt = undefined;
    this.unreachable = false;
  }
}
