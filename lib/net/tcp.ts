import { explain } from "../platform/trouble.ts";
import { UserError } from "../platform/user_error.ts";
import { plainHost, withZone } from "./addresses.ts";
import { checkSelection, readLinks, resolvable, selectLinks, zonedRemote } from "./interfaces.ts";
import { acceptLoop, StreamConnection } from "./stream_connection.ts";
import type { Address, Connection, Listener, StreamNet } from "./types.ts";

/** Options of {@linkcode TcpNet}. */
export interface TcpNetOptions {
  /** Interfaces to listen on, by name or address; default all. */
  readonly interfaces?: readonly string[];
  /** True to wait for interfaces that do not exist yet. */
  readonly patient?: boolean;
}

/** How often to ask the system for another port if its choice is in use on a second address. */
const ANY_PORT_TRIES = 16;

/** Every address of this machine. */
const EVERYWHERE: readonly string[] = ["::", "0.0.0.0"];

/** Stream connections over TCP, without delay for small writes. */
export class TcpNet implements StreamNet {
  readonly #interfaces: readonly string[] | undefined;
  readonly #patient: boolean;
  readonly #listeners = new Set<PortListener>();

  constructor(options: TcpNetOptions = {}) {
    this.#interfaces = options.interfaces?.length ? options.interfaces : undefined;
    this.#patient = options.patient ?? false;
  }

  /**
   * {@inheritDoc StreamNet.listen}
   *
   * With `interfaces`, binds their addresses, all on one port.
   *
   * @throws {UserError} usage: an interface does not exist, and `patient` is not set
   */
  // deno-lint-ignore require-await
  async listen(ports: readonly number[], accept: (connection: Connection) => void): Promise<PortListener> {
    if (this.#interfaces && !this.#patient) checkSelection(readLinks(), this.#interfaces);
    const tries = ports.flatMap((port) => port === 0 ? Array<number>(ANY_PORT_TRIES).fill(0) : [port]);
    let cause: unknown;
    for (const port of tries) {
      const listener = new PortListener(accept, () => this.#listeners.delete(listener));
      try {
        const hosts = this.#hosts();
        // A port that is free on all addresses will be free on an interface that appears later.
        listener.open(port, hosts.length > 0 ? hosts : EVERYWHERE);
        if (hosts.length === 0) listener.follow(hosts);
      } catch (error) {
        cause = error;
        if (error instanceof Deno.errors.AddrInUse) continue;
        break;
      }
      this.#listeners.add(listener);
      return listener;
    }
    const which = ports.length > 1
      ? `any TCP port from ${ports[0]} to ${ports.at(-1)}`
      : `TCP port ${ports[0]}`;
    throw new UserError(
      `Cannot open ${which} ${explain(cause, "choose another port with --port")}.`,
      undefined,
      { cause },
    );
  }

  /** Binds the selected interfaces again; call it when links came or went. */
  rescan(): void {
    if (!this.#interfaces) return;
    for (const listener of this.#listeners) listener.follow(this.#hosts());
  }

  async dial(to: Address, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    let conn: Deno.TcpConn | undefined;
    try {
      conn = await Deno.connect({ hostname: resolvable(to.host), port: to.port, signal: quiet(signal) });
      signal.throwIfAborted();
      conn.setNoDelay(true);
    } catch (error) {
      conn?.close();
      throw signal.aborted ? signal.reason : error;
    }
    return new StreamConnection(conn, to, plainHost(conn.localAddr.hostname));
  }

  /**
   * Lists the addresses to bind. `::` takes IPv4 as well, except on Windows; a system without IPv6 does not have it.
   */
  #hosts(): readonly string[] {
    if (!this.#interfaces) return EVERYWHERE;
    return selectLinks(readLinks(), this.#interfaces).flatMap((link) =>
      link.addresses.map((address) => withZone(address, link.zone))
    );
  }
}

/**
 * Returns a signal for Deno.connect that follows another one. If the signal is aborted at the last moment, Deno.connect
 * throws and leaks the open connection; with this signal the caller gets the connection and closes it.
 */
function quiet(signal: AbortSignal): AbortSignal {
  return Object.defineProperty(AbortSignal.any([signal]), "throwIfAborted", { value: () => {} });
}

/** One port on several addresses. */
export class PortListener implements Listener {
  readonly #open = new Map<string, Deno.TcpListener>();
  readonly #loops = new Set<Promise<void>>();
  port = 0;

  constructor(
    private readonly accept: (connection: Connection) => void,
    private readonly closed: () => void,
  ) {}

  /** Binds all `hosts` that exist to the same port, or throws and leaves none bound. */
  open(port: number, hosts: readonly string[]): void {
    this.port = port;
    let cause: unknown = new Deno.errors.AddrNotAvailable("no address");
    for (const host of hosts) {
      try {
        this.#bind(host);
      } catch (error) {
        cause = error;
        const dualStack = host === "0.0.0.0" && this.#open.has("::") && Deno.build.os !== "windows";
        if (error instanceof Deno.errors.AddrInUse && !dualStack) {
          this.close();
          throw error;
        }
      }
    }
    if (this.#open.size === 0) throw cause;
  }

  /**
   * Binds the new addresses of `hosts` and closes the others. An address that cannot be bound is tried at the next
   * call.
   */
  follow(hosts: readonly string[]): void {
    for (const [host, listener] of this.#open) {
      if (hosts.includes(host)) continue;
      this.#open.delete(host);
      listener.close();
    }
    for (const host of hosts) {
      if (this.#open.has(host)) continue;
      try {
        this.#bind(host);
      } catch { /* the address is not ready yet, or the port is taken there */ }
    }
  }

  /** Stops listening. The port is free once the promise resolves, not before. */
  async close(): Promise<void> {
    this.follow([]);
    this.closed();
    await Promise.all(this.#loops);
  }

  #bind(host: string): void {
    const listener = Deno.listen({ hostname: host, port: this.port });
    this.port = listener.addr.port;
    this.#open.set(host, listener);
    const loop = acceptLoop(listener, (conn) => {
      const { hostname, port } = conn.remoteAddr as Deno.NetAddr;
      const own = (conn.localAddr as Deno.NetAddr).hostname;
      try {
        (conn as Deno.TcpConn).setNoDelay(true);
      } catch { // it is reset already
        return conn.close();
      }
      const remote = { host: zonedRemote(plainHost(hostname), own), port };
      this.accept(new StreamConnection(conn, remote, plainHost(own)));
    });
    this.#loops.add(loop);
    loop.finally(() => this.#loops.delete(loop));
  }
}
