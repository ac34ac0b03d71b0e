import type { Connection } from "../net/types.ts";

const SLOTS = 64;
const SLOTS_PER_ADDRESS = 8;

/**
 * Connections that have not finished their handshake: at most 64, and 8 from one address (an IPv6 /64 counts as one). A
 * new one takes the place of the oldest of its address, or of all, so that nobody can keep the door shut.
 */
export class HandshakeSlots {
  /** Oldest first. */
  readonly #taken = new Map<Connection, string>();

  /** Takes a slot; closes the connection that has to give way. */
  take(connection: Connection): void {
    const place = placeOf(connection.remote.host);
    const same = [...this.#taken].filter(([, each]) => each === place);
    const gives = same.length >= SLOTS_PER_ADDRESS
      ? same[0]?.[0]
      : this.#taken.size >= SLOTS
      ? this.#taken.keys().next().value
      : undefined;
    if (gives) {
      this.#taken.delete(gives);
      gives.close();
    }
    this.#taken.set(connection, place);
  }

  /** The handshake ended, either way. */
  release(connection: Connection): void {
    this.#taken.delete(connection);
  }

  /** Closes everything unfinished. */
  closeAll(): void {
    for (const connection of this.#taken.keys()) connection.close();
    this.#taken.clear();
  }
}

/** IPv4: the address. IPv6: its first 64 bits. */
function placeOf(host: string): string {
  if (!host.includes(":")) return host;
  const [head = "", tail] = host.replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const right = tail === "" ? [] : tail.split(":");
    while (left.length + right.length < 8) left.push("0");
    left.push(...right);
  }
  return left.slice(0, 4).map((group) => parseInt(group, 16)).join(":");
}
