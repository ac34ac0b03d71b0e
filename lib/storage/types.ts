/** What the storage worker keeps, as its users see it. */

import type { Clock } from "../platform/clock.ts";

/** Common to everything that arrives with a sequence number. */
interface Numbered {
  /** Full id (24 characters) of the sender, proven by the session. */
  readonly sender: string;
  /** The sender's numbering towards us. */
  readonly epoch: number;
  /** Its number in that epoch, from 1. */
  readonly seq: number;
}

/** What keeps its order: chats of a sender, and documents of one of its streams. */
interface Ordered extends Numbered {
  /**
   * Once a chat, or a document of a stream, was not saved, those of the same sender and kind or stream that come after
   * it with no higher turn are not saved either (`busy`).
   */
  readonly turn: number;
}

/** A document of at most one frame, to be saved in the inbox. */
export interface IncomingDocument extends Ordered {
  readonly kind: "document";
  /** Message id (ULID), unique per sender. */
  readonly id: string;
  /** The sender's label as it stands in its handshake; names the folder where it is free. */
  readonly senderName: string;
  /** Name as the sender gave it; cleaned by storage. */
  readonly name: string;
  /** Sender's time, milliseconds since 1970. */
  readonly at?: number;
  /** Stream that it belongs to. */
  readonly stream?: string;
  /** The document, already validated as JSON. */
  readonly body: Uint8Array;
}

/** A chat message, to be kept in the history. */
export interface IncomingChat extends Ordered {
  readonly kind: "chat";
  readonly id: string;
  readonly senderName: string;
  readonly to: "all" | "you";
  readonly at?: number;
  readonly text: string;
}

/** A number that the sender gave up. */
export interface IncomingVoid extends Numbered {
  readonly kind: "void";
}

/** Something to be made durable before it is acknowledged. */
export type Incoming = IncomingDocument | IncomingChat | IncomingVoid;

/** What became of an {@linkcode Incoming}. */
export type ReceiveOutcome =
  /** Durable now: acknowledge. `path` for a document that is in place; `duplicate` where history already held it. */
  | { readonly saved: true; readonly duplicate: boolean; readonly path?: string; readonly name?: string }
  /** Not durable, and its number is not done: tell the sender with this code. */
  | { readonly saved: false; readonly code: "busy" | "quota" | "refused"; readonly why: string };

/** What is done of one sender's numbers, in its newest epoch. */
export interface WindowState {
  readonly epoch: number;
  /** Every number up to and including this one is done. */
  readonly upto: number;
  /** Done beyond `upto`: most significant bit first, bit 0 = `upto` + 1. Trailing zero bytes are left out. */
  readonly bitmap: Uint8Array;
}

/** A message that waits for its acknowledgement. */
export interface OutboxRow {
  readonly recipient: string;
  readonly epoch: number;
  /** From 1; 0 where it has no number. */
  readonly seq: number;
  /** Message id (ULID). */
  readonly id: string;
  readonly kind: "document" | "chat";
  /** Document name; empty for a chat. */
  readonly name: string;
  readonly stream?: string;
  /** Chat: `all` or `you`. */
  readonly to?: "all" | "you";
  /** When it was handed in, milliseconds since 1970. */
  readonly at: number;
  /** When it is given up, milliseconds since 1970. */
  readonly expires: number;
  /** Document bytes, or the UTF-8 of the chat text. */
  readonly body: Uint8Array;
}

/** Our numbering towards one recipient. */
export interface OutgoingState {
  readonly epoch: number;
  /** Numbers up to this one are reserved; any of them may have been used. 0 in a new numbering. */
  readonly reserved: number;
  /** Every number up to this one was acknowledged or voided (a lower bound). */
  readonly acked: number;
  /** What still waits, in the order in which it was first handed in, whatever its number is. */
  readonly rows: readonly OutboxRow[];
}

/** What we know of a peer beyond its announcements. */
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

/** Options of a store. */
export interface StorageOptions {
  /** State folder; the database is `earshot.db` in it. Created with mode 0700. */
  readonly state: string;
  /** Inbox folder; created when the first document comes. */
  readonly inbox: string;
  /** Largest sum of sizes of documents kept in the inbox, bytes. */
  readonly quota: number;
  /** Called for what the owner should know (a file that could not be synced, …), at most once per cause and minute. */
  readonly warning: (code: string, message: string) => void;
  /**
   * Called for a document that got its place in the inbox later than it was acknowledged: its folder could not be written
   * before, or a crash came between. Once in the life of a store.
   */
  readonly placed?: (document: PlacedDocument) => void;
  /** For tests; the system's unless told. */
  readonly clock?: Clock;
  /** For tests. */
  readonly testing?: StorageTesting;
}

/** For tests: the store stands still for ever at a step of its work, and `stopped` is called. */
export interface StorageTesting {
  readonly stopAt: Step;
  /** How often the step is passed before; 0. */
  readonly passes?: number;
  readonly stopped: (step: Step) => void;
}

/**
 * A step in the life of a document: its transaction about to be committed; committed, with no file made; a file written
 * but not in place; a file in place, or lines appended; all files of a batch in place, and the acknowledgement not yet
 * allowed; files durable, and their rows not yet marked so.
 */
export type Step = "received" | "committed" | "written" | "linked" | "placed" | "durable";

/**
 * Durable state of one profile. The database lives in a worker thread, so no call holds up the network. Whatever
 * resolves is durable, unless the method says otherwise.
 */
export interface Storage {
  /** Makes one arrival durable; many at once share one commit. Arrivals of a sender are done in the order of calls. */
  receive(item: Incoming): Promise<ReceiveOutcome>;
  /** The delivery window kept for a sender, if any of its messages was ever done. */
  windowOf(sender: string): Promise<WindowState | undefined>;
  /** Numbering and waiting messages towards a recipient; undefined where nothing was ever sent to it. */
  outgoing(recipient: string): Promise<OutgoingState | undefined>;
  /** Everybody for whom the outbox holds something. */
  outboxRecipients(): Promise<string[]>;
  /** Reserves the numbers up to `upto` in this epoch; starts that numbering where the recipient has none. */
  reserve(recipient: string, epoch: number, upto: number): Promise<void>;
  /**
   * Keeps a message until it is settled; replaces the row that stands under the same recipient and id. A message that
   * has no number (yet, or any more) has `seq` 0; several of a recipient may.
   */
  enqueue(row: OutboxRow): Promise<void>;
  /** Forgets settled messages by their ids and notes the new lower bound of that epoch. */
  settle(recipient: string, epoch: number, ids: readonly string[], acked: number): Promise<void>;
  /**
   * Starts a new numbering: every waiting row of the recipient gets the number given for its id (rows not named: 0), in
   * one transaction.
   */
  renumber(
    recipient: string,
    epoch: number,
    reserved: number,
    seqById: ReadonlyMap<string, number>,
  ): Promise<void>;
  /** Everybody known, blocked ones included. */
  known(): Promise<KnownPeer[]>;
  /** Adds or replaces what is known of an id. */
  putKnown(peer: KnownPeer): Promise<void>;
  /** Forgets an id. */
  forgetKnown(id: string): Promise<void>;
  /** Received messages, newest first. */
  history(limit: number): Promise<HistoryRow[]>;
  /** Flushes, syncs files and closes the database. */
  close(): Promise<void>;
}
