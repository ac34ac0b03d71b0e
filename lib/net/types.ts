/** Interface to the network. Real sockets implement it, or a double in a simulation. */

/** 4 for IPv4, 6 for IPv6. */
export type Family = 4 | 6;

/** Source or destination of a datagram or connection. */
export interface Address {
  /** IP address as text; a link-local IPv6 address carries its zone (`fe80::1%eth0`) if that is known. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** One interface in one family: multicast is sent through it. Its object stays the same as long as the link exists. */
export interface Link {
  /** The interface's name, `eth0`. */
  readonly interface: string;
  /** IPv4 or IPv6. */
  readonly family: Family;
  /** Our own addresses there, in this family, without zone. */
  readonly addresses: readonly string[];
  /** True for the loopback interface. */
  readonly loopback: boolean;
}

/** A received datagram. */
export interface Datagram {
  /** The bytes; the receiver may keep them. */
  readonly data: Uint8Array;
  /** Source address; without zone. */
  readonly from: Address;
  /**
   * `shared`: on the shared port (multicast, or unicast to that port). `own`: on a link's own socket, which gets only
   * answers to datagrams sent through that link.
   */
  readonly via: "shared" | "own";
  /** The link it arrived on. Always known for `own`; for `shared` only if the platform tells. */
  readonly link: Link | undefined;
  /**
   * On the shared port: our address that it was sent to, the multicast group, or the address of all hosts. Windows does not tell: undefined.
   */
  readonly to?: string;
  /** On the shared port: true if it is known to have been sent to a multicast group. */
  readonly toMulticast?: boolean;
  /** On the shared port, but not for a broadcast: sends a datagram from there to the source. */
  readonly answer?: (data: Uint8Array) => void;
}

/** Callbacks to the user of a {@linkcode DatagramNet}. */
export interface DatagramHandler {
  /** A datagram arrived. Must not throw. */
  datagram(datagram: Datagram): void;
  /** A datagram arrived from an address that can be on no link of ours; nothing may be sent there. Must not throw. */
  foreign?(datagram: Datagram): void;
  /** Links came or went (address changes replace a link). Called once at the start with all links as `added`. */
  linksChanged(added: readonly Link[], removed: readonly Link[]): void;
  /** A problem to report, told once: a socket that cannot be opened, a group that cannot be joined. */
  warning(code: string, message: string): void;
}

/** Multicast and unicast datagrams on every link of the machine. */
export interface DatagramNet {
  /** The current links. */
  readonly links: readonly Link[];
  /** True if other peers' multicast is not received on some link because another program has the port. */
  readonly deaf?: boolean;
  /** Opens the sockets. Fails only if nothing at all can be opened. */
  start(handler: DatagramHandler): Promise<void>;
  /** Sends to Earshot's group through one link. Errors of a send are counted, never thrown. */
  multicast(link: Link, data: Uint8Array): void;
  /** Sends to all hosts of an IPv4 link, to the shared port; nothing on a link that has no such address. */
  broadcast(link: Link, data: Uint8Array): void;
  /**
   * Sends to one address, through the given link's own socket (required for a link-local IPv6 address without zone),
   * else through any own socket of that family.
   */
  unicast(to: Address, data: Uint8Array, link?: Link): void;
  /** Looks at once for links that came or went, and joins the groups anew: after sleep, neither may be as it was. */
  refresh?(): Promise<void>;
  /** Closes every socket, after the system has taken what was sent. */
  close(): Promise<void>;
}

/** A stream connection, in either direction. */
export interface Connection {
  /** The other end. */
  readonly remote: Address;
  /** Our own address of the connection, without zone; undefined if it has none. */
  readonly localHost?: string;
  /** Reads at least one byte into `into`; null at the end of the stream. One read at a time. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes all of `data`. One write at a time. */
  write(data: Uint8Array): Promise<void>;
  /** Closes both directions at once; pending reads and writes fail. Harmless when closed. */
  close(): void;
}

/** An open listening port. */
export interface Listener {
  /** The port that was free. */
  readonly port: number;
  /** Stops listening; accepted connections stay. */
  close(): void;
}

/** Stream connections. */
export interface StreamNet {
  /**
   * Listens on the first free port of `ports` (0 = any). Each accepted connection goes to `accept`, which must not
   * throw. Fails with a UserError if no port is free.
   */
  listen(ports: readonly number[], accept: (connection: Connection) => void): Promise<Listener>;
  /** Connects. Rejects when `signal` aborts or the other end refuses. */
  dial(to: Address, signal: AbortSignal): Promise<Connection>;
}
