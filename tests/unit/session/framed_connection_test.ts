import { assertEquals } from "@std/assert";
import type { Connection } from "../../../lib/net/types.ts";
import { FramedConnection } from "../../../lib/session/framed_connection.ts";

/** A connection that takes what is written when it is told so, and then keeps it. */
class SlowConnection implements Connection {
  readonly remote = { host: "127.0.0.1", port: 1 };
  readonly taken: Uint8Array[] = [];
  #pending: (() => void)[] = [];

  read(): Promise<null> {
    return Promise.resolve(null);
  }

  write(data: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pending.push(() => {
      this.taken.push(data.slice());
      resolve();
    });
    return promise;
  }

  take(): void {
    for (const take of this.#pending.splice(0)) take();
  }

  close(): void {}
}

/** A record of these bytes, and what goes to the connection for it. */
function recordOf(byte: number, length: number): [record: Uint8Array, written: Uint8Array] {
  const record = new Uint8Array(length).fill(byte);
  return [record, new Uint8Array([length >> 8, length, ...record])];
}

Deno.test("large pieces of several connections at once, and of one after another, do not mix", async () => {
  const connections = [1, 2, 3].map(() => new SlowConnection());
  const framed = connections.map((connection) => new FramedConnection(connection));
  for (const [round, length] of [65_000, 40_000, 65_535, 3].entries()) {
    const written = framed.map((each, i) => {
      const [record, expected] = recordOf(10 * round + i, length);
      const [second, rest] = recordOf(100 + i, 60_000);
      const done = each.write([record, second]);
      return { done, expected: new Uint8Array([...expected, ...rest]) };
    });
    for (const connection of connections) connection.take();
    await Promise.all(written.map(({ done }) => done));
    for (const [i, { expected }] of written.entries()) assertEquals(connections[i]!.taken.pop(), expected);
  }
});
