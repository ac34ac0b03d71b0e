import type { Peer } from "../peer/peer.ts";
import type {
  DeliveryResult,
  DocumentOptions,
  PeerEvent,
  PeerInfo,
  PeerRef,
  SendOptions,
  SpooledDocument,
} from "../peer/types.ts";

/** What is known of a peer. */
export type KnownPeer = ReturnType<Peer["known"]>[number];

/** What a peer says of itself. */
export interface Status {
  /** Process that it runs in. */
  readonly pid: number;
  /** A short-lived one, that serves other commands while its own is at work. */
  readonly brief: boolean;
  readonly id: string;
  readonly name: string;
  readonly group: string;
  /** Whether the group has a join code. */
  readonly closed: boolean;
  /** TCP port for sessions; 0 where it has none. */
  readonly port: number;
  /** Own addresses, without port. */
  readonly addresses: readonly string[];
  readonly interfaces: readonly string[];
  readonly inbox: string;
  readonly state: string;
  /** What it was started with. */
  readonly settings: Peer["settings"];
  /** How long it has been up, milliseconds. */
  readonly uptime: number;
}

/** Options of {@linkcode Service.say}; without `to` the text goes to all that are up. */
export type SayOptions = Partial<Pick<SendOptions, "to" | "timeout" | "id">>;

/**
 * What commands ask of a peer, whether it runs in this process or is reached through the control socket. Every call may
 * be repeated without harm: a message keeps its `id`.
 */
export interface Service {
  status(): Promise<Status>;
  /** The roster: who is up first, by name, then who is gone. */
  peers(): Promise<PeerInfo[]>;
  /** Who is meant by a name, an id or the beginning of one; waits for it up to `timeout` milliseconds. */
  resolve(target: string, timeout: number): Promise<PeerRef>;
  /** Who is up; where nobody is, waits up to `wait` milliseconds, 4 000 unless told. */
  everyone(wait?: number): Promise<PeerRef[]>;
  say(text: string, options: SayOptions): Promise<DeliveryResult[]>;
  /** @param document a large one lies in the spool of the profile */
  send(document: Uint8Array | SpooledDocument, options: DocumentOptions): Promise<DeliveryResult[]>;
  known(): Promise<KnownPeer[]>;
  trust(target: string): Promise<PeerRef>;
  forget(target: string): Promise<PeerRef>;
  block(target: string): Promise<PeerRef>;
  /** Notes that the user named this peer in full and it took what was sent. */
  met(peer: PeerRef): Promise<void>;
  /**
   * Hears events until the returned function is called, or until `lost` is called because the peer has left.
   */
  subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void>;
}
