import { ProtocolError } from "./protocol_error.ts";
import { type FieldSource, flag, integer, is, optionalInteger, optionalText, text } from "./fields.ts";
import { decodeFrames, encodeFrame, type Frame, FrameType } from "./frame.ts";
import { decodeHearsay, encodeHearsay, type Hearsay } from "./hearsay.ts";
import { printable } from "./label.ts";
import { CHAT_MAX, WHY_MAX } from "./limits.ts";
import { cutUtf8, decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** Head of a line of chat: all but its text. */
export interface ChatHead {
  readonly seq: number;
  /** Message id (ULID). */
  readonly id: string;
  readonly to: "all" | "you";
  /** Sender's time, milliseconds since 1970. */
  readonly at?: number;
}

/** A line of chat. */
export interface ChatMessage extends ChatHead {
  readonly type: "chat";
  /** At most 16 KiB as UTF-8. */
  readonly text: string;
}

/** A document: complete in `body`, or announced by an empty body and `sha256`. */
export interface DocumentMessage {
  readonly type: "document";
  readonly seq: number;
  /** Message id (ULID). */
  readonly id: string;
  /** Name given by the sender, not empty; clean it before use as a file name. */
  readonly name: string;
  /** Size of the whole document, bytes. */
  readonly size: number;
  /** Sender's time, milliseconds since 1970. */
  readonly at?: number;
  /** Stream to which it is appended; given by the sender, not empty. */
  readonly stream?: string;
  /** SHA-256 of the document in lower-case hex; required if the body is missing. */
  readonly sha256?: string;
  /** True for a question: its receiver answers with a document (PROTOCOL.md 3.16). */
  readonly ask?: boolean;
  /** Id of the question that this document answers; not beside `ask` or `stream`. */
  readonly re?: string;
  /** Beside `re`: why there is no other answer, `failed` or `no-answer`; 1 to 32 of a-z, 0-9 and hyphen. */
  readonly code?: string;
  /** `size` bytes, or none. */
  readonly body: Uint8Array;
}

/** A part of a large document; at least one byte. */
export interface PartMessage {
  readonly type: "part";
  readonly seq: number;
  readonly offset: number;
  readonly body: Uint8Array;
}

/** Credit for parts from `offset` to before `until`. */
export interface WantMessage {
  readonly type: "want";
  readonly seq: number;
  readonly offset: number;
  /** At least `offset`. */
  readonly until: number;
}

/** Acknowledges messages that are durable at the receiver; at least one. */
export interface AckMessage {
  readonly type: "ack";
  readonly seqs: readonly number[];
}

/** Refuses a message. */
export interface NakMessage {
  readonly type: "nak";
  readonly seq: number;
  /** A `NakCode`, or one of a later version: 1 to 32 of a-z, 0-9 and hyphen. */
  readonly code: string;
  /** Reason for people; encoding makes it printable and cuts it to 200 bytes. */
  readonly why: string;
}

/** Asks for a sign of life. */
export interface PingMessage {
  readonly type: "ping";
  readonly n: number;
}

/** Answers the ping with the same `n`. */
export interface PongMessage {
  readonly type: "pong";
  readonly n: number;
}

/** Tells that the refusal of this number was seen, or that the sender gives the message up. */
export interface VoidMessage {
  readonly type: "void";
  readonly seq: number;
}

/** Ends the session. */
export interface CloseMessage {
  readonly type: "close";
  /** `idle`, `full`, `replaced`, `bye` (PROTOCOL.md 2.14) or a sentence; encoding makes it printable and cuts it to 200 bytes. */
  readonly why: string;
}

/** Tells of other members of the group. */
export interface PeersMessage {
  readonly type: "peers";
  /** 1 to 32. */
  readonly peers: readonly Hearsay[];
}

/** A frame type of a later version that can be ignored. */
export interface UnknownMessage {
  readonly type: "unknown";
  /** Below 128. */
  readonly frameType: number;
}

/**
 * A frame's meaning (PROTOCOL.md 2.11 and 2.12). Numbers are u32, `seq` from 1; offsets, sizes and times are at most 2^53 - 1.
 */
export type Message =
  | ChatMessage
  | DocumentMessage
  | PartMessage
  | WantMessage
  | AckMessage
  | NakMessage
  | PingMessage
  | PongMessage
  | VoidMessage
  | CloseMessage
  | PeersMessage
  | UnknownMessage;

/** Word of a handshake's `can`: the peer answers questions, and takes answers (PROTOCOL.md 3.16). */
export const ASK_FEATURE = "ask";

/** Word of `can`: lists of peers are welcome. */
export const PEERS_FEATURE = "peers";

/** Word of `can`: the peer dials whoever calls it (PROTOCOL.md 3.8). */
export const CALL_FEATURE = "call";

/** Tells whether a peer says a word in its `can`. */
export function hasFeature({ can }: { readonly can?: string }, word: string): boolean {
  return can?.split(" ").includes(word) ?? false;
}

const MAX = Number.MAX_SAFE_INTEGER;
const NOTHING = new Uint8Array();

/** Unknown frame types from here on end the session. */
const CRITICAL = 128;

/**
 * Encodes a message as one whole frame.
 *
 * @throws {ProtocolError} if {@linkcode decodeMessage} would refuse it, or it does not fit a record
 */
export function encodeMessage(message: Message): Uint8Array {
  const [type, head, body] = fieldsOf(message);
  understand(type, head, body);
  return encodeFrame(type, head, body);
}

/**
 * Encodes a chat as one whole frame.
 *
 * @param text in UTF-8, which is not checked
 * @throws {ProtocolError} as {@linkcode encodeMessage}
 */
export function encodeChat({ seq, id, to, at }: ChatHead, text: Uint8Array): Uint8Array {
  const head = { seq, id, to, at };
  understandChat(head, text.length);
  return encodeFrame(FrameType.chat, head, text);
}

/**
 * Decodes one frame. The body of the result is a view into the frame's.
 *
 * @throws {ProtocolError} `bad-type`, `bad-field`, `bad-length`, `bad-utf8`, `too-long`
 */
export function decodeMessage(frame: Frame): Message {
  return understand(frame.type, frame.head, frame.body);
}

/**
 * Decodes the plaintext of a record as a whole, before any message takes effect. Bodies are views into it.
 *
 * @throws {ProtocolError} see {@linkcode decodeFrames} and {@linkcode decodeMessage}
 */
export function decodeMessages(plaintext: Uint8Array): Message[] {
  return decodeFrames(plaintext).map(decodeMessage);
}

function fieldsOf(message: Message): [type: number, head: FieldSource, body: Uint8Array] {
  switch (message.type) {
    case "chat": {
      const { seq, id, to, at } = message;
      return [FrameType.chat, { seq, id, to, at }, encodeUtf8(message.text)];
    }
    case "document": {
      const { seq, id, name, size, at, stream, sha256, re, code } = message;
      const ask = message.ask || undefined;
      return [FrameType.document, { seq, id, name, size, at, stream, sha256, ask, re, code }, message.body];
    }
    case "part":
      return [FrameType.part, { seq: message.seq, offset: message.offset }, message.body];
    case "want": {
      const { seq, offset, until } = message;
      return [FrameType.want, { seq, offset, until }, NOTHING];
    }
    case "ack":
      return [FrameType.ack, {}, encodeSeqs(message.seqs)];
    case "nak":
      return [FrameType.nak, { seq: message.seq, code: message.code, why: shortWhy(message.why) }, NOTHING];
    case "ping":
    case "pong":
      return [FrameType[message.type], { n: message.n }, NOTHING];
    case "void":
      return [FrameType.void, { seq: message.seq }, NOTHING];
    case "close":
      return [FrameType.close, { why: shortWhy(message.why) }, NOTHING];
    case "peers":
      return [FrameType.peers, {}, encodeHearsay(message.peers)];
    case "unknown":
      return [message.frameType, {}, NOTHING];
  }
}

function understand(type: number, head: FieldSource, body: Uint8Array): Message {
  switch (type) {
    case FrameType.chat:
      return { ...understandChat(head, body.length), type: "chat", text: decodeUtf8(body) };
    case FrameType.document:
      return understandDocument(head, body);
    case FrameType.part:
      checkLength(body.length > 0);
      return { type: "part", seq: seqOf(head), offset: integer(head, "offset", 0, MAX), body };
    case FrameType.want: {
      checkLength(body.length === 0);
      const offset = integer(head, "offset", 0, MAX);
      return { type: "want", seq: seqOf(head), offset, until: integer(head, "until", offset, MAX) };
    }
    case FrameType.ack:
      return { type: "ack", seqs: decodeSeqs(body) };
    case FrameType.nak:
      checkLength(body.length === 0);
      return {
        type: "nak",
        seq: seqOf(head),
        code: text(head, "code", is.word),
        why: text(head, "why", is.text),
      };
    case FrameType.ping:
    case FrameType.pong:
      checkLength(body.length === 0);
      return { type: type === FrameType.ping ? "ping" : "pong", n: integer(head, "n") };
    case FrameType.void:
      checkLength(body.length === 0);
      return { type: "void", seq: seqOf(head) };
    case FrameType.close:
      checkLength(body.length === 0);
      return { type: "close", why: text(head, "why", is.text) };
    case FrameType.peers:
      return { type: "peers", peers: decodeHearsay(body) };
    default:
      if (type >= CRITICAL) throw new ProtocolError("bad-type", `frame type ${type} is not known here`);
      return { type: "unknown", frameType: type };
  }
}

/** @param length of its text as UTF-8 */
function understandChat(head: FieldSource, length: number): ChatHead {
  if (length > CHAT_MAX) throw new ProtocolError("too-long", "a chat message is over its limit");
  const seq = seqOf(head);
  const id = text(head, "id", is.ulid);
  const to = text(head, "to", (value) => value === "all" || value === "you") as "all" | "you";
  const at = optionalInteger(head, "at", 0, MAX);
  return at === undefined ? { seq, id, to } : { seq, id, to, at };
}

function understandDocument(head: FieldSource, body: Uint8Array): DocumentMessage {
  const seq = seqOf(head);
  const id = text(head, "id", is.ulid);
  const name = text(head, "name", is.filled);
  const size = integer(head, "size", 0, MAX);
  const at = optionalInteger(head, "at", 0, MAX);
  const stream = optionalText(head, "stream", is.filled);
  const sha256 = optionalText(head, "sha256", is.sha256);
  const { ask, re, code } = understandAnswer(head, stream);
  checkLength(body.length === size || body.length === 0);
  if (body.length < size && sha256 === undefined) {
    throw new ProtocolError("bad-field", "a document without its body has no sha256");
  }
  const document: { -readonly [Key in keyof DocumentMessage]: DocumentMessage[Key] } = {
    type: "document",
    seq,
    id,
    name,
    size,
    body,
  };
  if (at !== undefined) document.at = at;
  if (stream !== undefined) document.stream = stream;
  if (sha256 !== undefined) document.sha256 = sha256;
  if (ask) document.ask = ask;
  if (re !== undefined) document.re = re;
  if (code !== undefined) document.code = code;
  return document;
}

/** Reads what makes a document a question or an answer. */
function understandAnswer(
  head: FieldSource,
  stream: string | undefined,
): Pick<DocumentMessage, "ask" | "re" | "code"> {
  const ask = flag(head, "ask");
  const re = optionalText(head, "re", is.ulid);
  const code = optionalText(head, "code", is.word);
  if (ask && re !== undefined) throw new ProtocolError("bad-field", "a question is no answer");
  if (code !== undefined && re === undefined) throw new ProtocolError("bad-field", "a code without re");
  if (stream !== undefined && (ask || re !== undefined)) {
    throw new ProtocolError("bad-field", "questions and answers are in no stream");
  }
  return { ask, re, code };
}

function seqOf(head: FieldSource): number {
  return integer(head, "seq", 1);
}

function checkLength(right: boolean): void {
  if (!right) throw new ProtocolError("bad-length", "a frame's body has not the length that it must have");
}

function encodeSeqs(seqs: readonly number[]): Uint8Array {
  const body = new Uint8Array(seqs.length * 4);
  const view = new DataView(body.buffer);
  let at = 0;
  for (const seq of seqs) {
    view.setUint32(at, seqOf({ seq }));
    at += 4;
  }
  return body;
}

function decodeSeqs(body: Uint8Array): number[] {
  checkLength(body.length > 0 && body.length % 4 === 0);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const seqs: number[] = [];
  for (let at = 0; at < body.length; at += 4) seqs.push(seqOf({ seq: view.getUint32(at) }));
  return seqs;
}

/** Cuts a reason so that it always fits a head: escaping at most doubles printable text. */
function shortWhy(why: string): string {
  return cutUtf8(printable(why), WHY_MAX);
}
