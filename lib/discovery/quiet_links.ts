import type { Link } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";

/** A link is quiet if nothing was heard on it for this long, milliseconds. */
const QUIET_AFTER_MS = 30_000;

/**
 * Tells on which links nothing is heard: the network may drop multicast there, and let broadcast through. Whatever
 * another peer sends counts, of any group.
 */
export class QuietLinks {
  /** When each link came. */
  readonly #cameAt = new WeakMap<Link, number>();
  readonly #heardAt = new WeakMap<Link, number>();

  constructor(private readonly clock: Clock) {}

  /** Notes links that came. */
  came(links: readonly Link[]): void {
    for (const link of links) this.#cameAt.set(link, this.clock.now());
  }

  /** Notes that another peer was heard on these links, or on one of them. */
  heard(links: readonly Link[]): void {
    for (const link of links) this.#heardAt.set(link, this.clock.now());
  }

  /** True if nothing was heard on it for 30 s. */
  isQuiet(link: Link): boolean {
    const last = this.#heardAt.get(link) ?? this.#cameAt.get(link) ?? -Infinity;
    return this.clock.now() - last >= QUIET_AFTER_MS;
  }

  /** True if nothing was heard on it since it came. */
  isMute(link: Link): boolean {
    return !this.#heardAt.has(link);
  }
}
