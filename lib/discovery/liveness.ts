import type { Address } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { type Announcer, longestOf, periodOf } from "./announcer.ts";
import type { GracePeriod } from "./grace_period.ts";
import { Proof } from "./peer_addresses.ts";
import type { Check, Doubt, PeerEntry } from "./peer_entry.ts";
import { type PeerTable, SMALL_ROSTER } from "./peer_table.ts";
import { RateWindow } from "./rate_window.ts";
import type { GoneReason } from "./roster.ts";

/** Silence after which a peer is asked, in multiples of its `every`. */
const SILENCE: readonly [number, number] = [1.2, 1.5];
const SILENCE_LARGE: readonly [number, number] = [1.5, 3];
const ASKS = 3;
const ASK_EVERY_MS = 1_000;
const DOUBT_EVERY_MS = 10_000;
/**
 * Spread per peer that is up, milliseconds: all heard the same `bye`, and at most 4 answers of the asked peer wait for
 * 100 ms.
 */
const DOUBT_SPREAD_MS = 40;
const CHECKS_A_SECOND = 50;
const CHECKS_A_SECOND_EACH = 25;
const POSTPONE_MS: readonly [number, number] = [200, 1_000];
const AFTER_GRACE_MS = 3_000;
/** An unproven `every` is believed up to this multiple of our own. */
const BELIEVED = 2;
/** Shortest time between two passes over the roster, milliseconds. */
const PASS_EVERY_MS = 20;

/** An open session, as evidence that a peer is there. */
export interface LiveSession {
  /** When the other side was last heard through it, monotonic. */
  readonly heardAt: number;
  /** Address of the other side. */
  readonly address?: Address;
  /** Sends a ping. */
  ping(): void;
  /** Sends a ping; if nothing is heard within seconds, calls `lost` and ends the session. */
  probe(lost: () => void): void;
}

/** Dependencies of {@linkcode Liveness}. */
export interface LivenessOptions {
  readonly table: PeerTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly announcer: Announcer;
  readonly grace: GracePeriod;
  /** Returns the open session with a peer, if any. */
  readonly session: (id: string) => LiveSession | undefined;
}

/**
 * Decides whether peers are still there (PROTOCOL.md 3.6). A peer that is silent, said `bye` or announces another start
 * is asked three times within 3 s, by unicast and through its session if one is open. Its answer, or the lack of one,
 * decides. Each peer has one deadline; at most 50 asks a second.
 */
export class Liveness {
  readonly #limit = new RateWindow(CHECKS_A_SECOND, CHECKS_A_SECOND_EACH);
  #timer: Timer | undefined;
  #passAt = Infinity;
  #lastPass = -Infinity;

  /** @param gone called for a peer that did not answer, and of which no other start was heard either */
  constructor(
    private readonly options: LivenessOptions,
    private readonly gone: (entry: PeerEntry, why: GoneReason) => void,
  ) {}

  /**
   * Records a sign of life at the monotonic time `at`, which may be in the past.
   *
   * @param sentAfter when it was sent at the earliest: what may be older than the peer's `bye` does not take that back
   */
  heard(entry: PeerEntry, at: number, sentAfter = at): void {
    const { clock, session } = this.options;
    entry.heardAt = Math.max(entry.heardAt, at);
    entry.lastSeen = Math.max(entry.lastSeen, clock.wall() - (clock.now() - at));
    const hasLeft = entry.doubt === "bye" && sentAfter < entry.leftAt;
    if (hasLeft && !session(entry.id)) return;
    entry.check = undefined;
    if (!hasLeft) entry.doubt = undefined;
    entry.patience = this.#patience();
    this.#setDeadline(entry, this.#silentAt(entry));
  }

  /**
   * Records a reason to doubt that the peer, or its known start, is still there. The peer is asked, at most once in 10
   * s. If a session is open, only when that ends.
   */
  doubt(entry: PeerEntry, why: Doubt): void {
    const { clock, random, table, session } = this.options;
    if (entry.doubt !== undefined && (why !== "bye" || entry.doubt === "bye")) return;
    entry.doubt = why;
    if (why === "bye") {
      entry.leftAt = clock.now();
      if (entry.check) {
        entry.check.attempts = Math.min(entry.check.attempts, ASKS - 1);
        entry.byeAt = entry.leftAt;
      }
    }
    if (entry.check || session(entry.id)) return;
    const spread = why === "silence" || why === "unreachable"
      ? 0
      : random.between(0, table.groupSize * DOUBT_SPREAD_MS);
    const before = why === "bye" ? entry.byeAt : entry.doubtedAt;
    const at = Math.max(clock.now() + spread, before + DOUBT_EVERY_MS);
    this.#setDeadline(entry, Math.min(entry.deadline, at));
  }

  /** Records the end of a session with the peer, through which it was last heard at `at`. */
  sessionLost(entry: PeerEntry, at: number): void {
    const { doubt } = entry;
    if (doubt === undefined) return this.heard(entry, Math.max(at, entry.heardAt));
    entry.doubt = undefined;
    this.doubt(entry, doubt);
  }

  /**
   * Another start of the peer has answered an ask. Calls `use`, which replaces the known start, unless the known start
   * answers as well or has a session.
   */
  successor(entry: PeerEntry, use: () => void): void {
    const { clock, session } = this.options;
    this.doubt(entry, "restart");
    if (session(entry.id)) return;
    if (!entry.check && clock.now() < entry.doubtedAt + DOUBT_EVERY_MS) return;
    const check = entry.check ?? this.#open(entry);
    if (check.attempts === 0) this.#ask(entry, 0);
    check.attempts = ASKS;
    check.successor = use;
    this.#setDeadline(entry, clock.now() + ASK_EVERY_MS);
  }

  /** Stops all checks. */
  stop(): void {
    this.#timer?.cancel();
    this.#passAt = -Infinity;
  }

  #patience(): number {
    const { random, table } = this.options;
    return random.between(...(table.groupSize > SMALL_ROSTER ? SILENCE_LARGE : SILENCE));
  }

  /** Returns the time from which the peer's silence is doubtful, as far as its promise is believed. */
  #silentAt({ heardAt, every, promised, patience }: PeerEntry): number {
    const believed = Math.max(promised, BELIEVED * longestOf(periodOf(this.options.table.groupSize)));
    return heardAt + Math.min(every, believed) * 1000 * patience;
  }

  #setDeadline(entry: PeerEntry, at: number): void {
    entry.deadline = at;
    if (at < this.#passAt) this.#passBy(at);
  }

  #passBy(at: number): void {
    const { clock } = this.options;
    this.#timer?.cancel();
    this.#passAt = Math.max(at, this.#lastPass + PASS_EVERY_MS);
    this.#timer = clock.after(this.#passAt - clock.now(), () => this.#pass());
  }

  #pass(): void {
    const { clock, table, grace } = this.options;
    grace.notice();
    this.#lastPass = clock.now();
    this.#passAt = Infinity;
    this.#timer = undefined;
    let next = Infinity;
    for (const entry of table.up()) {
      if (entry.deadline <= this.#lastPass) this.#due(entry, this.#lastPass);
      if (entry.state === "up") next = Math.min(next, entry.deadline);
    }
    if (next < this.#passAt) this.#passBy(next);
  }

  #due(entry: PeerEntry, now: number): void {
    const { random, grace } = this.options;
    const session = this.options.session(entry.id);
    if (session && session.heardAt > (entry.check ? entry.doubtedAt : entry.heardAt)) {
      const { doubt } = entry;
      this.heard(entry, session.heardAt);
      // After a `bye`, the peer is asked once more when the session ends.
      entry.doubt = doubt;
      if (entry.deadline > now) return;
    }
    // Our own group may have grown, so that a promise that seemed too long is believed now.
    if (!entry.check && entry.doubt === undefined && now < this.#silentAt(entry)) {
      entry.deadline = this.#silentAt(entry);
    } else if (entry.check?.successor) {
      entry.check.successor();
    } else if (entry.check?.attempts === ASKS) {
      // A peer that said `bye` and does not answer has gone. The silence cannot be ours: we heard the `bye`.
      if (grace.active && entry.doubt !== "bye") {
        entry.check = undefined;
        entry.deadline = grace.until + random.between(0, AFTER_GRACE_MS);
      } else if (entry.rival && entry.rival.heardAt >= entry.doubtedAt) {
        entry.rival.replace();
      } else if (entry.doubt === "unreachable") {
        // Its host may block incoming datagrams but let its announcements out.
        entry.check = entry.doubt = undefined;
        entry.deadline = this.#silentAt(entry);
      } else this.gone(entry, entry.doubt ?? "silence");
    } else if (!session && (entry.candidates.isEmpty || (!grace.active && this.#isFlood(entry)))) {
      // A peer that only dialled us cannot be asked.
      this.gone(entry, entry.doubt === "bye" ? "bye" : "silence");
    } else if (!this.#limit.take(now, entry.source?.host)) {
      entry.deadline = now + random.between(...POSTPONE_MS);
    } else {
      const check = entry.check ?? this.#open(entry);
      entry.deadline = now + ASK_EVERY_MS;
      session?.ping();
      this.#ask(entry, check.attempts++);
    }
  }

  /** Tells whether asking is pointless: the peer is silent, and one of many from a host that never answered. */
  #isFlood(entry: PeerEntry): boolean {
    return !entry.check && entry.proof === Proof.none && this.options.table.isCrowded(entry);
  }

  /** Sends the ask number `attempt` (0, 1, 2) to the peer by unicast. */
  #ask({ id, candidates }: PeerEntry, attempt: number): void {
    candidates.asked(this.options.clock.now());
    this.options.announcer.askPeer(id, candidates.askTargets(attempt > 0));
  }

  #open(entry: PeerEntry): Check {
    entry.doubtedAt = this.options.clock.now();
    if (entry.doubt === "bye") entry.byeAt = entry.doubtedAt;
    return entry.check = { attempts: 0 };
  }
}
