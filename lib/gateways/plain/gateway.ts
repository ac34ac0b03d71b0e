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

/** Options of {@linkcode PlainGateway}. */
export interface PlainGatewayOptions {
  /** False if nothing that is said may go out to those who connect. */
  readonly isReadable: boolean;
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

  constructor(door: Door, { isReadable, clock = systemClock }: PlainGatewayOptions) {
    this.#door = door;
    this.#isReadable = isReadable;
    this.#clock = clock;
    this.#rates = new Rates(clock);
    this.#datagrams = new Datagrams(door, this.#rates);
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
  }

  async #serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    const name = plainName(plainHost(connection.remote.host));
    let http: Connection | undefined;
    const client = new LineClient(connection, {
      door: this.#door,
      rates: this.#rates,
      clock: this.#clock,
      http: (read) => http = new PrefixedConnection(read, connection),
      said: (text) => this.#isReadable && this.#tell(name, text, client),
    });
    this.#clients.set(client, name);
    try {
      await client.run();
      this.#clients.delete(client);
      if (http) await this.#serveHttp(http);
    } finally {
      this.#clients.delete(client);
      this.#connections.end(connection);
    }
  }

  /** Serves a connection whose first line is a request of HTTP. */
  async #serveHttp(connection: Connection): Promise<void> {
    await connection.close();
  }

  /** Tells the connected programs what was said, but for the one that said it. */
  #tell(name: string, text: string, except?: LineClient): void {
    for (const client of this.#clients.keys()) if (client !== except) client.tell(name, text);
  }
}

function bare({ host, port }: Address): Address {
  return { host: plainHost(host), port };
}
