import { isCalled } from "../identity/naming.ts";
import type { PeerRef } from "../identity/node_id.ts";
import type { DatagramNet, Link } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { is } from "../protocol/fields.ts";
import { foldLabel } from "../protocol/label.ts";
import type { Announcer } from "./announcer.ts";
import { type PeerTable, SMALL_ROSTER } from "./peer_table.ts";

/** Times of the asks, milliseconds after the start. */
const ASK_AT_MS = [0, 250, 1_000, 3_000];
const SPREAD = 0.2;

/** One question to the group. */
interface Query {
  /** Restricts who answers, see `Announcement.want`; undefined for everybody. */
  readonly want: string | undefined;
  readonly waiting: Set<Timer>;
  /** When it was first asked, monotonic, milliseconds; undefined if it was not. */
  began?: number;
}

/**
 * Asks the group on new links at once and at 0.25, 1 and 3 s, each ±20 %, until enough peers are known. Asks for all
 * peers, or for the one that the user looks for (PROTOCOL.md 3.2).
 */
export class Querier {
  readonly #everybody: Query = { want: undefined, waiting: new Set() };
  #sought: Query | undefined;

  /** @param brief true for a short-lived command, which asks only for `seek` */
  constructor(
    private readonly brief: boolean | undefined,
    private readonly table: PeerTable,
    private readonly announcer: Announcer,
    private readonly net: DatagramNet,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Asks through links that are new, or on which others could not hear us. */
  ask(links: readonly Link[]): void {
    if (this.#sought) this.#begin(this.#sought, links);
    if (!this.brief) this.#begin(this.#everybody, links);
  }

  /** See `Discovery.seek`. */
  seek(want: string | undefined): void {
    const folded = want && foldLabel(want);
    if (folded !== undefined && !is.target(folded)) return this.stopSeeking();
    // Other peers may spell a name beyond ASCII differently and not recognize it, so everybody has to answer.
    // deno-lint-ignore no-control-regex
    const asked = /^[\x00-\x7f]*$/.test(folded ?? "") ? folded : undefined;
    // It was asked a moment ago, before the rest of this peer was there.
    if (this.#sought && this.#sought.want === asked && this.#isFresh(this.#sought)) return;
    this.stopSeeking();
    this.#sought = { want: asked, waiting: new Set() };
    this.#begin(this.#sought, this.net.links);
  }

  /** Ends {@linkcode seek}. */
  stopSeeking(): void {
    if (this.#sought) cancel(this.#sought);
    this.#sought = undefined;
  }

  /** See `Discovery.seekingSince`. */
  get seekingSince(): number | undefined {
    return this.#sought?.began;
  }

  /** Tells whether the user is looking for this peer. */
  isSought(peer: PeerRef): boolean {
    const want = this.#sought?.want;
    return want !== undefined && isCalled(peer, want);
  }

  /** Stops asking. */
  stop(): void {
    cancel(this.#everybody);
    this.stopSeeking();
  }

  #begin(query: Query, links: readonly Link[]): void {
    if (links.length === 0) return;
    query.began ??= this.clock.now();
    this.#ask(query, 0, this.clock.now(), links);
  }

  #isFresh({ began }: Query): boolean {
    return began === undefined || this.clock.now() - began < ASK_AT_MS[1]! * (1 - SPREAD);
  }

  /** Asks through those of the links that still exist. */
  #ask(query: Query, round: number, started: number, links: readonly Link[]): void {
    if (round > 0 && this.#isEnough(query, started)) return;
    const next = ASK_AT_MS[round + 1];
    const present = links.filter((link) => this.net.links.includes(link));
    this.announcer.askGroup(present, query.want, next === undefined);
    if (next === undefined) return;
    const at = started + next * this.random.between(1 - SPREAD, 1 + SPREAD);
    const timer = this.clock.after(at - this.clock.now(), () => {
      query.waiting.delete(timer);
      this.#ask(query, round + 1, started, links);
    });
    query.waiting.add(timer);
  }

  #isEnough({ want }: Query, started: number): boolean {
    return want === undefined
      ? this.table.heardSince(started) >= SMALL_ROSTER
      : this.table.up().some((entry) => entry.heardAt >= started && isCalled(entry, want));
  }
}

function cancel({ waiting }: Query): void {
  for (const timer of waiting) timer.cancel();
  waiting.clear();
}
