import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Connection } from "../../../lib/net/types.ts";
import { acceptLoop } from "../../../lib/net/stream_connection.ts";
import { TcpNet } from "../../../lib/net/tcp.ts";
import { UserError } from "../../../lib/platform/user_error.ts";
import { patient } from "../../support/patience.ts";

const lo = { interfaces: ["lo"] };
const never = new AbortController().signal;

/** A listener on loopback, and the connections that it accepted. */
class Door implements AsyncDisposable {
  readonly tcp = new TcpNet(lo);
  readonly #queue: Connection[] = [];
  #arrived = Promise.withResolvers<void>();
  #close = () => Promise.resolve();
  port = 0;

  static async open(ports: readonly number[] = [0]): Promise<Door> {
    const door = new Door();
    const listener = await door.tcp.listen(ports, (connection) => {
      door.#queue.push(connection);
      door.#arrived.resolve();
      door.#arrived = Promise.withResolvers();
    });
    door.port = listener.port;
    door.#close = () => listener.close();
    return door;
  }

  async accept(): Promise<Connection> {
    while (this.#queue.length === 0) await patient(this.#arrived.promise, () => "a connection");
    return this.#queue.shift()!;
  }

  async pair(host = "127.0.0.1"): Promise<[Connection, Connection]> {
    return [await this.tcp.dial({ host, port: this.port }, never), await this.accept()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    for (const connection of this.#queue) connection.close();
  }
}

Deno.test("one port is open on IPv4 and IPv6, and the other end is named without ::ffff:", async () => {
  await using door = await Door.open();
  for (const host of ["127.0.0.1", "::1"]) {
    const [near, far] = await door.pair(host);
    assertEquals(near.remote, { host, port: door.port });
    assertEquals(far.remote.host, host);
    assert(far.remote.port > 0);
    await near.write(new TextEncoder().encode("hello"));
    const into = new Uint8Array(3);
    assertEquals([await far.read(into), await far.read(into)], [3, 2]);
    near.close();
    assertEquals(await far.read(into), null);
    far.close();
  }
});

Deno.test("without chosen interfaces IPv4 arrives unwrapped as well", async () => {
  const tcp = new TcpNet();
  const accepted = Promise.withResolvers<Connection>();
  const listener = await tcp.listen([0], accepted.resolve);
  const near = await tcp.dial({ host: "127.0.0.1", port: listener.port }, never);
  const far = await accepted.promise;
  assertEquals(far.remote.host, "127.0.0.1");
  near.close();
  far.close();
  await listener.close();
});

Deno.test("the first port that is free on every address is taken", async () => {
  const taken = Deno.listen({ hostname: "::1", port: 0 });
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = (free.addr as Deno.NetAddr).port;
  free.close();
  await using door = await Door.open([(taken.addr as Deno.NetAddr).port, port]);
  assertEquals(door.port, port);
  taken.close();
});

Deno.test("where no port is free the user is told which were tried", async () => {
  await using door = await Door.open();
  const error = await assertRejects(() => Door.open([door.port]), UserError, `TCP port ${door.port}`);
  assertEquals(error.exitCode, 1);
  await assertRejects(
    () => Door.open([door.port, door.port]),
    UserError,
    `from ${door.port} to ${door.port}`,
  );
  await assertRejects(() => new TcpNet({ interfaces: ["none0"] }).listen([0], () => {}), UserError, "none0");
});

Deno.test("a refused or aborted dial rejects", async () => {
  await using door = await Door.open();
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  closed.close();
  await assertRejects(
    () => door.tcp.dial({ host: "127.0.0.1", port: (closed.addr as Deno.NetAddr).port }, never),
    Deno.errors.ConnectionRefused,
  );
  const dial = () => door.tcp.dial({ host: "127.0.0.1", port: door.port }, AbortSignal.abort());
  await assertRejects(dial, DOMException);
  const abort = new AbortController();
  const late = door.tcp.dial({ host: "127.0.0.1", port: door.port }, abort.signal);
  abort.abort();
  await assertRejects(() => late, DOMException);
});

Deno.test("a dial that is given up at the moment it succeeds leaves no connection open", async () => {
  const tcp = new TcpNet(lo);
  let open = 0;
  const accepted: Promise<void>[] = [];
  const listener = await tcp.listen([0], (connection) => {
    open++;
    const end = connection.read(new Uint8Array(1)).catch(() => {}).then(() => connection.close());
    accepted.push(end.then(() => void open--));
  });
  // Both happen while we are busy, so that they are told in one turn.
  for (let dials = 0; dials < 300; dials++) {
    const abort = new AbortController();
    const dial = tcp.dial({ host: "127.0.0.1", port: listener.port }, abort.signal);
    setTimeout(() => abort.abort(), 1);
    for (const busy = performance.now() + 1.2; performance.now() < busy;);
    await dial.then((connection) => connection.close(), () => {});
  }
  await listener.close();
  await patient(Promise.all(accepted), () => `${open} connections that nobody closes`);
});

Deno.test("close ends a read and a write that wait, at once, and may be repeated", async () => {
  await using door = await Door.open();
  const [near, far] = await door.pair();
  const reading = assertRejects(() => near.read(new Uint8Array(1)));
  const writing = assertRejects(() => near.write(new Uint8Array(64 << 20)));
  await far.read(new Uint8Array(1));
  near.close();
  near.close();
  await patient(Promise.all([reading, writing]), () => "the read and the write");
  await assertRejects(() => near.read(new Uint8Array(1)));
  await assertRejects(() => near.write(new Uint8Array(1)));
  far.close();
});

Deno.test("a write of any size arrives whole", async () => {
  await using door = await Door.open();
  const [near, far] = await door.pair();
  const data = new Uint8Array(5_000_000).map((_, i) => i * 7);
  const writing = near.write(data);
  const got = new Uint8Array(data.length);
  for (let length = 0; length < got.length;) length += (await far.read(got.subarray(length)))!;
  await writing;
  assertEquals(got, data);
  near.close();
  far.close();
});

Deno.test("accepted connections outlive the listener", async () => {
  const door = await Door.open();
  const [near, far] = await door.pair();
  await door[Symbol.asyncDispose]();
  await near.write(Uint8Array.of(7));
  assertEquals(await far.read(new Uint8Array(8)), 1);
  await using again = await Door.open([door.port]);
  assertEquals(again.port, door.port, "the port is free at once");
  near.close();
  far.close();
});

Deno.test("accepting goes on after a failure, with a pause", async () => {
  const conn = {} as Deno.Conn;
  const results = [
    () => Promise.reject(new Error("Too many open files (os error 24)")),
    () => Promise.reject(new Deno.errors.ConnectionAborted()),
    () => Promise.resolve(conn),
    () => Promise.reject(new Deno.errors.BadResource()),
  ];
  const events: unknown[] = [];
  await acceptLoop(
    { accept: () => results.shift()!() },
    (accepted) => events.push(accepted === conn),
    (ms) => Promise.resolve(void events.push(ms)),
  );
  assertEquals(events, [100, 100, true]);
});
