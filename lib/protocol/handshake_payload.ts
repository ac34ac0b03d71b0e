import { ProtocolError } from "./protocol_error.ts";
import { type FieldSource, flag, integer, is, optionalText, text } from "./fields.ts";
import { encodeFlat, parseFlat } from "./flat_json.ts";
import { HANDSHAKE_PAYLOAD_MAX, RECORD_MAX, RECORD_MIN_RX, WINDOW_LIMIT } from "./limits.ts";

/** Payload of handshake messages 2 and 3, in which each side describes itself (PROTOCOL.md 2.9). */
export interface HandshakePayload {
  /** Label of the peer. */
  readonly name: string;
  /** Platform: 1 to 16 of a-z, 0-9 and hyphen. */
  readonly kind: string;
  /** Random u32 of this start. */
  readonly boot: number;
  /** Program and version: 1 to 64 printable ASCII characters. */
  readonly app: string;
  /** Largest record accepted, 1 024 to 65 535 bytes. */
  readonly rx: number;
  /** Most messages of the other side that may be unanswered at a time, 1 to 65 535. */
  readonly window: number;
  /** Features beyond the minimum: 1 to 16 words, one space between two. */
  readonly can?: string;
  /** True for a short-lived command. */
  readonly brief?: boolean;
  /** True for a short-lived command that waits for answers to its questions; means something beside `brief` only. */
  readonly answers?: boolean;
}

/**
 * Encodes the payload.
 *
 * @throws {ProtocolError} if {@linkcode decodeHandshakePayload} would refuse it
 */
export function encodeHandshakePayload(payload: HandshakePayload): Uint8Array {
  return limited(encodeFlat({ ...checked({ ...payload }) }));
}

/**
 * Decodes the payload; unknown members are ignored.
 *
 * @throws {ProtocolError} `too-long`, `bad-json`, `bad-field`
 */
export function decodeHandshakePayload(bytes: Uint8Array): HandshakePayload {
  return checked(parseFlat(limited(bytes)));
}

function checked(object: FieldSource): HandshakePayload {
  const can = optionalText(object, "can", is.words);
  const brief = flag(object, "brief");
  const answers = flag(object, "answers");
  return {
    name: text(object, "name", is.label),
    kind: text(object, "kind", is.kind),
    boot: integer(object, "boot"),
    app: text(object, "app", is.app),
    rx: integer(object, "rx", RECORD_MIN_RX, RECORD_MAX),
    window: integer(object, "window", 1, WINDOW_LIMIT),
    ...(can !== undefined && { can }),
    ...(brief && { brief }),
    ...(answers && { answers }),
  };
}

function limited(bytes: Uint8Array): Uint8Array {
  if (bytes.length > HANDSHAKE_PAYLOAD_MAX) {
    throw new ProtocolError("too-long", "a handshake payload is over its limit");
  }
  return bytes;
}
