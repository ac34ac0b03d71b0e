import { readSpoken } from "../net/first_bytes.ts";
import type { Connection, Datagram } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import { HandshakeSlots } from "../session/handshake_slots.ts";
import type { Gateway } from "./door.ts";

/** Most sockets of peers that are remembered, and how long, milliseconds. */
const SOCKETS_MAX = 4_096;
const SOCKETS_MS = 600_000;

const ANNOUNCEMENT = [..."ES1"].map((letter) => letter.charCodeAt(0));

/** Tells what comes in on our port for sessions and discovery from what is for the gateway. */
export class Entrance {
  #gateway: Gateway | undefined;
  /** Connections that have not said what they are; the handshake of a session is bounded likewise. */
  readonly #undecided = new HandshakeSlots();
  /** Sockets from which announcements came: address and port → when, oldest first. */
  readonly #sockets = new Map<string, number>();
  #closed = false;

  /**
   * @param session takes the connections of sessions
   * @param listen our only address at which there is a gateway; undefined for all
   */
  constructor(
    private readonly session: (connection: Connection) => void,
    private readonly clock: Clock,
    private readonly listen?: string,
  ) {}

  /** Passes what is for the gateway to it from now on; until then it is dropped. */
  open(gateway: Gateway): void {
    this.#gateway = gateway;
  }

  /** Takes an accepted connection. */
  async accept(accepted: Connection): Promise<void> {
    if (!this.#isHere(accepted.localHost)) return this.session(accepted);
    if (this.#closed) return accepted.close();
    this.#undecided.take(accepted);
    try {
      const { spoken, connection } = await readSpoken(accepted, this.clock);
      if (spoken === "session") this.session(connection);
      else if (this.#gateway) this.#gateway.connected(connection);
      else connection.close();
    } catch {
      accepted.close();
    } finally {
      this.#undecided.release(accepted);
    }
  }

  /** Takes a datagram. Peers of our own kind send nothing to a gateway but what they said to their group as well. */
  datagram({ data, from, via, to, toMulticast = false, answer }: Datagram): void {
    if (ANNOUNCEMENT.every((byte, i) => data[i] === byte)) return this.#note(`${from.host} ${from.port}`);
    if (via !== "shared" || !answer || this.#closed) return;
    if (this.#isPeers(`${from.host} ${from.port}`)) return;
    if (toMulticast || this.#isHere(to)) this.#gateway?.datagram(data, from, toMulticast, answer);
  }

  /** Closes the gateway and the connections that said nothing yet. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#undecided.closeAll();
    await this.#gateway?.close();
  }

  #isHere(address: string | undefined): boolean {
    return this.listen === undefined || address === undefined || address === this.listen;
  }

  #note(socket: string): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size >= SOCKETS_MAX) this.#sockets.delete(this.#sockets.keys().next().value!);
    this.#sockets.set(socket, this.clock.now());
  }

  #isPeers(socket: string): boolean {
    return this.clock.now() - (this.#sockets.get(socket) ?? -Infinity) < SOCKETS_MS;
  }
}
