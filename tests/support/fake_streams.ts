import type { Address, Connection, Listener, StreamNet } from "../../lib/net/types.ts";

/** Bytes that a connection holds between a writer and a reader that does not read. */
const BUFFER_BYTES = 256 * 1024;

/** One direction of a connection: bounded, so that a writer waits for its reader. */
class Pipe {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #ended = false;
  #changed = Promise.withResolvers<void>();

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      if (this.#ended) throw new Deno.errors.BrokenPipe("closed");
      const room = Math.min(BUFFER_BYTES - this.#size, data.length - at);
      if (room > 0) {
        this.#chunks.push(data.slice(at, at + room));
        this.#size += room;
        at += room;
        this.#change();
      } else await this.#changed.promise;
    }
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return null;
      await this.#changed.promise;
    }
    const chunk = this.#chunks[0]!;
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    this.#size -= count;
    this.#change();
    return count;
  }

  end(): void {
    this.#ended = true;
    this.#change();
  }
}

/** A connection in memory. */
export class FakeConnection implements Connection {
  closed = false;
  /** Bytes written by this end. */
  written = 0;

  constructor(readonly remote: Address, private readonly incoming: Pipe, private readonly outgoing: Pipe) {}

  async read(into: Uint8Array): Promise<number | null> {
    if (this.closed) throw new Deno.errors.Interrupted("closed");
    return await this.incoming.read(into);
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.closed) throw new Deno.errors.BrokenPipe("closed");
    this.written += data.length;
    await this.outgoing.write(data);
  }

  close(): void {
    this.closed = true;
    this.incoming.end();
    this.outgoing.end();
  }
}

/** Both ends of a connection. */
export function connectionPair(a = "10.0.0.1", b = "10.0.0.2"): [FakeConnection, FakeConnection] {
  const [ab, ba] = [new Pipe(), new Pipe()];
  return [
    new FakeConnection({ host: b, port: 3333 }, ba, ab),
    new FakeConnection({ host: a, port: 50_000 }, ab, ba),
  ];
}

/** A network of stream connections in memory: hosts by address, any of which can be unreachable. */
export class FakeStreamWorld {
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  /** Hosts that swallow everything, like a firewall. */
  readonly silent = new Set<string>();
  /** Every connection made, as the dialler's end. */
  readonly connections: FakeConnection[] = [];

  /** The network as seen from one host. */
  host(host: string): StreamNet {
    return {
      listen: (ports, accept): Promise<Listener> => {
        const port = ports[0]!;
        this.#listeners.set(`${host} ${port}`, accept);
        return Promise.resolve({ port, close: () => void this.#listeners.delete(`${host} ${port}`) });
      },
      dial: (to, signal): Promise<Connection> => {
        if (this.silent.has(to.host)) {
          return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        }
        const accept = this.#listeners.get(`${to.host} ${to.port}`);
        if (!accept) return Promise.reject(new Deno.errors.ConnectionRefused("refused"));
        const [mine, theirs] = connectionPair(host, to.host);
        this.connections.push(mine);
        accept(theirs);
        return Promise.resolve(mine);
      },
    };
  }
}
