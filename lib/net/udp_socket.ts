import dgram from "node:dgram";
import { plainHost } from "./addresses.ts";
import { release } from "../platform/memory.ts";
import type { Address, Family } from "./types.ts";

/** Options of {@linkcode UdpSocket.open}. */
export interface UdpSocketOptions {
  readonly family: Family;
  /** Address to bind, with its zone if it needs one. */
  readonly host: string;
  /** Port to bind; 0 for a port of its own. */
  readonly port: number;
  /** True to share the port with no other socket. */
  readonly exclusive?: boolean;
  /** A datagram arrived; `data` is a copy, `from` has no zone. Must not throw: the runtime would hide it. */
  readonly received: (data: Uint8Array, from: Address) => void;
  /** A receive failed; the socket goes on. */
  readonly failed: () => void;
}

/** Most datagrams that the system has not taken yet; more are dropped, as on a full network. */
const SENDING_MAX = 256;

/** Receive errors in a row after which the socket gives up (it is opened again later). */
const ERRORS_MAX = 100;

/** One UDP socket. A datagram that cannot be sent is lost; no fault of a datagram throws. */
export class UdpSocket {
  readonly #socket: dgram.Socket;
  #sending = 0;
  #errors = 0;
  #closing: Promise<void> | undefined;
  #drained = Promise.withResolvers<void>();

  private constructor(socket: dgram.Socket, options: UdpSocketOptions) {
    this.#socket = socket;
    socket.on("message", (data, { address, port }) => {
      this.#errors = 0;
      const copy = new Uint8Array(data);
      // The runtime takes 64 KiB for each, whatever its length; a process that hears little would keep hundreds of them.
      release(new Uint8Array(data.buffer));
      if (this.open) options.received(copy, { host: plainHost(address), port });
    });
    // An ICMP "port unreachable" arrives as an error on Windows and says nothing about this socket.
    socket.on("error", () => {
      options.failed();
      if (++this.#errors >= ERRORS_MAX) this.close();
    });
  }

  /** Opens and binds. Rejects with the system's error. */
  static open(options: UdpSocketOptions): Promise<UdpSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<UdpSocket>();
    const socket = dgram.createSocket({
      type: options.family === 4 ? "udp4" : "udp6",
      // Port 0 with this flag could yield a port that another socket shares.
      reuseAddr: options.port !== 0 && !options.exclusive,
      ipv6Only: options.family === 6,
      lookup,
    });
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: options.host, port: options.port }, () => {
      socket.removeAllListeners("error");
      resolve(new UdpSocket(socket, options));
    });
    return promise;
  }

  /** True if it was neither closed nor gave up. */
  get open(): boolean {
    return this.#closing === undefined;
  }

  /** Address that it is bound to. */
  get local(): Address {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  /** Sends multicast through one interface (its IPv4 address, or `::%zone`), not beyond that link. Throws. */
  multicastThrough(via: string): void {
    this.#socket.setMulticastInterface(via);
    this.#socket.setMulticastTTL(1);
    this.#socket.setMulticastLoopback(true);
  }

  /** Allows datagrams to all hosts of a network. */
  allowBroadcast(): void {
    this.#socket.setBroadcast(true);
  }

  /**
   * Joins `group` on one interface (its IPv4 address, or `::%zone`). A member joins anew: switches that snoop forget
   * members if no querier asks for them. Throws.
   */
  join(group: string, via: string): void {
    try {
      this.#socket.dropMembership(group, via);
    } catch { /* it was no member */ }
    this.#socket.addMembership(group, via);
  }

  /** Sends one datagram; `done` is told whether the system took it. Returns false if it was dropped before that. */
  send(data: Uint8Array, to: Address, done: (taken: boolean) => void): boolean {
    if (!this.open || this.#sending >= SENDING_MAX) return false;
    try {
      this.#socket.send(data, to.port, to.host, (error) => {
        this.#sending--;
        if (this.#sending === 0) this.#drained.resolve();
        done(!error);
      });
    } catch { // a port of 0, which a hostile source may have
      return false;
    }
    if (this.#sending++ === 0) this.#drained = Promise.withResolvers<void>();
    return true;
  }

  /** Resolves when the system has taken all datagrams. */
  async sent(): Promise<void> {
    if (this.#sending > 0) await this.#drained.promise;
  }

  /** Closes once the system has taken all datagrams. Harmless when closed. */
  close(): Promise<void> {
    return this.#closing ??= this.#finish();
  }

  async #finish(): Promise<void> {
    await this.sent();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.close(resolve);
    await promise;
  }
}

/**
 * Resolves a name for a socket. An address is its own: to ask the runtime would load its resolver, which takes longer
 * than to open all sockets. Answers when the resolver would: a datagram that is sent at once while another is being
 * received gets stuck.
 */
const lookup =
  ((host: string, family: number, done: (error: Error | null, address: string, family: number) => void) => {
    const isAddress = host.includes(":") || /^(?:\d+\.){3}\d+$/.test(host);
    if (isAddress) return process.nextTick(() => done(null, host, family));
    import("node:dns").then((dns) => dns.lookup(host, { family }, done), (error) => done(error, "", family));
  }) as unknown as dgram.SocketOptions["lookup"];
