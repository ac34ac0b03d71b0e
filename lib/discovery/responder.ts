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
/** Few are called by one name, and who asks by it waits for them. */
const NAMED_DELAY_MS: readonly [number, number] = [0, 10];
const WAITING_MAX = 4;
const UNICAST_A_SECOND = 50;
const UNICAST_A_SECOND_EACH = 5;
const MULTICAST_EVERY_MS = 1_000;
const REPEATED_WITHIN_MS = 10_000;
const ASKERS_MAX = 1024;

/**
 * Answers asks and first contacts after 20 to 100 ms, an ask that names us after 0 to 10 ms (PROTOCOL.md 3.2). In a
 * small group it answers by unicast `hello`, else by one multicast `hello` for all that asked, at most one a second,
 * deferred and never dropped. An ask to us alone is answered by unicast in any group, because nobody else answers it.
 * At most 5 unicast answers a second go to one address and 50 to all, and at most 4 wait.
 */
export class Responder {
  readonly #asked = new AskLog();
  readonly #limit = new RateWindow(UNICAST_A_SECOND, UNICAST_A_SECOND_EACH);
  readonly #waiting = new Set<Timer>();
  /** The one waiting multicast answer; it has the nonce if it answers a single peer. */
  #toAll: { readonly timer: Timer; echo: string | undefined } | undefined;
  #toAllAt = -Infinity;

  constructor(
    private readonly self: SelfDescription,
    private readonly table: PeerTable,
    private readonly announcer: Announcer,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Answers an `ask`, unless it is for others or a copy. */
  asked({ id, want, nonce }: Announcement, datagram: Datagram): void {
    if (want !== undefined && !isCalled(this.self, want)) return;
    const asked = this.#asked.note(id, nonce, datagram.via, this.clock.now());
    if (asked === "copy") return;
    const isForUs = want !== undefined || datagram.via === "own";
    const answered = (isForUs || this.#isGroupSmall) &&
      this.answerAlone(sourceOf(datagram), nonce, want !== undefined);
    // The peer's firewall may drop unicast, so a repeated ask is answered by multicast too.
    if (!answered || asked === "repeated") this.#answerAll(nonce);
  }

  /** Answers the first `hello` of a peer. */
  met(datagram: Datagram): void {
    if (!this.#isGroupSmall || !this.answerAlone(sourceOf(datagram))) this.#answerAll();
  }

  /** Answers by unicast. Returns false if the limits forbid it now. @param isNamed the ask names us */
  answerAlone(from: AskTarget, nonce?: string, isNamed = false): boolean {
    if (this.#waiting.size >= WAITING_MAX || !this.#limit.take(this.clock.now(), from.host)) return false;
    const timer = this.clock.after(this.#delay(isNamed), () => {
      this.#waiting.delete(timer);
      this.announcer.helloTo(from, nonce);
    });
    this.#waiting.add(timer);
    return true;
  }

  /** Drops waiting answers. */
  stop(): void {
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
    this.#toAll?.timer.cancel();
    this.#toAll = undefined;
  }

  get #isGroupSmall(): boolean {
    return this.table.groupSize <= SMALL_ROSTER;
  }

  /** Plans a multicast `hello` that answers, unless one is planned. */
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

  #delay(isNamed = false): number {
    return this.random.between(...(isNamed ? NAMED_DELAY_MS : DELAY_MS));
  }
}

interface Ask {
  readonly nonce: string | undefined;
  readonly at: number;
}

/**
 * Remembers recent asks, at most 1 024 askers each way, to tell a repeated `ask` from a copy over another interface,
 * family or port. It compares the nonce, which nobody can guess: the counter may have been forged. An `ask` without one is
 * never a copy.
 */
export class AskLog {
  readonly #ways = { shared: new Map<string, Ask>(), own: new Map<string, Ask>() };

  /**
   * Records an `ask` of peer `id`.
   *
   * @param via how it arrived; an ask to all and an ask to us alone do not repeat each other
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
    const isCopied = (last?: Ask) => last?.nonce !== undefined && last.nonce === nonce;
    if (isCopied(recent(shared)) || isCopied(recent(own))) return "copy";
    const askers = this.#ways[via];
    const repeated = recent(askers) !== undefined;
    askers.delete(id);
    if (askers.size >= ASKERS_MAX) askers.delete(askers.keys().next().value!);
    askers.set(id, { nonce, at: now });
    return repeated ? "repeated" : "first";
  }
}
