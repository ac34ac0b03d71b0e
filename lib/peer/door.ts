import type { Address, Connection } from "../net/types.ts";
import type { NakCode } from "../protocol/refusal.ts";

/** What became of a message that came in without a key. */
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
 * What a gateway may do with a peer. Every promise resolves once the message is durable, or refused. `from` is the
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
  /** Takes a connection whose first bytes are `http` or `other` (lib/net/first_bytes.ts); it owns it from then on. */
  connected(spoken: "http" | "other", connection: Connection): void;
  /** Takes a datagram; `answer` sends one from our port to its sender. */
  datagram(data: Uint8Array, from: Address, toMulticast: boolean, answer: (data: Uint8Array) => void): void;
  close(): Promise<void>;
}
