import { createHash } from "node:crypto";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { encodeMessage, type Message } from "../protocol/message.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import type { OutboundMessage } from "../storage/types.ts";
import type { DocumentReader } from "./types.ts";

const NO_BYTES = new Uint8Array();

/** The frame of a whole message; undefined if none can hold it. */
export function wholeOf(seq: number, message: OutboundMessage): Uint8Array | undefined {
  const { id, name, at, stream, body } = message;
  if (!body) return undefined;
  return encoded(
    message.kind === "chat"
      ? { type: "chat", seq, id, to: message.to ?? "you", at, text: decodeUtf8(body) }
      : { type: "document", seq, id, name, size: body.length, at, stream, body },
  );
}

/** The frame that announces a document in parts; undefined for what cannot come in parts. */
export function headOf(seq: number, message: OutboundMessage): Uint8Array | undefined {
  const { kind, id, name, at, stream, size, body } = message;
  if (kind === "chat" || size === 0) return undefined;
  const sha256 = message.sha256 ?? createHash("sha256").update(body!).digest("hex");
  return encoded({ type: "document", seq, id, name, size, at, stream, sha256, body: NO_BYTES });
}

function encoded(message: Message): Uint8Array | undefined {
  try {
    return encodeMessage(message);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Reads a document that is in memory. */
export function readerOf(bytes: Uint8Array): DocumentReader {
  return {
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    close: () => {},
  };
}
