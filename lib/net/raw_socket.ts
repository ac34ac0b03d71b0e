import { meaningOf } from "../platform/trouble.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { familyOf, plainHost } from "./addresses.ts";
import { resolvable } from "./interfaces.ts";
import { type RawTarget, rawTargetText } from "./raw_target.ts";
import { addressesOfHost } from "./resolve.ts";
import type { Address } from "./types.ts";
import { UdpSocket } from "./udp_socket.ts";

/** Bytes read at a time. */
const PIECE = 64 * 1024;
/** Most bytes in a datagram. */
export const DATAGRAM_MAX = 65_507;
/** Most datagrams that wait for the reader; more are lost, as on a full network. */
const DATAGRAMS_WAITING = 1_024;
/** Least time for each address of a name, milliseconds. */
const EACH_MIN = 500;

/** A raw socket: bytes in both directions. */
export interface RawSocket {
  /** The other end; undefined until a UDP socket that waits has heard one. */
  readonly remote: Address | undefined;
  /** Reads what came next: a piece of the stream, or a datagram. Null at its end. Rejects if the connection broke. */
  read(): Promise<Uint8Array | null>;
  /** Sends bytes, or a datagram; resolves when more can be taken. @throws if the system does not take them */
  write(data: Uint8Array): Promise<void>;
  /** Tells the other end that nothing more comes; TCP only. */
  endInput(): Promise<void>;
  /** Closes it at once. */
  close(): void;
}

/**
 * Dials. A name is tried at each of its addresses in turn; over UDP until one can be sent to.
 *
 * @param timeout for all of it, milliseconds
 * @param resolve returns the addresses of the host, in the time that it is given
 * @throws {UserError} no such host or no answer (exit 3); refused or unreachable (1)
 */
export async function dialRaw(
  target: RawTarget,
  timeout: number,
  signal: AbortSignal,
  resolve: (host: string, timeout: number) => Promise<string[]> = addressesOfHost,
): Promise<RawSocket> {
  const until = performance.now() + timeout;
  const hosts = await resolve(target.host, timeout);
  if (target.protocol === "udp") {
    return await RawDatagrams.dial(hosts.map((host) => ({ host, port: target.port })));
  }
  let cause: unknown;
  for (const [i, host] of hosts.entries()) {
    const left = (until - performance.now()) / (hosts.length - i);
    const late = AbortSignal.timeout(Math.max(EACH_MIN, left));
    try {
      const hostname = resolvable(host);
      const conn = await Deno.connect({
        hostname,
        port: target.port,
        signal: AbortSignal.any([signal, late]),
      });
      return new RawStream(conn);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      cause = late.aborted ? undefined : error;
    }
  }
  throw undialled(target, cause);
}

function undialled(target: RawTarget, cause: unknown): UserError {
  const what = rawTargetText(target);
  if (cause === undefined) {
    return new UserError(
      `${what} does not answer: check the address, and firewalls on the way.`,
      ExitCode.nobody,
    );
  }
  if (cause instanceof Deno.errors.ConnectionRefused) {
    return new UserError(`Nobody listens at ${what}: start the server there, or check the port.`);
  }
  return new UserError(`${what} cannot be reached: ${meaningOf(cause)}.`, undefined, { cause });
}

/** A socket that waits. */
export interface RawWaiting {
  /** Address that it is bound to. */
  readonly local: Address;
  /** The first that calls; over UDP at once, and its remote end is the one heard last. */
  readonly accepted: Promise<RawSocket>;
  close(): void;
}

/**
 * Waits for one caller, at every address if the target has no host.
 *
 * @throws {UserError} the address cannot be bound
 */
export async function waitRaw(target: RawTarget): Promise<RawWaiting> {
  const { protocol, port } = target;
  try {
    if (protocol === "udp") return await waitUdp(target.host || "0.0.0.0", port);
    const listener = listenTcp(target.host, port);
    const { hostname, port: bound } = listener.addr;
    const accepted = listener.accept().then((conn) => {
      listener.close();
      return new RawStream(conn);
    });
    return { local: { host: hostname, port: bound }, accepted, close: () => closeQuietly(listener) };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const what = rawTargetText(target);
    throw new UserError(`${what} cannot be opened: ${meaningOf(cause)}.`, undefined, { cause });
  }
}

function listenTcp(host: string, port: number): Deno.TcpListener {
  if (host !== "") return Deno.listen({ hostname: resolvable(host), port });
  try {
    return Deno.listen({ hostname: "::", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return Deno.listen({ hostname: "0.0.0.0", port }); // a system without IPv6
  }
}

function closeQuietly(what: { close(): void }): void {
  try {
    what.close();
  } catch { /* closed already */ }
}

/** A TCP connection. */
class RawStream implements RawSocket {
  readonly remote: Address;
  readonly #buffer = new Uint8Array(PIECE);

  constructor(private readonly conn: Deno.TcpConn) {
    const { hostname, port } = conn.remoteAddr;
    this.remote = { host: plainHost(hostname), port };
    try {
      conn.setNoDelay(true);
    } catch { /* it is reset already: the next read says so */ }
  }

  async read(): Promise<Uint8Array | null> {
    const n = await this.conn.read(this.#buffer);
    return n === null ? null : this.#buffer.slice(0, n);
  }

  async write(data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length;) done += await this.conn.write(data.subarray(done));
  }

  async endInput(): Promise<void> {
    await this.conn.closeWrite().catch(() => {/* the other end has closed it */});
  }

  close(): void {
    closeQuietly(this.conn);
  }
}

/** Datagrams to and from one other end. */
class RawDatagrams implements RawSocket {
  remote: Address | undefined;
  #socket: UdpSocket | undefined;
  readonly #waiting: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  readonly #heard = Promise.withResolvers<void>();
  /** Where to send if the first datagram cannot be sent to the other end. */
  #others: readonly Address[] = [];
  #isClosed = false;

  /** @param follows true to talk to whoever was heard last; otherwise only to the other end */
  private constructor(private readonly follows: boolean) {}

  /** Waits at an address. */
  static async wait(host: string, port: number): Promise<RawDatagrams> {
    const raw = new RawDatagrams(true);
    await raw.#bind(host, port);
    return raw;
  }

  /** Talks to the first of these that can be sent to. */
  static async dial(to: readonly Address[]): Promise<RawDatagrams> {
    const raw = new RawDatagrams(false);
    await raw.#turnTo(to);
    raw.#heard.resolve();
    return raw;
  }

  async #turnTo([first, ...others]: readonly Address[]): Promise<void> {
    this.#others = others;
    this.remote = first;
    await this.#bind(familyOf(first!.host) === 4 ? "0.0.0.0" : "::", 0);
  }

  async #bind(host: string, port: number): Promise<void> {
    const before = this.#socket;
    this.#socket = await UdpSocket.open({
      family: familyOf(host),
      host,
      port,
      exclusive: true,
      received: (data, from) => this.#received(data, from),
      failed: () => {},
    });
    void before?.close();
    if (this.#isClosed) this.close();
  }

  get local(): Address {
    return this.#socket!.local;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#waiting.length === 0) {
      if (this.#isClosed || !this.#socket!.open) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#waiting.shift()!;
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#heard.promise;
    let isSent = await this.#send(data);
    while (!isSent && this.#others.length > 0) {
      await this.#turnTo(this.#others);
      isSent = await this.#send(data);
    }
    this.#others = [];
    if (isSent) return;
    const what = rawTargetText({ protocol: "udp", ...this.remote! });
    throw new UserError(
      `Nothing can be sent to ${what}: check the address, and that a network of this machine leads there.`,
    );
  }

  /** Sends to the other end, and tells whether the system took it. */
  async #send(data: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { host, port } = this.remote!;
    return this.#socket!.send(data, { host: resolvable(host), port }, resolve) && await promise;
  }

  async endInput(): Promise<void> {}

  close(): void {
    this.#isClosed = true;
    void this.#socket!.close();
    this.#wake?.();
  }

  #received(data: Uint8Array, from: Address): void {
    if (this.follows) {
      this.remote = from;
      this.#heard.resolve();
    } else if (from.port !== this.remote!.port || plainHost(this.remote!.host) !== from.host) return;
    if (this.#waiting.length < DATAGRAMS_WAITING) this.#waiting.push(data);
    this.#wake?.();
  }
}

async function waitUdp(host: string, port: number): Promise<RawWaiting> {
  const datagrams = await RawDatagrams.wait(resolvable(host), port);
  return { local: datagrams.local, accepted: Promise.resolve(datagrams), close: () => datagrams.close() };
}
