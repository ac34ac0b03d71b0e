import net from "node:net";
import { NodeConnection } from "./node_connection.ts";
import type { Connection } from "./types.ts";

/** Listens on a named pipe (`\\.\pipe\…`). Rejects with the system's error, code EADDRINUSE where somebody does. */
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

/** Connects to a named pipe. Rejects with the system's error where nobody listens. */
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
