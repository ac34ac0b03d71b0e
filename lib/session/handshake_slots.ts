import { largestCrowd } from "../net/addresses.ts";
import type { Connection } from "../net/types.ts";

const SLOTS = 64;

/**
 * Connections that have not finished their handshake, at most 64. When they are full, the address with most of them
 * loses its oldest (an IPv6 /64 counts as one address), so that nobody can block all others.
 */
export class HandshakeSlots {
  /** Oldest first. */
  readonly #taken = new Set<Connection>();

  /** Takes a slot; if all are taken, closes another connection. */
  take(connection: Connection): void {
    this.#taken.add(connection);
    if (this.#taken.size <= SLOTS) return;
    const [oldest] = largestCrowd(this.#taken, (each) => each.remote.host);
    this.#taken.delete(oldest!);
    oldest!.close();
  }

  /** Frees the slot of a connection whose handshake succeeded or failed. */
  release(connection: Connection): void {
    this.#taken.delete(connection);
  }

  /** Closes all unfinished connections. */
  closeAll(): void {
    for (const connection of this.#taken) connection.close();
    this.#taken.clear();
  }
}
