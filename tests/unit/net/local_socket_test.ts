import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { dialLocal, listenLocal, localPlaces, type LocalSystem } from "../../../lib/net/local_socket.ts";
import { dialPipe, listenPipe } from "../../../lib/net/named_pipe.ts";
import type { Connection } from "../../../lib/net/types.ts";
import { UserError } from "../../../lib/platform/user_error.ts";

/** A temporary folder for one test, and an environment that points there. */
async function inFolder(test: (folder: string, system: LocalSystem) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-" });
  const env: Record<string, string> = { TMPDIR: folder };
  try {
    await test(folder, { os: Deno.build.os, env: (name) => env[name] });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Answers everything by saying it twice. */
async function twice(connection: Connection): Promise<void> {
  const into = new Uint8Array(64);
  try {
    for (let n = await connection.read(into); n !== null; n = await connection.read(into)) {
      await connection.write(into.subarray(0, n));
      await connection.write(into.subarray(0, n));
    }
  } catch { /* the other end is gone */ }
  connection.close();
}

async function ask(connection: Connection, text: string): Promise<string> {
  await connection.write(new TextEncoder().encode(text));
  const into = new Uint8Array(2 * text.length);
  for (let length = 0; length < into.length;) {
    const n = await connection.read(into.subarray(length));
    if (n === null) break;
    length += n;
  }
  connection.close();
  return new TextDecoder().decode(into);
}

const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
const long = (folder: string) => join(folder, "x".repeat(120), "control.sock");

Deno.test("programs of the user talk over the socket, and nobody else can reach it", async () => {
  await inFolder(async (folder, system) => {
    const path = join(folder, "state", "control.sock");
    const server = await listenLocal(path, twice, system);
    assertEquals([mode(path), mode(join(folder, "state"))], [0o600, 0o700]);
    assertEquals(await ask(await dialLocal(path, system), "hello"), "hellohello");
    await server.close();
    await assertRejects(() => dialLocal(path, system), Deno.errors.NotFound);
  });
});

Deno.test("a socket that nobody answers on is replaced, one that somebody answers on is not", async () => {
  await inFolder(async (folder, system) => {
    const path = join(folder, "control.sock");
    const script = `Deno.listen({ transport: "unix", path: ${
      JSON.stringify(path)
    } }); Deno.kill(Deno.pid, "SIGKILL")`;
    await new Deno.Command(Deno.execPath(), { args: ["eval", script], stdout: "null", stderr: "null" })
      .output();
    assert(Deno.lstatSync(path).isSocket, "left behind");
    const server = await listenLocal(path, twice, system);
    await assertRejects(() => listenLocal(path, twice, system), UserError, path);
    assertEquals(await ask(await dialLocal(path, system), "still"), "stillstill");
    await server.close();
  });
});

Deno.test("a file in the place of the socket is left alone", async () => {
  await inFolder(async (folder, system) => {
    const path = join(folder, "control.sock");
    Deno.writeTextFileSync(path, "mine");
    await assertRejects(() => listenLocal(path, twice, system), UserError, "in the way");
    assertEquals(Deno.readTextFileSync(path), "mine");
  });
});

Deno.test("a path too long for a socket leads both sides to one place, in a folder of the user's own", async () => {
  await inFolder(async (folder, system) => {
    const path = long(folder);
    const server = await listenLocal(path, twice, system);
    const [place] = localPlaces(path, system);
    assertMatch(place!, new RegExp(`^${folder}/earshot-${Deno.uid()}/earshot-[0-9a-f]{32}\\.sock$`));
    assertEquals([mode(place!), mode(join(folder, `earshot-${Deno.uid()}`))], [0o600, 0o700]);
    assertEquals(await ask(await dialLocal(path, system), "far"), "farfar");
    await assertRejects(() => listenLocal(path, twice, system), UserError);
    await assertRejects(() => dialLocal(long(folder) + "2", system), Deno.errors.NotFound);
    await server.close();
  });
});

Deno.test("a shell that lacks XDG_RUNTIME_DIR finds the socket in the temporary folder, and the other way round", async () => {
  await inFolder(async (folder, system) => {
    const runtime = join(folder, "run");
    Deno.mkdirSync(runtime, { mode: 0o700 });
    const desktop = {
      ...system,
      env: (name: string) => name === "XDG_RUNTIME_DIR" ? runtime : system.env(name),
    };
    const server = await listenLocal(long(folder), twice, system);
    assertEquals(await ask(await dialLocal(long(folder), desktop), "hello"), "hellohello");
    await assertRejects(() => listenLocal(long(folder), twice, desktop), UserError, "listening");
    await server.close();
    const other = await listenLocal(long(folder), twice, desktop);
    assertEquals([...Deno.readDirSync(runtime)].length, 1);
    await other.close();
  });
});

Deno.test("a folder for sockets that others may enter is used by neither side", async () => {
  await inFolder(async (folder, system) => {
    const shared = join(folder, `earshot-${Deno.uid()}`);
    Deno.mkdirSync(shared);
    Deno.chmodSync(shared, 0o777);
    const only = { ...system, env: (name: string) => name === "TMPDIR" ? folder : undefined };
    const [place] = localPlaces(long(folder), only);
    const trap = Deno.listen({ transport: "unix", path: place! });
    await assertRejects(() => dialLocal(long(folder), only), Deno.errors.NotFound);
    trap.close();
  });
});

Deno.test("on Windows the path names a pipe, whatever its case and length", () => {
  const windows: LocalSystem = { os: "windows", env: () => undefined };
  const [pipe] = localPlaces("/Users/Ann/State/control.sock", windows);
  assertMatch(pipe!, /^\\\\\.\\pipe\\earshot-[0-9a-f]{32}$/);
  assertEquals(localPlaces("/users/ann/state/CONTROL.sock", windows), [pipe]);
  assertEquals(localPlaces(long("/Users"), windows).length, 1);
});

// Named pipes exist on Windows only; the same calls of node:net take the path of a Unix socket elsewhere.
Deno.test("a connection of node:net reads, writes, ends and closes like any other", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "pipe");
    const queue: Connection[] = [];
    let arrived = Promise.withResolvers<void>();
    const server = await listenPipe(path, (connection) => {
      queue.push(connection);
      arrived.resolve();
    });
    const pair = async () => {
      const near = await dialPipe(path);
      if (queue.length === 0) await arrived.promise;
      arrived = Promise.withResolvers();
      return [near, queue.shift()!] as const;
    };
    {
      const [near, far] = await pair();
      const echo = twice(far);
      assertEquals(await ask(near, "hello"), "hellohello");
      await echo;
    }
    {
      const [near, far] = await pair();
      const data = new Uint8Array(3_000_000).map((_, i) => i * 13);
      const writing = near.write(data);
      const got = new Uint8Array(data.length);
      for (let length = 0; length < got.length;) length += (await far.read(got.subarray(length)))!;
      await writing;
      assertEquals(got, data);
      const waiting = assertRejects(() => near.read(new Uint8Array(1)));
      const stuck = assertRejects(() => near.write(new Uint8Array(64 << 20)));
      near.close();
      near.close();
      await waiting;
      await stuck;
      await assertRejects(() => near.write(new Uint8Array(1)));
      far.close();
    }
    await server.close();
    await assertRejects(() => dialPipe(join(folder, "nobody")));
  });
});
