import type { DatagramNet, Link } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Nonces } from "./nonces.ts";
import type { Announcer } from "./announcer.ts";

/** When the group is asked, milliseconds after the start. */
const ASK_AT_MS = [0, 250, 1_000, 3_000];
const SPREAD = 0.2;

/** What {@linkcode Querier} needs. */
export interface QuerierOptions {
  readonly net: DatagramNet;
  readonly clock: Clock;
  readonly random: Random;
  readonly announcer: Announcer;
  readonly nonces: Nonces;
}

/** Asks the group on links that are new to us, and again until enough is known (PROTOCOL.md section 3). */
export class Querier {
  readonly #waiting = new Set<Timer>();

  constructor(private readonly options: QuerierOptions) {}

  /**
   * Asks through `links` at once and at 0.25, 1 and 3 s, each ±20 %. Links that went meanwhile are left out.
   *
   * @param enough whether the later ones may be skipped, given the monotonic time of the first
   * @param want see `Announcement.want`
   */
  begin(links: readonly Link[], enough: (since: number) => boolean, want?: string): void {
    if (links.length > 0) this.#ask(0, this.options.clock.now(), links, enough, want);
  }

  /** Asks no more. */
  stop(): void {
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  #ask(
    round: number,
    started: number,
    links: readonly Link[],
    enough: (since: number) => boolean,
    want: string | undefined,
  ): void {
    if (round > 0 && enough(started)) return;
    const { net, clock, random, announcer, nonces } = this.options;
    announcer.multicast(
      { t: "ask", nonce: nonces.issue(), want },
      links.filter((link) => net.links.includes(link)),
    );
    const next = ASK_AT_MS[round + 1];
    if (next === undefined) return;
    const at = started + next * random.between(1 - SPREAD, 1 + SPREAD);
    const timer = clock.after(at - clock.now(), () => {
      this.#waiting.delete(timer);
      this.#ask(round + 1, started, links, enough, want);
    });
    this.#waiting.add(timer);
  }
}
