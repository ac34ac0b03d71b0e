import type { Group } from "../identity/group.ts";
import type { Address, Connection } from "../net/types.ts";
import { UserError } from "../platform/user_error.ts";
import type { NakCode } from "../protocol/refusal.ts";

/** Most bytes of a document of a stream. */
export { INLINE_DOCUMENT_MAX as STREAM_DOCUMENT_MAX } from "../protocol/limits.ts";

/** Outcome for a message that came in without a key. */
export type Taken =
  | {
    readonly taken: true;
    readonly id: string;
    readonly duplicate: boolean;
    /** File that a document is in; absolute. */
    readonly path?: string;
    /** Name of a document as it was saved. */
    readonly name?: string;
  }
  | { readonly taken: false; readonly code: NakCode; readonly why: string };

/** A document from a program without a key. */
export interface PlainDocument {
  /** Name that the sender gave it; the store cleans it. */
  readonly name: string;
  /** Stream that it is a line of: "plain" for what comes as datagrams and lines. */
  readonly stream?: string;
  /** ULID by which a repeated document is known; a new one by default. */
  readonly id?: string;
  /** Its bytes, not checked yet; over 64 KiB give an iterable: they are spooled to a file. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * The part of a peer that a gateway may use. Every promise resolves once the message is durable, or refused. `from` is the
 * sender's IP address without zone.
 */
export interface Door {
  document(from: string, document: PlainDocument): Promise<Taken>;
  chat(from: string, text: string): Promise<Taken>;
  /**
   * Hears what is said in the group, by us too; not what came through the door. Returns the function that ends it.
   */
  onSaid(listener: (name: string, text: string) => void): () => void;
}

/** Receiver of the connections and datagrams on our port that are no session's. Offered by the peer to its gateway. */
export interface Gateway {
  /** Takes a connection that is no session's; it owns it from then on. */
  connected(connection: Connection): void;
  /** Takes a datagram; `answer` sends one from our port to its sender. */
  datagram(data: Uint8Array, from: Address, toMulticast: boolean, answer: (data: Uint8Array) => void): void;
  close(): Promise<void>;
}

/** The peer that a gateway belongs to. */
export interface GatewayHost {
  readonly id: string;
  readonly name: string;
  readonly group: Group;
  /** Port of sessions and of the gateway. */
  readonly port: number;
  /** Own addresses, `host:port`. */
  addresses(): readonly string[];
  /** The roster. */
  peers(): readonly { readonly name: string; readonly state: "up" | "unreachable" | "gone" }[];
}

/** A gateway for programs without a key. It takes exactly `port`, not one of the next. */
export interface GatewayOptions {
  /** Opens it, once the peer is ready. */
  readonly open: (door: Door, host: GatewayHost) => Gateway;
  /**
   * `open` for open groups only; in a closed group, `unencrypted` lets messages in, and `readable` also lets out what
   * is said.
   */
  readonly mode?: "open" | "unencrypted" | "readable";
  /** Our only address at which it is reached; default all. */
  readonly listen?: string;
  /** Multicast groups of other programs: heard on UDP port 3333, and told what this peer says to everyone. */
  readonly groups?: readonly string[];
}

/** The port of a gateway is taken. */
export class GatewayPortTaken extends UserError {
  /** @param holder who has it */
  constructor(
    readonly port: number,
    holder = "another program or profile on this machine",
    options?: ErrorOptions,
  ) {
    super(
      `The plain gateway needs TCP port ${port}, which ${holder} has: ` +
        "end that one, or choose another port with --port.",
      undefined,
      options,
    );
  }
}
