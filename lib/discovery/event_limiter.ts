import type { Clock, Timer } from "../platform/clock.ts";
import type { DiscoveryEvent, DiscoveryListener } from "./events.ts";
import type { PeerEntry } from "./peer_entry.ts";

/** What may be told at once of peers that nobody has proven, and how much more each second: in all, and of one host. */
const BURST = 128;
const A_SECOND = 5;
const BURST_EACH = 32;
const A_SECOND_EACH = 2;
const AGAIN_MS = 250;
/** Hosts remembered; those that said nothing for longest are forgotten, and may say a burst again. */
const HOSTS_MAX = 1_024;

/** What {@linkcode EventLimiter} needs. */
export interface EventLimiterOptions {
  readonly clock: Clock;
  readonly emit: DiscoveryListener;
  /** Whether the user knows this peer, or looks for it: it is told at once. */
  readonly isWelcome: (peer: PeerEntry) => boolean;
}

/**
 * Between discovery and whoever listens: peers that nobody has proven cost a datagram each, so what is told of them is
 * limited in rate. Who waits is told later, if it is still there; what was never told to be there is not told to be gone.
 */
export class EventLimiter {
  readonly #told = new Set<PeerEntry>();
  readonly #waiting = new Set<PeerEntry>();
  readonly #all: TokenBucket;
  readonly #each = new Map<string, TokenBucket>();
  #timer: Timer | undefined;

  constructor(private readonly options: EventLimiterOptions) {
    this.#all = new TokenBucket(BURST, A_SECOND, options.clock.now());
  }

  /** A peer came or changed. */
  came(peer: PeerEntry, event: DiscoveryEvent): void {
    if (!this.#mayTell(peer)) {
      this.#waiting.add(peer);
      this.#timer ??= this.#later();
    } else if (event.type === "up" || this.#told.has(peer)) this.#tell(peer, event);
    else this.#tell(peer, { type: "up", peer });
  }

  /** A peer is gone. */
  gone(peer: PeerEntry, event: DiscoveryEvent): void {
    this.#waiting.delete(peer);
    if (this.#told.delete(peer)) this.options.emit(event);
  }

  /** Tells nothing more by itself. */
  stop(): void {
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  #tell(peer: PeerEntry, event: DiscoveryEvent): void {
    this.#waiting.delete(peer);
    this.#told.add(peer);
    this.options.emit(event);
  }

  #mayTell(peer: PeerEntry): boolean {
    if (peer.proven || this.options.isWelcome(peer)) return true;
    const now = this.options.clock.now();
    const host = peer.source?.host ?? "";
    const each = this.#each.get(host) ?? new TokenBucket(BURST_EACH, A_SECOND_EACH, now);
    this.#each.delete(host);
    if (this.#each.size >= HOSTS_MAX) this.#each.delete(this.#each.keys().next().value!);
    this.#each.set(host, each);
    return each.has(now) && this.#all.take(now) && each.take(now);
  }

  #later(): Timer {
    return this.options.clock.after(AGAIN_MS, () => {
      this.#timer = undefined;
      // The latest first: after a flood that is whoever is really there.
      for (const peer of [...this.#waiting].reverse()) {
        if (!this.#all.has(this.options.clock.now())) break;
        if (this.#mayTell(peer)) this.#tell(peer, { type: this.#told.has(peer) ? "changed" : "up", peer });
      }
      if (this.#waiting.size > 0) this.#timer = this.#later();
    });
  }
}

/** So many at once, and then so many a second. */
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
