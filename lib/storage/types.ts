import type { NakCode, Refusal } from "../protocol/refusal.ts";

/** Origin of a sender, as the session proved it. */
export interface Origin {
  /** Whether its owner knows it: trusted, sent to, or of a closed group. */
  readonly known: boolean;
  /** IP address of the other end of the session. */
  readonly address?: string;
}

/** Common to everything that arrives. */
interface Arriving {
  /** Full id (24 characters) of the sender, proven by the session. */
  readonly sender: string;
  /** The sender's label as it stands in its handshake; names the folder if that is free. */
  readonly senderName: string;
  /** Who sends; one who is not known gets a share of the room only. Known unless told. */
  readonly from?: Origin;
  /** Message id (ULID), unique per sender. */
  readonly id: string;
  /** Sender's time, milliseconds since 1970. */
  readonly at?: number;
}

/** Arrival that keeps its order: chats of a sender, and documents of one of its streams. */
interface Ordered extends Arriving {
  /**
   * Once a chat, or a document of a stream, was not saved, those of the same sender and kind or stream that come after
   * it with no higher turn are not saved either (`busy`).
   */
  readonly turn: number;
}

/** A document of at most one frame, to be saved in the inbox. */
export interface IncomingDocument extends Ordered {
  readonly kind: "document";
  /** Name as the sender gave it; cleaned by storage. */
  readonly name: string;
  /** Stream that it belongs to. */
  readonly stream?: string;
  /** The document, already validated as JSON. */
  readonly body: Uint8Array;
}

/** A document that comes in parts and becomes a file without being in memory. It belongs to no stream. */
export interface IncomingLarge extends Arriving {
  readonly kind: "large";
  readonly name: string;
  /** Of the whole document, bytes. */
  readonly size: number;
  /** Of the whole document, hex. */
  readonly sha256: string;
  /** The file that its bytes are in by now. */
  readonly file?: string;
}

/** A chat message, to be kept in the history. */
export interface IncomingChat extends Ordered {
  readonly kind: "chat";
  readonly to: "all" | "you";
  readonly text: string;
}

/** Something to be made durable before it is acknowledged. */
export type Incoming = IncomingDocument | IncomingLarge | IncomingChat;

/** Result of an {@linkcode Incoming}: durable, and to be acknowledged, or refused, and the sender to be told. */
export type ReceiveOutcome = Saved | NotSaved;

/** Durable. `path` of a document that is in place; `duplicate` if it had been taken before. */
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
 * Takes the bytes of one document that comes in parts, one piece behind the other. What has arrived is kept when the
 * taking ends in between, and goes on there the next time, also after a restart.
 */
export interface Intake {
  /** Bytes that are there already: where to go on. */
  readonly offset: number;
  /**
   * Takes the next piece, whose memory belongs to the store from now on. Resolves when it is written; with a refusal if
   * the document cannot be taken.
   */
  write(piece: Uint8Array): Promise<NotSaved | undefined>;
  /**
   * All bytes are there: makes the document durable under its name. If its hash is wrong for the first time it has to
   * come once more (`busy`), the second time it is `corrupt`.
   */
  finish(): Promise<ReceiveOutcome>;
  /** Ends the taking for now. */
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
  /** Of a chat. */
  readonly to?: "all" | "you";
  /** When it was handed in, milliseconds since 1970. */
  readonly at: number;
  /** When it is given up, milliseconds of lived time: see `Storage.lived`. */
  readonly expires: number;
  /** Bytes of the document, or of the UTF-8 of the chat text. */
  readonly size: number;
  /** The file of the spool that holds a document that goes out in parts and never was in memory. */
  readonly spool?: string;
  /** Of a document in the spool, hex. */
  readonly sha256?: string;
  /** Document bytes, or the UTF-8 of the chat text; undefined if it is in the spool, or waits in the store. */
  readonly body?: Uint8Array;
}

/** End of a message to one recipient. */
export interface SentEnd {
  /** What we know the recipient as. */
  readonly recipientName: string;
  readonly status: "delivered" | "refused" | "expired";
  /** Of a refusal. */
  readonly code?: string;
  readonly why?: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

/** Messages that ended, as a batch of them goes to the worker. */
export interface PackedSent {
  /** The fields of each message, one message behind the other. */
  readonly fields: readonly (string | number | undefined)[];
  /** All bodies one behind the other. */
  readonly bodies: Uint8Array;
}

/** Peer that is known beyond its announcements. */
export interface KnownPeer {
  readonly id: string;
  readonly name: string;
  /** Why it is known; `blocked` refuses every session with it. */
  readonly how: "trusted" | "sent" | "group" | "blocked";
  /** Since when, milliseconds since 1970. */
  readonly since: number;
}

/** Message of the history. */
export interface HistoryRow {
  readonly id: string;
  readonly sender: string;
  readonly senderName: string;
  readonly kind: "document" | "chat";
  readonly to?: "all" | "you";
  readonly name: string;
  readonly stream?: string;
  readonly path?: string;
  readonly size: number;
  /** When it was received, milliseconds since 1970. */
  readonly receivedAt: number;
  readonly text?: string;
}

/** Tells the owner of the profile something. */
export type WarnOwner = (code: string, message: string) => void;

/** A document with the place that it has in the inbox. */
export interface PlacedDocument {
  /** Message id (ULID). */
  readonly id: string;
  readonly sender: string;
  /** The sender's label when it sent it. */
  readonly senderName: string;
  /** What the sender called it, cleaned. */
  readonly name: string;
  readonly stream?: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}
