import type { NakCode, Refusal } from "../protocol/refusal.ts";

/** Standing and address of a sender, from its session. */
export interface Origin {
  /** True if the owner knows the sender: trusted, sent to, or in our closed group. */
  readonly known: boolean;
  /** IP address of the other end of the session. */
  readonly address?: string;
}

/** Fields common to everything that arrives. */
interface Arriving {
  /** Full id (24 characters) of the sender, proven by the session. */
  readonly sender: string;
  /** The sender's label in its handshake; names its folder if no other peer has that name. */
  readonly senderName: string;
  /** Origin of the sender; an unknown sender gets only a share of the room. Default: known. */
  readonly from?: Origin;
  /** Message id (ULID), unique per sender. */
  readonly id: string;
  /** Sender's time, milliseconds since 1970. */
  readonly at?: number;
}

/** An arrival whose order matters: chats of a sender, and documents of one of its streams. */
interface Ordered extends Arriving {
  /**
   * Orders attempts. After a chat or a document of a stream was not saved, later ones of the same sender and kind
   * or stream are refused (`busy`) unless their turn is higher.
   */
  readonly turn: number;
}

/** A document of at most one frame, to be saved in the inbox. */
export interface IncomingDocument extends Ordered {
  readonly kind: "document";
  /** Name given by the sender; storage cleans it. */
  readonly name: string;
  /** Stream of the document, if any; never of a question or an answer. */
  readonly stream?: string;
  /** True for a question. */
  readonly ask?: boolean;
  /** Id of the question that it answers. */
  readonly re?: string;
  /** Beside `re`: why there is no other answer. */
  readonly code?: string;
  /** The document, already validated as JSON. */
  readonly body: Uint8Array;
}

/** A large document: it arrives in parts and is written to a file, never whole in memory. It belongs to no stream. */
export interface IncomingLarge extends Arriving {
  readonly kind: "large";
  readonly name: string;
  /** Size of the whole document, bytes. */
  readonly size: number;
  /** SHA-256 of the whole document, hex. */
  readonly sha256: string;
  /** Name of the file with its bytes, once they are all there. */
  readonly file?: string;
}

/** A chat message, to be stored in the history. */
export interface IncomingChat extends Ordered {
  readonly kind: "chat";
  readonly to: "all" | "you";
  readonly text: string;
}

/** A message to be made durable before it is acknowledged. */
export type Incoming = IncomingDocument | IncomingLarge | IncomingChat;

/**
 * Result of an {@linkcode Incoming}: either durable and to be acknowledged, or refused, with the reason for the sender.
 */
export type ReceiveOutcome = Saved | NotSaved;

/** Durable. `path` is set for a document that is in place; `duplicate` is true if it had been saved before. */
export interface Saved {
  readonly saved: true;
  readonly duplicate: boolean;
  readonly path?: string;
  readonly name?: string;
}

/** Refused. */
export interface NotSaved extends Refusal {
  readonly saved: false;
  readonly code: NakCode;
}

/**
 * Receives the bytes of one large document in order. Bytes on disk survive an interruption or a restart; the next
 * intake resumes behind them.
 */
export interface Intake {
  /** Bytes that are already there: the offset to resume at. */
  readonly offset: number;
  /**
   * Writes the next piece; its memory belongs to the store from then on. Resolves once it is written, with a refusal if
   * the document cannot be saved.
   */
  write(piece: Uint8Array): Promise<NotSaved | undefined>;
  /** Returns memory of this length that a written piece had, if there is some: new memory costs more. */
  memory?(length: number): Uint8Array | undefined;
  /**
   * Makes the complete document durable under its name. If its hash is wrong, it is refused as `busy` the first time,
   * so that the sender tries again, and as `corrupt` the second time.
   */
  finish(): Promise<ReceiveOutcome>;
  /** Ends this intake; a later one can resume. */
  suspend(): void;
}

/** A message on its way to one recipient. */
export interface OutboundMessage {
  /** Message id (ULID). */
  readonly id: string;
  readonly kind: "document" | "chat";
  /** Document name; empty for a chat. */
  readonly name: string;
  readonly stream?: string;
  /** Recipients of a chat. */
  readonly to?: "all" | "you";
  /** When it was handed in, milliseconds since 1970. */
  readonly at: number;
  /** When it expires, milliseconds of lived time: see `Storage.lived`. */
  readonly expires: number;
  /** Bytes of the document, or of the UTF-8 of the chat text. */
  readonly size: number;
  /** File in the spool of a large document, which is never whole in memory. */
  readonly spool?: string;
  /** SHA-256 of a document in the spool, hex. */
  readonly sha256?: string;
  /** True for a question. */
  readonly ask?: boolean;
  /** Id of the question that it answers. */
  readonly re?: string;
  /** Beside `re`: why there is no other answer. */
  readonly code?: string;
  /** Document bytes, or the UTF-8 of the chat text; undefined if it is in the spool, or only in the store. */
  readonly body?: Uint8Array;
}

/** Code of a message that its owner gave up, beside the status `expired`: older programs know no other. */
export const WITHDRAWN = "withdrawn";

/** How a message to one recipient ended. */
export interface SentEnd {
  /** Name by which the user knows the recipient. */
  readonly recipientName: string;
  readonly status: "delivered" | "refused" | "expired";
  /** Code of a refusal, or {@linkcode WITHDRAWN}. */
  readonly code?: string;
  readonly why?: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

/** A batch of ended messages in the form that goes to the worker. */
export interface PackedSent {
  /** The fields of all messages, one message after the other. */
  readonly fields: readonly (string | number | undefined)[];
  /** All bodies, one after the other, in memory that goes to the worker. */
  readonly bodies: Uint8Array<ArrayBuffer>;
}

/** A peer with a record that outlives its presence. */
export interface KnownPeer {
  readonly id: string;
  readonly name: string;
  /** Why it is known; `blocked`: each of its messages is refused. */
  readonly how: "trusted" | "sent" | "group" | "blocked";
  /** Since when `how` holds, milliseconds since 1970. */
  readonly since: number;
}

/** Kind of arrival that a cursor is for. */
export type ArrivalKind = "document" | "chat" | "ask";

/** Durable place of a program in the order of arrival. */
export interface Cursor {
  readonly kind: ArrivalKind;
  /** Everything up to this row of the history is done. */
  readonly position: number;
  /** Rows beyond it that are done as well. */
  readonly done: readonly number[];
  /** How long it was not used, milliseconds of lived time. */
  readonly unusedMs: number;
  /** True if it was created just now. */
  readonly isNew: boolean;
}

/** Reports a problem to the owner of the profile. */
export type WarnOwner = (code: string, message: string) => void;

/** A document with its place in the inbox. */
export interface PlacedDocument {
  /** Message id (ULID). */
  readonly id: string;
  readonly sender: string;
  /** The sender's label when it sent the document. */
  readonly senderName: string;
  /** Name given by the sender, cleaned. */
  readonly name: string;
  readonly stream?: string;
  readonly path: string;
  /** Size, bytes. */
  readonly size: number;
  /** Set for a question. */
  readonly ask?: number;
  /** Id of the question that it answers, and why there is no other answer. */
  readonly re?: string;
  readonly code?: string;
}

/** A received question without an answer. */
export interface OpenQuestion {
  /** Place in the order of arrival. */
  readonly row: number;
  /** Message id (ULID). */
  readonly id: string;
  readonly sender: string;
  /** The sender's label when it asked. */
  readonly senderName: string;
  readonly name: string;
  readonly path: string;
  /** Size, bytes. */
  readonly size: number;
  /** Its bytes; undefined if only the file has them. */
  readonly body?: Uint8Array;
}

/** A received answer. */
export interface Reply {
  /** Message id (ULID). */
  readonly id: string;
  /** Why there is no other answer: `failed`, `no-answer`, or of a later version. */
  readonly code?: string;
  readonly name: string;
  readonly path: string;
  /** Size, bytes. */
  readonly size: number;
  /** Its bytes; undefined if only the file has them. */
  readonly body?: Uint8Array;
}

/**
 * Outcome of an attempt to answer a question. `taken`: the answer is in the outbox, durable, as `message`. `answered`:
 * it had an answer before, whose id is `id`. `unknown`: there is no such question. `full`: the outbox has no room.
 */
export type AnswerOutcome =
  | { readonly status: "taken"; readonly message: OutboundMessage }
  | { readonly status: "answered"; readonly id: string }
  | { readonly status: "unknown" }
  | { readonly status: "full"; readonly why: string };
