import { ProtocolError } from "./protocol_error.ts";
import { type FlatObject, flatText, type FlatValue, parseFlat } from "./flat_json.ts";
import { HEAD_MAX, RECORD_MAX, TAG_BYTES } from "./limits.ts";

/** Numbers of the frame types (PROTOCOL.md 2.11). */
export const FrameType = {
  chat: 2,
  document: 3,
  part: 4,
  want: 5,
  ack: 6,
  nak: 7,
  ping: 8,
  pong: 9,
  void: 11,
  close: 12,
  peers: 13,
} as const;

/** `type`, `headLength`, `bodyLength`. */
export const FRAME_HEADER_BYTES = 5;

/** Largest whole frame: the plaintext of the largest record. */
export const FRAME_MAX = RECORD_MAX - TAG_BYTES;

/** A frame whose parts are separated but not interpreted. */
export interface Frame {
  /** 0 to 255. */
  readonly type: number;
  /** Empty if the frame has no head. */
  readonly head: FlatObject;
  /** A view into the plaintext. */
  readonly body: Uint8Array;
}

const NOTHING = new Uint8Array();
const encoder = new TextEncoder();
/** UTF-8 has at most three bytes per code unit. */
const headScratch = new Uint8Array(3 * HEAD_MAX);

/**
 * Encodes one frame. A head without members takes no bytes. Small frames share an ArrayBuffer: never transfer it.
 *
 * @throws {ProtocolError} `too-long` for a head over 512 bytes or a frame over {@linkcode FRAME_MAX}; `bad-field`
 */
export function encodeFrame(
  type: number,
  head: Readonly<Record<string, FlatValue | undefined>>,
  body: Uint8Array = NOTHING,
): Uint8Array {
  const headText = flatText(head);
  const headLength = headText === "{}" ? 0 : encoder.encodeInto(headText, headScratch).written;
  const length = FRAME_HEADER_BYTES + headLength + body.length;
  if (headLength > HEAD_MAX) throw new ProtocolError("too-long", "a frame's head is over its limit");
  if (length > FRAME_MAX) throw new ProtocolError("too-long", "a frame does not fit a record");
  const frame = allocate(length);
  frame[0] = type;
  frame[1] = headLength >> 8;
  frame[2] = headLength;
  frame[3] = body.length >> 8;
  frame[4] = body.length;
  frame.set(headScratch.subarray(0, headLength), FRAME_HEADER_BYTES);
  frame.set(body, FRAME_HEADER_BYTES + headLength);
  return frame;
}

/**
 * Splits the plaintext of a record into frames: one or more whole frames, nothing left over.
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

const SLAB_BYTES = 32768;
let slab = new Uint8Array();
let slabUsed = 0;

/** Returns memory for a frame. Small frames share a slab: separate allocations would cost more than all other work. */
function allocate(length: number): Uint8Array {
  if (length > SLAB_BYTES / 8) return new Uint8Array(length);
  if (slabUsed + length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  return slab.subarray(slabUsed, slabUsed += length);
}
