import { PrefixedConnection } from "../../net/first_bytes.ts";
import { plainHost } from "../../net/addresses.ts";
import type { Address, Connection } from "../../net/types.ts";
import type { Door, Gateway } from "../../peer/door.ts";
import { plainName } from "../../peer/plain_sender.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import { Connections } from "./connections.ts";
import { Datagrams } from "./datagrams.ts";
import { LineClient } from "./line_client.ts";
import { Rates } from "./rates.ts";

/** Most requests of HTTP in a second from one address. */
const REQUESTS_EACH = 50;

/** Server of the connections that speak HTTP. */
export interface HttpServer {
  /** Takes a connection whose first line is a request; owns it from then on. */
  connected(connection: Connection): void;
  /** Closes every connection. Resolves when no document is on its way to the door any more. */
  close(): Promise<void>;
}

/** The part of the gateway that an {@linkcode HttpServer} uses. */
export interface HttpContext {
  readonly door: Door;
  /** Tells whether a program without a key may read the names of peers. */
  readonly isReadable: () => boolean;
  /** Counts a request from the address; false if there are too many. */
  readonly mayTake: (address: string) => boolean;
  readonly clock: Clock;
}

/** Options of {@linkcode PlainGateway}. */
export interface PlainGatewayOptions {
  /** False if nothing that is said may go out to those who connect. */
  readonly isReadable: boolean;
  /** Makes the server of HTTP; without one, connections that speak it are closed. */
  readonly http?: (context: HttpContext) => HttpServer;
  /** For tests. */
  readonly clock?: Clock;
}

/** The plain gateway: text, JSON and HTTP from programs without a key. */
export class PlainGateway implements Gateway {
  readonly #door: Door;
  readonly #isReadable: boolean;
  readonly #clock: Clock;
  readonly #rates: Rates;
  readonly #datagrams: Datagrams;
  readonly #connections = new Connections();
  readonly #clients = new Map<LineClient, string>();
  readonly #running = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  readonly #http: HttpServer | undefined;

  constructor(door: Door, { isReadable, http, clock = systemClock }: PlainGatewayOptions) {
    this.#door = door;
    this.#isReadable = isReadable;
    this.#clock = clock;
    this.#rates = new Rates(clock);
    this.#datagrams = new Datagrams(door, this.#rates);
    const mayTake = (address: string) => this.#rates.take(plainHost(address), REQUESTS_EACH);
    this.#http = http?.({ door, isReadable: () => isReadable, mayTake, clock });
    this.#unsubscribe = door.onSaid((name, text) => this.#tell(name, text));
  }

  datagram(
    data: Uint8Array,
    from: Address,
    toMulticast: boolean,
    answer: (data: Uint8Array) => void,
  ): void {
    // The store tells of its failures itself.
    this.#datagrams.received(data, bare(from), toMulticast, answer).catch(() => {});
  }

  connected(connection: Connection): void {
    const running = this.#serve(connection).catch(() => {}).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#connections.endAll();
    await Promise.all(this.#running);
    await this.#http?.close();
  }

  async #serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    const name = plainName(plainHost(connection.remote.host));
    let http: Uint8Array | undefined;
    const client = new LineClient(connection, {
      door: this.#door,
      rates: this.#rates,
      clock: this.#clock,
      http: (read) => http = read,
      said: (text) => this.#isReadable && this.#tell(name, text, client),
    });
    this.#clients.set(client, name);
    try {
      await client.run();
    } finally {
      this.#clients.delete(client);
      const end = () => this.#connections.end(connection);
      if (http && this.#http) this.#http.connected(new Counted(http, connection, end));
      else end();
    }
  }

  /** Tells the connected programs what was said, but for the one that said it. */
  #tell(name: string, text: string, except?: LineClient): void {
    for (const client of this.#clients.keys()) if (client !== except) client.tell(name, text);
  }
}

/** A connection that counts until it is closed. */
class Counted extends PrefixedConnection {
  readonly #end: () => void;

  constructor(read: Uint8Array, connection: Connection, end: () => void) {
    super(read, connection);
    this.#end = end;
  }

  override close(): void {
    this.#end();
  }
}

function bare({ host, port }: Address): Address {
  return { host: plainHost(host), port };
}
