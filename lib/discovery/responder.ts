import { isCalled } from "../identity/naming.ts";
import type { Datagram } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Announcement } from "../protocol/announcement.ts";
import type { Announcer, SelfDescription } from "./announcer.ts";
import { type AskTarget, sourceOf } from "./peer_addresses.ts";
import { type PeerTable, SMALL_ROSTER } from "./peer_table.ts";
import { RateWindow } from "./rate_window.ts";

const DELAY_MS: readonly [number, number] = [20, 100];
const WAITING_MAX = 4;
const UNICAST_A_SECOND = 50;
const UNICAST_A_SECOND_EACH = 5;
const MULTICAST_EVERY_MS = 1_000;
const REPEATED_WITHIN_MS = 10_000;
const ASKERS_MAX = 1024;

/**
 * Answers asks and first contacts after 20 to 100 ms: by a unicast `hello` if few peers are there, else by one
 * multicast `hello` for all who asked, at most one a second, deferred and never dropped (PROTOCOL.md 3.2). What
 * only we were asked is answered by unicast however many peers there are: nobody else answers it. Whatever arrives, at
 * most 5 unicast answers a second go to one address, 50 to all, and at most 4 wait.
 */
export class Responder {
  readonly #asked = new AskLog();
  readonly #limit = new RateWindow(UNICAST_A_SECOND, UNICAST_A_SECOND_EACH);
  readonly #waiting = new Set<Timer>();
  /** The one multicast answer that waits; it echoes the nonce if a single peer is answered. */
  #toAll: { readonly timer: Timer; echo: string | undefined } | undefined;
  #toAllAt = -Infinity;

  constructor(
    private readonly self: SelfDescription,
    private readonly table: PeerTable,
    private readonly announcer: Announcer,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Answers an `ask`, unless others are meant or it is a copy of one before. */
  asked({ id, want, nonce }: Announcement, datagram: Datagram): void {
    if (want !== undefined && !isCalled(this.self, want)) return;
    const asked = this.#asked.note(id, nonce, datagram.via, this.clock.now());
    if (asked === "copy") return;
    const isForUs = want !== undefined || datagram.via === "own";
    const answered = (isForUs || this.#isGroupSmall) && this.answerAlone(sourceOf(datagram), nonce);
    // What its firewall may drop is said in another way, too.
    if (!answered || asked === "repeated") this.#answerAll(nonce);
  }

  /** Answers the first `hello` of a peer. */
  met(datagram: Datagram): void {
    if (!this.#isGroupSmall || !this.answerAlone(sourceOf(datagram))) this.#answerAll();
  }

  /** Answers by unicast within the limits; false if they allow none now. */
  answerAlone(from: AskTarget, nonce?: string): boolean {
    if (this.#waiting.size >= WAITING_MAX || !this.#limit.take(this.clock.now(), from.host)) return false;
    const timer = this.clock.after(this.#delay(), () => {
      this.#waiting.delete(timer);
      this.announcer.helloTo(from, nonce);
    });
    this.#waiting.add(timer);
    return true;
  }

  /** Forgets what waits. */
  stop(): void {
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
    this.#toAll?.timer.cancel();
    this.#toAll = undefined;
  }

  get #isGroupSmall(): boolean {
    return this.table.groupSize <= SMALL_ROSTER;
  }

  /** Sees to it that the next multicast `hello` answers. */
  #answerAll(nonce?: string): void {
    if (this.#toAll) {
      if (this.#toAll.echo !== nonce) this.#toAll.echo = undefined;
      return;
    }
    const delay = Math.max(this.#delay(), this.#toAllAt + MULTICAST_EVERY_MS - this.clock.now());
    const timer = this.clock.after(delay, () => {
      const echo = this.#toAll?.echo;
      this.#toAll = undefined;
      this.#toAllAt = this.clock.now();
      this.announcer.helloAll(echo);
    });
    this.#toAll = { timer, echo: nonce };
  }

  #delay(): number {
    return this.random.between(...DELAY_MS);
  }
}

interface Ask {
  readonly nonce: string | undefined;
  readonly at: number;
}

/**
 * Memory of who asked lately, at most 1 024 askers each way: tells a repeated `ask` from a copy that came by another
 * interface, family or port. By its nonce, which nobody can guess, and not by its counter, which others may have forged
 * ahead.
 */
export class AskLog {
  readonly #ways = { shared: new Map<string, Ask>(), own: new Map<string, Ask>() };

  /**
   * Notes an `ask` of the peer `id`.
   *
   * @param via how it came; what was asked of all and what was asked of us alone are no repetitions of each other
   * @param now monotonic, milliseconds
   */
  note(
    id: string,
    nonce: string | undefined,
    via: Datagram["via"],
    now: number,
  ): "first" | "repeated" | "copy" {
    const recent = (askers: Map<string, Ask>) => {
      const last = askers.get(id);
      return last && now - last.at < REPEATED_WITHIN_MS ? last : undefined;
    };
    const { shared, own } = this.#ways;
    if ([recent(shared), recent(own)].some((last) => last && last.nonce === nonce)) return "copy";
    const askers = this.#ways[via];
    const repeated = recent(askers) !== undefined;
    askers.delete(id);
    if (askers.size >= ASKERS_MAX) askers.delete(askers.keys().next().value!);
    askers.set(id, { nonce, at: now });
    return repeated ? "repeated" : "first";
  }
}
