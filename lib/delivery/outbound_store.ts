import type { Refusal } from "../protocol/refusal.ts";
import type { OutboundMessage } from "../storage/types.ts";

/** Reads a document piece by piece. */
export interface DocumentReader {
  /** Bytes from `offset` on, at most `length`, in memory of their own; none at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): void;
}

/** The end of a message. */
export type Settlement =
  | { readonly status: "delivered" }
  | ({ readonly status: "refused" } & Refusal)
  /** `why`: what the recipient last said, if it said anything. */
  | { readonly status: "expired"; readonly why?: string };

/** A message that is not waited for any more. */
export interface Ended {
  readonly message: OutboundMessage;
  /** True if the store was asked to keep it. */
  readonly stored: boolean;
  /** For the history; undefined if it was withdrawn. */
  readonly settlement: Settlement | undefined;
}

/** The store of the messages to one recipient. Every promise resolves once the change is on disk. */
export interface OutboundStore {
  /** Waiting messages without bodies, in the order in which they were handed in. */
  load(): Promise<readonly OutboundMessage[]>;
  /** Bodies of stored messages by id; missing if there is no such message. */
  bodies(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Opens a document of the spool. */
  open(message: OutboundMessage): Promise<DocumentReader>;
  /** Adds a message, or replaces what is stored under its id. */
  enqueue(message: OutboundMessage): Promise<void>;
  /** Forgets messages that ended, and puts what became of them into the history. */
  settle(ended: readonly Ended[]): Promise<void>;
  /** The time in which messages expire, milliseconds. */
  lived(): number;
}
