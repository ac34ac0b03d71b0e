import { ProtocolError, type ProtocolErrorCode } from "./protocol_error.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Encodes a text as UTF-8; it must be well formed (no lone surrogates). */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Decodes strict UTF-8: refuses overlong forms, encoded surrogates and anything past U+10FFFF; keeps a byte-order mark.
 *
 * @throws {ProtocolError} with the given code
 */
export function decodeUtf8(bytes: Uint8Array, code: ProtocolErrorCode = "bad-utf8"): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtocolError(code, "not UTF-8");
  }
}

/** Returns the longest beginning of a well-formed text that has at most `limit` bytes as UTF-8. */
export function cutUtf8(text: string, limit: number): string {
  const { read } = encoder.encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}

let segmenter: Intl.Segmenter | undefined;

/**
 * Returns the longest beginning of a well-formed text that has at most `limit` bytes as UTF-8 and ends between
 * graphemes; if not even the first fits, between code points.
 */
export function cutGraphemes(text: string, limit: number): string {
  const cut = cutUtf8(text, limit);
  if (cut.length === text.length) return cut;
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  const start = segmenter.segment(text).containing(cut.length)?.index;
  return start ? text.slice(0, start) : cut;
}
