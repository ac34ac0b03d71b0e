import { largestCrowd } from "../net/addresses.ts";
import type { Connection } from "../net/types.ts";

const SLOTS = 64;

/**
 * Connections that have not finished their handshake: at most 64. If there is no room for a new one, the oldest of the
 * address that has most of them gives way (an IPv6 /64 counts as one), so that nobody can keep the door shut.
 */
export class HandshakeSlots {
  /** Oldest first. */
  readonly #taken = new Set<Connection>();

  /** Takes a slot; closes the connection that has to give way. */
  take(connection: Connection): void {
    this.#taken.add(connection);
    if (this.#taken.size <= SLOTS) return;
    const [oldest] = largestCrowd(this.#taken, (each) => each.remote.host);
    this.#taken.delete(oldest!);
    oldest!.close();
  }

  /** The handshake ended, either way. */
  release(connection: Connection): void {
    this.#taken.delete(connection);
  }

  /** Closes everything unfinished. */
  closeAll(): void {
    for (const connection of this.#taken) connection.close();
    this.#taken.clear();
  }
}
