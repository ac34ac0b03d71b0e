import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { AskTarget } from "./peer_addresses.ts";
import { RateWindow } from "./rate_window.ts";
import type { Announcer } from "./announcer.ts";

const DELAY_MS: readonly [number, number] = [20, 100];
/** Up to this roster an ask of everybody is answered to the asker alone. */
export const SMALL_ROSTER = 32;
const WAITING_MAX = 4;
const UNICAST_A_SECOND = 50;
const UNICAST_A_SECOND_EACH = 5;
const MULTICAST_EVERY_MS = 1_000;

/** An announcement that is to be answered. */
export interface Question {
  /** Where it came from, and through which link where that is known. */
  readonly from: AskTarget;
  readonly nonce?: string;
  /** Whether only we were asked: by unicast, or by `want`. */
  readonly onlyUs: boolean;
  /** Whether the same peer asked the same way a moment ago: its firewall may drop what comes by unicast. */
  readonly repeated: boolean;
}

/** What {@linkcode Responder} needs. */
export interface ResponderOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly announcer: Announcer;
  /** How many peers are up. */
  readonly rosterSize: () => number;
}

/**
 * Responder asks and first contacts after 20 to 100 ms: by a unicast `hello` where few peers are there, else by one
 * multicast `hello` for all who asked, at most one a second, deferred and never dropped (PROTOCOL.md section 3). What
 * only we were asked is answered by unicast however many peers there are: nobody else answers it. Whatever arrives, at
 * most 5 unicast answers a second go to one address, 50 to all, and at most 4 wait.
 */
export class Responder {
  readonly #limit = new RateWindow(UNICAST_A_SECOND, UNICAST_A_SECOND_EACH);
  readonly #waiting = new Set<Timer>();
  /** The one multicast answer that waits; it echoes the nonce where a single peer is answered. */
  #toAll: { readonly timer: Timer; echo: string | undefined } | undefined;
  #toAllAt = -Infinity;

  constructor(private readonly options: ResponderOptions) {}

  /** Responder, or sees to it that the next multicast `hello` does. */
  answer(question: Question): void {
    const { onlyUs, repeated } = question;
    const byUnicast = onlyUs || this.options.rosterSize() <= SMALL_ROSTER;
    const answered = byUnicast && this.answerAlone(question);
    if (!answered || repeated) this.#answerAll(question.nonce);
  }

  /** Responder by unicast within the limits; false where they allow none now. */
  answerAlone({ from, nonce }: Pick<Question, "from" | "nonce">): boolean {
    const { clock, announcer } = this.options;
    if (this.#waiting.size >= WAITING_MAX || !this.#limit.take(clock.now(), from.host)) return false;
    const timer = clock.after(this.#delay(), () => {
      this.#waiting.delete(timer);
      announcer.unicast({ t: "hello", echo: nonce }, [from]);
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

  #answerAll(nonce: string | undefined): void {
    const { clock, announcer } = this.options;
    if (this.#toAll) {
      if (this.#toAll.echo !== nonce) this.#toAll.echo = undefined;
      return;
    }
    const delay = Math.max(this.#delay(), this.#toAllAt + MULTICAST_EVERY_MS - clock.now());
    const timer = clock.after(delay, () => {
      const echo = this.#toAll?.echo;
      this.#toAll = undefined;
      this.#toAllAt = clock.now();
      announcer.multicast({ t: "hello", echo });
      announcer.heardByAll();
    });
    this.#toAll = { timer, echo: nonce };
  }

  #delay(): number {
    return this.options.random.between(...DELAY_MS);
  }
}
