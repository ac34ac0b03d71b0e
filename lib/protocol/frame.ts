import { ProtocolError } from "./errors.ts";
import { encodeFlat, type FlatObject, type FlatValue, parseFlat } from "./flat_json.ts";
import { HEAD_MAX, RECORD_MAX, TAG_BYTES } from "./limits.ts";

/** Numbers of the frame types (PROTOCOL.md section 4). */
export const FrameType = {
  have: 1,
  chat: 2,
  document: 3,
  part: 4,
  want: 5,
  ack: 6,
  nak: 7,
  ping: 8,
  pong: 9,
  epoch: 10,
  void: 11,
  close: 12,
} as const;

/** `type`, `headLength`, `bodyLength`. */
export const FRAME_HEADER_BYTES = 5;

/** Largest whole frame: the plaintext of the largest record. */
export const FRAME_MAX = RECORD_MAX - TAG_BYTES;

/** One frame, taken apart but not yet understood. */
export interface Frame {
  /** 0 to 255. */
  readonly type: number;
  /** Empty where the frame has no head. */
  readonly head: FlatObject;
  /** A view into the plaintext. */
  readonly body: Uint8Array;
}

const NOTHING = new Uint8Array();

/**
 * Writes one frame. A head without members takes no bytes.
 *
 * @throws {ProtocolError} `too-long` for a head over 512 bytes or a frame over {@linkcode FRAME_MAX}; `bad-field`
 */
export function encodeFrame(
  type: number,
  head: Readonly<Record<string, FlatValue | undefined>>,
  body: Uint8Array = NOTHING,
): Uint8Array {
  let headBytes = encodeFlat(head);
  if (headBytes.length === 2) headBytes = NOTHING;
  const length = FRAME_HEADER_BYTES + headBytes.length + body.length;
  if (headBytes.length > HEAD_MAX) throw new ProtocolError("too-long", "a frame's head is over its limit");
  if (length > FRAME_MAX) throw new ProtocolError("too-long", "a frame does not fit a record");
  const frame = new Uint8Array(length);
  frame[0] = type;
  frame[1] = headBytes.length >> 8;
  frame[2] = headBytes.length;
  frame[3] = body.length >> 8;
  frame[4] = body.length;
  frame.set(headBytes, FRAME_HEADER_BYTES);
  frame.set(body, FRAME_HEADER_BYTES + headBytes.length);
  return frame;
}

/**
 * Takes the plaintext of a record apart: one or more whole frames, nothing left over.
 *
 * @throws {ProtocolError} `too-short`, `too-long` (a head over 512 bytes), `bad-json`
 */
export function decodeFrames(plaintext: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  do {
    const headStart = at + FRAME_HEADER_BYTES;
    if (headStart > plaintext.length) throw new ProtocolError("too-short", "a frame's header is cut off");
    const headLength = (plaintext[at + 1]! << 8) | plaintext[at + 2]!;
    const bodyLength = (plaintext[at + 3]! << 8) | plaintext[at + 4]!;
    if (headLength > HEAD_MAX) throw new ProtocolError("too-long", "a frame's head is over its limit");
    const bodyStart = headStart + headLength;
    const end = bodyStart + bodyLength;
    if (end > plaintext.length) throw new ProtocolError("too-short", "a frame is cut off");
    frames.push({
      type: plaintext[at]!,
      head: headLength === 0 ? {} : parseFlat(plaintext.subarray(headStart, bodyStart)),
      body: plaintext.subarray(bodyStart, end),
    });
    at = end;
  } while (at < plaintext.length);
  return frames;
}
