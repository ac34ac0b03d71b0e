/** A message on its way to one recipient. */
export interface OutboundMessage {
  /** Message id (ULID). */
  readonly id: string;
  readonly kind: "document" | "chat";
  /** Document name; empty for a chat. */
  readonly name: string;
  readonly stream?: string;
  /** Of a chat. */
  readonly to?: "all" | "you";
  /** When it was handed in, milliseconds since 1970. */
  readonly at: number;
  /** When it is given up, milliseconds of the time that the store has lived through. */
  readonly expires: number;
  /** Bytes of the document, or of the UTF-8 of the chat text. */
  readonly size: number;
  /** Where a document is kept that goes out in parts and never was in memory: a name that the store understands. */
  readonly spool?: string;
  /** Hash of what is in the spool, hex. */
  readonly sha256?: string;
  /** Document bytes, or the UTF-8 of the chat text; undefined where it is in the spool, or waits in the store. */
  readonly body?: Uint8Array;
}

/** Reads a document piece by piece. */
export interface DocumentReader {
  /** Bytes from `offset` on, at most `length`, in memory of their own; none at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): void;
}

/** A message as the store keeps it; `seq` 0 while it has no number. */
export interface StoredMessage extends OutboundMessage {
  readonly seq: number;
}

/** What is durable of one numbering. Every promise resolves once the change is on disk. */
export interface OutboundStore {
  /** Undefined where nothing was ever sent to this recipient. Rows, without bodies, in the order of their handing in. */
  load(): Promise<
    | {
      readonly epoch: number;
      readonly reserved: number;
      readonly acked: number;
      readonly rows: readonly StoredMessage[];
    }
    | undefined
  >;
  reserve(epoch: number, upto: number): Promise<void>;
  /** Bodies of stored messages by id; missing where there is no such message. */
  bodies(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Opens a document of the spool. */
  open(message: OutboundMessage): Promise<DocumentReader>;
  /** Adds the message, or replaces what is stored under its id, but for the body where none is given. */
  enqueue(epoch: number, message: StoredMessage): Promise<void>;
  settle(epoch: number, ids: readonly string[], acked: number): Promise<void>;
  renumber(epoch: number, reserved: number, seqById: ReadonlyMap<string, number>): Promise<void>;
  /** The time in which messages expire, milliseconds; the wall clock unless told. */
  lived?(): number;
}

/** How a message ended. */
export type Settlement =
  | { readonly status: "delivered" }
  | { readonly status: "refused"; readonly code: string; readonly why: string }
  /** `why`: what became of it so far, where anything did. */
  | { readonly status: "expired"; readonly why?: string };

/** What the owner of an `Outbound` is told. */
export interface OutboundEvents {
  /** A message ended. */
  settled(message: OutboundMessage, settlement: Settlement): void;
  /** The recipient has so many bytes of a document that goes out in parts. */
  progress(message: OutboundMessage, bytes: number): void;
  /** The recipient cannot take it for now; it is offered again later. */
  deferred(message: OutboundMessage, refusal: Refusal): void;
  /** There is something to send: a session is wanted, or the one there is should ask for frames. */
  wake(): void;
  /** Sends on the session that is attached, at once. */
  sendEpoch(epoch: number): void;
  /** The recipient's account of our numbers fits neither the old epoch nor a new one: the session is of no use. */
  misfit(): void;
  /** The store failed: nothing more goes to this recipient until the next start. */
  failed(error: unknown): void;
}

/** Why a recipient does not take a message. */
export interface Refusal {
  readonly code: string;
  readonly why: string;
}
