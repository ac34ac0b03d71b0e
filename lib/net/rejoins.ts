import type { Clock } from "../platform/clock.ts";
import type { NetLink } from "./interfaces.ts";

/** How often the groups are joined again, milliseconds: a switch without a querier forgets members after 260 s. */
const REJOIN_EVERY = 100_000;
/**
 * The same on a link on which no multicast was heard for so long, milliseconds: a switch that was started anew knows no
 * members.
 */
const REJOIN_SILENT = 25_000;

/** Tells when the groups are to be joined again on a link. */
export class Rejoins {
  /** When another host's multicast was last heard on a link, or the groups were joined there for want of it. */
  readonly #heardAt = new WeakMap<NetLink, number>();
  #joinedAt: number;

  constructor(private readonly clock: Clock) {
    this.#joinedAt = clock.now();
  }

  /** Notes that multicast of another host came through one of these links. */
  heard(links: readonly NetLink[]): void {
    for (const link of links) this.#heardAt.set(link, this.clock.now());
  }

  /** Makes all links due. */
  hurry(): void {
    this.#joinedAt = -Infinity;
  }

  /** Returns the links on which it is time to join again, and takes it that this is done. */
  due(links: readonly NetLink[]): ReadonlySet<NetLink> {
    const now = this.clock.now();
    const isAll = now - this.#joinedAt >= REJOIN_EVERY;
    if (isAll) this.#joinedAt = now;
    this.heard(links.filter((link) => !this.#heardAt.has(link)));
    const due = links.filter((link) => isAll || now - this.#heardAt.get(link)! >= REJOIN_SILENT);
    this.heard(due);
    return new Set(due);
  }
}
