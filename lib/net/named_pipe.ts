import net from "node:net";
import type { Address, Connection } from "./types.ts";

/** Listens on a named pipe (`\\.\pipe\…`). Rejects with the system's error; code EADDRINUSE if the name is in use. */
export function listenPipe(
  name: string,
  accept: (connection: Connection) => void,
): Promise<{ close(): void }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ close(): void }>();
  const server = net.createServer(
    { allowHalfOpen: true },
    (socket) => accept(new NodeConnection(socket, { host: name, port: 0 })),
  );
  server.once("error", reject);
  server.listen(name, () => {
    server.off("error", reject);
    // A failed accept concerns that connection only.
    server.on("error", () => {});
    resolve({ close: () => void server.close() });
  });
  return promise;
}

/** Connects to a named pipe. Rejects with the system's error if nobody listens. */
export function dialPipe(name: string): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  const socket = net.connect({ path: name, allowHalfOpen: true });
  socket.once("error", reject);
  socket.once("connect", () => {
    const connection = new NodeConnection(socket, { host: name, port: 0 });
    socket.off("error", reject);
    resolve(connection);
  });
  return promise;
}

/** A {@linkcode Connection} over a socket of `node:net`: Deno itself does not speak named pipes. */
class NodeConnection implements Connection {
  #error: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(private readonly socket: net.Socket, readonly remote: Address) {
    // Paused mode: at most the stream's high-water mark is buffered.
    socket.on("readable", () => this.#notify());
    socket.on("end", () => {
      this.#ended = true;
      this.#notify();
    });
    socket.on("error", (error) => {
      this.#error ??= error;
      this.#notify();
    });
    socket.on("close", () => {
      this.#error ??= this.#ended ? undefined : new Deno.errors.Interrupted("the connection was closed");
      this.#ended = true;
      this.#notify();
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const length = Math.min(into.length, this.socket.readableLength);
      const chunk: Uint8Array | null = length > 0 ? this.socket.read(length) : null;
      if (chunk !== null) {
        into.set(chunk);
        return chunk.length;
      }
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      this.socket.read(0);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // Deno 2.7 calls back without an error if the socket was destroyed during the write.
      this.socket.write(data, (error) => {
        if (error || this.socket.destroyed) {
          reject(error ?? new Deno.errors.Interrupted("the connection was closed"));
        } else resolve();
      });
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
