import { largestCrowd, networkOf } from "../../net/addresses.ts";
import type { Connection } from "../../net/types.ts";

/** Most connections to a gateway, and most of them from one address (for IPv6, one /64). */
const IN_ALL = 256;
const EACH = 32;

/**
 * Connections to the gateway. One too many ends the oldest: of its own address, or if there are too many in all, of the
 * address that has most. So those that were left half-open do not keep others out.
 */
export class Connections {
  /** Oldest first. */
  readonly #open = new Set<Connection>();

  constructor(private readonly limits = { inAll: IN_ALL, each: EACH }) {}

  /** Adds a connection; may close another. */
  add(connection: Connection): void {
    this.#open.add(connection);
    const network = networkOf(connection.remote.host);
    const own = [...this.#open].filter(({ remote }) => networkOf(remote.host) === network);
    if (own.length > this.limits.each) this.end(own[0]!);
    if (this.#open.size <= this.limits.inAll) return;
    const [oldest] = largestCrowd(this.#open, ({ remote }) => remote.host);
    this.end(oldest!);
  }

  /** Closes a connection. */
  end(connection: Connection): void {
    this.#open.delete(connection);
    connection.close();
  }

  /** Closes all. */
  endAll(): void {
    for (const connection of this.#open) this.end(connection);
  }
}
