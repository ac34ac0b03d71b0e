import type { Refusal } from "../protocol/refusal.ts";
import type { OutboundMessage } from "../storage/types.ts";

/** Reads a document in pieces. */
export interface DocumentReader {
  /**
   * Returns at most `length` bytes from `offset` on; none at the end. They are in memory of their own, or in `spare` if
   * that is given and is large enough.
   */
  read(offset: number, length: number, spare?: Uint8Array): Promise<Uint8Array>;
  close(): void;
}

/** How a message ended. */
export type Settlement =
  | { readonly status: "delivered" }
  | ({ readonly status: "refused" } & Refusal)
  /** `why`: the recipient's latest refusal, if any. */
  | { readonly status: "expired"; readonly why?: string }
  /** By the user. `why`: it may have arrived; undefined if nothing of it was sent. */
  | { readonly status: "withdrawn"; readonly why?: string };

/** A message that no longer waits. */
export interface Ended {
  readonly message: OutboundMessage;
  /** True if the store was asked to keep it. */
  readonly stored: boolean;
  /** For the history; undefined if nothing of it was sent before its sender stopped waiting. */
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
  /** Removes ended messages, and adds them with their outcome to the history. */
  settle(ended: readonly Ended[]): Promise<void>;
  /** Returns the time that expiry counts on, milliseconds. */
  lived(): number;
}
