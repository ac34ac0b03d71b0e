import type { Clock, Timer } from "../platform/clock.ts";
import type { PeerEntry } from "./peer_entry.ts";
import type { DiscoveryListener, GoneReason } from "./roster.ts";

/** Most events about unproven peers at once, and the rate at which more are allowed, in all and for one host. */
const BURST = 128;
const A_SECOND = 5;
const BURST_EACH = 32;
const A_SECOND_EACH = 2;
/** When waiting peers are looked at again, and how much later it may be, milliseconds. */
const AGAIN_MS = 250;
const AGAIN_SLACK_MS = 500;
/** Most hosts remembered. The one without events for longest is forgotten, and may then burst again. */
const HOSTS_MAX = 1_024;

/**
 * Limits the rate of events about unproven peers, which cost an attacker one datagram each. A peer over the limit
 * waits, and is reported later if it is still there. A peer that was never reported is not reported as gone.
 */
export class EventLimiter {
  readonly #told = new Set<PeerEntry>();
  readonly #waiting = new Set<PeerEntry>();
  readonly #all: TokenBucket;
  readonly #each = new Map<string, TokenBucket>();
  #timer: Timer | undefined;

  /** @param isWelcome tells whether the user knows this peer or looks for it: such a peer is reported at once */
  constructor(
    private readonly clock: Clock,
    private readonly emit: DiscoveryListener,
    private readonly isWelcome: (peer: PeerEntry) => boolean,
  ) {
    this.#all = new TokenBucket(BURST, A_SECOND, clock.now());
  }

  /** Reports that a peer appeared or changed; `why` is given if it was up before. */
  came(peer: PeerEntry, why?: "restart"): void {
    if (this.#mayTell(peer)) return this.#tell(peer, why);
    this.#waiting.add(peer);
    this.#timer ??= this.#later();
  }

  /** Reports that a peer has gone. */
  gone(peer: PeerEntry, why: GoneReason | "room"): void {
    this.#waiting.delete(peer);
    if (this.#told.delete(peer)) this.emit({ type: "gone", peer, why });
  }

  /** Stops reporting waiting peers. */
  stop(): void {
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  #tell(peer: PeerEntry, why?: "restart"): void {
    this.#waiting.delete(peer);
    const isNew = !this.#told.has(peer);
    this.#told.add(peer);
    this.emit(isNew ? { type: "up", peer } : { type: "changed", peer, why });
  }

  /** Tells whether events about a peer cost nothing of the rate. */
  #isFree(peer: PeerEntry): boolean {
    return peer.proven || this.isWelcome(peer);
  }

  #mayTell(peer: PeerEntry): boolean {
    if (this.#isFree(peer)) return true;
    const now = this.clock.now();
    const host = hostOf(peer);
    const each = this.#each.get(host) ?? new TokenBucket(BURST_EACH, A_SECOND_EACH, now);
    this.#each.delete(host);
    if (this.#each.size >= HOSTS_MAX) this.#each.delete(this.#each.keys().next().value!);
    this.#each.set(host, each);
    return each.has(now) && this.#all.take(now) && each.take(now);
  }

  #later(): Timer {
    return this.clock.after(AGAIN_MS, () => {
      this.#timer = undefined;
      const spent = new Set<string>();
      // Newest first: after a flood, the newest is most likely a real peer.
      for (const peer of [...this.#waiting].reverse()) {
        const host = hostOf(peer);
        if (spent.has(host) && !this.#isFree(peer)) continue;
        if (!this.#all.has(this.clock.now())) break;
        if (this.#mayTell(peer)) this.#tell(peer);
        else spent.add(host);
      }
      if (this.#waiting.size > 0) this.#timer = this.#later();
    }, AGAIN_SLACK_MS);
  }
}

/** Returns the key of a rate: all peers at one address share it. */
function hostOf({ source }: PeerEntry): string {
  return source?.host ?? "";
}

/** Allows a burst, and then a constant rate. */
class TokenBucket {
  #left: number;

  constructor(private readonly burst: number, private readonly aSecond: number, private at: number) {
    this.#left = burst;
  }

  has(now: number): boolean {
    this.#left = Math.min(this.burst, this.#left + (now - this.at) * this.aSecond / 1000);
    this.at = now;
    return this.#left >= 1;
  }

  take(now: number): boolean {
    if (!this.has(now)) return false;
    this.#left--;
    return true;
  }
}
