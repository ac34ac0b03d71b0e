import { dirname, join, resolve } from "../platform/std_path.ts";
import { sha256 } from "../platform/node_crypto.ts";
import { explain } from "../platform/trouble.ts";
import { UserError } from "../platform/user_error.ts";
import { acceptLoop, StreamConnection } from "./stream_connection.ts";
import type { Connection } from "./types.ts";

/** Longest path of a Unix socket, bytes; macOS allows 103, Linux 107. */
const PATH_MAX = 100;

/** The system properties that decide about places, replaced in tests. */
export interface LocalSystem {
  readonly os: typeof Deno.build.os;
  readonly env: (name: string) => string | undefined;
}

const thisSystem: LocalSystem = { os: Deno.build.os, env: (name) => Deno.env.get(name) || undefined };

/**
 * Listens for this user's programs on the Unix socket at `path` (mode 0600, its folder created with 0700), or on the
 * corresponding named pipe on Windows. The caller's lock must keep a second process from listening at the same time.
 *
 * A stale socket is replaced. A path over 100 bytes is hashed into XDG_RUNTIME_DIR, or into a private folder in the
 * temporary folder. Each connection goes to `accept`, which must not throw; its remote is the path, port 0. The place
 * is free once the promise of `close` resolves.
 *
 * @throws {UserError} a process answers at the socket, or another file is in the way
 */
export async function listenLocal(
  path: string,
  accept: (connection: Connection) => void,
  system: LocalSystem = thisSystem,
): Promise<{ close(): void | Promise<void> }> {
  const places = localPlaces(path, system);
  if (system.os === "windows") return (await import("./named_pipe.ts")).listenPipe(places[0]!, accept);
  for (const place of places) makeFolder(dirname(place));
  const usable = places.filter((place) => place === path || isPrivate(dirname(place)));
  for (const place of usable) {
    if (await answers(place)) throw new UserError(`Another program is listening on ${place}: end it first.`);
  }
  const place = usable[0];
  if (place === undefined) {
    throw new UserError(
      `No folder for a socket is private: give ${path} a shorter path, or set XDG_RUNTIME_DIR.`,
    );
  }
  removeStale(place);
  const listener = bind(place);
  const loop = acceptLoop(listener, (conn) => accept(new StreamConnection(conn, { host: place, port: 0 })));
  return {
    async close() {
      listener.close();
      await loop;
    },
  };
}

function bind(place: string): Deno.UnixListener {
  try {
    const listener = Deno.listen({ transport: "unix", path: place });
    Deno.chmodSync(place, 0o600);
    return listener;
  } catch (error) {
    throw new UserError(
      `The socket ${place} cannot be opened ${explain(error, "choose another folder with --state")}.`,
      undefined,
      { cause: error },
    );
  }
}

/** Connects to what {@linkcode listenLocal} opened for the same path. Rejects if nobody listens. */
export async function dialLocal(path: string, system: LocalSystem = thisSystem): Promise<Connection> {
  const places = localPlaces(path, system);
  if (system.os === "windows") return (await import("./named_pipe.ts")).dialPipe(places[0]!);
  let cause: unknown = new Deno.errors.NotFound(`nobody listens on ${path}`);
  for (const place of places) {
    // In the temporary folder, another user could have put a socket there to read our requests.
    if (place !== path && !isPrivate(dirname(place))) continue;
    try {
      const conn = await Deno.connect({ transport: "unix", path: place });
      return new StreamConnection(conn, { host: place, port: 0 });
    } catch (error) {
      cause = error;
    }
  }
  throw cause;
}

/**
 * Lists the places for the socket of `path`, the preferred one first. There can be several because the dialler's
 * environment may lack what the listener's had.
 */
export function localPlaces(path: string, system: LocalSystem): string[] {
  const hash = (text: string) => sha256().update(text).digest("hex").slice(0, 32);
  if (system.os === "windows") return [`\\\\.\\pipe\\earshot-${hash(resolve(path).toLowerCase())}`];
  if (byteLength(path) <= PATH_MAX) return [path];
  const folders = [
    system.env("XDG_RUNTIME_DIR"),
    join(system.env("TMPDIR") ?? "/tmp", `earshot-${Deno.uid()}`),
    `/tmp/earshot-${Deno.uid()}`,
  ];
  const places = folders.flatMap((folder) =>
    folder ? [join(folder, `earshot-${hash(resolve(path))}.sock`)] : []
  );
  return [...new Set(places)].filter((place) => byteLength(place) <= PATH_MAX);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function makeFolder(folder: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch { /* binding fails there, with a reason */ }
}

/** Tells whether only this user can access the folder. */
function isPrivate(folder: string): boolean {
  try {
    const { isDirectory, uid, mode } = Deno.lstatSync(folder);
    return isDirectory && uid === Deno.uid() && (mode! & 0o077) === 0;
  } catch {
    return false;
  }
}

async function answers(place: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path: place })).close();
    return true;
  } catch (error) {
    // Reset: whoever listened closed it at this moment.
    const { NotFound, ConnectionRefused, ConnectionReset } = Deno.errors;
    if ([NotFound, ConnectionRefused, ConnectionReset].some((gone) => error instanceof gone)) return false;
    if (error instanceof Deno.errors.WouldBlock) return true;
    throw new UserError(`The socket ${place} cannot be used ${explain(error)}.`, undefined, { cause: error });
  }
}

function removeStale(place: string): void {
  try {
    if (!Deno.lstatSync(place).isSocket) throw new UserError(`${place} is in the way: move it elsewhere.`);
    Deno.removeSync(place);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
