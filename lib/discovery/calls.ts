import { plainHost } from "../net/addresses.ts";
import type { Address, Datagram } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import type { Announcement } from "../protocol/announcement.ts";
import type { Announcer, SelfDescription } from "./announcer.ts";
import { type AskTarget, dialAddress, sourceOf } from "./peer_addresses.ts";
import { RateWindow } from "./rate_window.ts";

/** Callers that are asked whether they called, and then dialled: a second, in all; and at one host. */
const ASKED_A_SECOND = 5;
const ASKED_A_SECOND_EACH = 1;
/** How long their answer counts, milliseconds. */
const ANSWER_MS = 3_000;

/** Dependencies of {@linkcode Calls}. */
export interface CallsOptions {
  readonly self: SelfDescription;
  readonly announcer: Announcer;
  readonly clock: Clock;
  /** Dials this peer at this address, which is its own. */
  readonly dial: (id: string, address: Address) => void;
}

/** Somebody who seems to have called. */
interface Caller {
  readonly id: string;
  readonly host: string;
  readonly until: number;
}

/**
 * Calls: a peer asks another one to dial it (PROTOCOL.md 3.8). The source of a datagram is easily forged, so whoever is
 * called first asks that address, and dials it only if it repeats the call with the nonce that was sent there: nobody
 * is made to dial somebody else.
 */
export class Calls {
  /** Port at which each peer that we call is to dial us. */
  readonly #called = new Map<string, number>();
  /** Callers that were asked, by nonce. */
  readonly #asked = new Map<string, Caller>();
  readonly #asks = new RateWindow(ASKED_A_SECOND, ASKED_A_SECOND_EACH);

  constructor(private readonly options: CallsOptions) {}

  /** Asks a peer at these places to dial our TCP port `port`; says so again if it asks, until {@linkcode end}. */
  begin(id: string, port: number, targets: readonly AskTarget[]): void {
    this.#called.set(id, port);
    this.options.announcer.call(id, targets, port);
  }

  /** Ends a call. */
  end(id: string): void {
    this.#called.delete(id);
  }

  /** Takes an announcement of another peer of the group. */
  heard({ t, id, port, call, echo, nonce, want }: Announcement, datagram: Datagram): void {
    const { self, announcer, clock } = this.options;
    const calledAt = this.#called.get(id);
    if (calledAt !== undefined && t === "ask" && want === self.id && nonce !== undefined) {
      announcer.repeatCall(sourceOf(datagram), nonce, calledAt);
    }
    if (!call || self.brief || port === 0) return;
    const host = plainHost(datagram.from.host);
    const now = clock.now();
    if (t === "ask" && want === self.id) {
      if (!this.#asks.take(now, host)) return;
      for (const [old, { until }] of this.#asked) if (until < now) this.#asked.delete(old);
      this.#asked.set(announcer.askPeer(id, [sourceOf(datagram)]), { id, host, until: now + ANSWER_MS });
    } else if (t === "hello" && echo !== undefined) {
      const asked = this.#asked.get(echo);
      if (asked?.id !== id || asked.host !== host || asked.until < now) return;
      this.#asked.delete(echo);
      const to = dialAddress(datagram, port);
      if (to) this.options.dial(id, to);
    }
  }
}
