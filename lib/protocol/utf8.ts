import { ProtocolError, type ProtocolErrorCode } from "./protocol_error.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 of a text; the text must be well formed (no lone surrogates). */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Strict UTF-8: overlong forms, encoded surrogates and anything past U+10FFFF are refused; a byte-order mark is kept.
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

/** The longest beginning of a well-formed text that has at most `limit` bytes as UTF-8. */
export function cutUtf8(text: string, limit: number): string {
  const { read } = encoder.encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}

let segmenter: Intl.Segmenter | undefined;

/**
 * The longest beginning of a well-formed text that has at most `limit` bytes as UTF-8 and ends between characters as
 * people see them; if not even the first fits, between code points.
 */
export function cutGraphemes(text: string, limit: number): string {
  const cut = cutUtf8(text, limit);
  if (cut.length === text.length) return cut;
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  const start = segmenter.segment(text).containing(cut.length)?.index;
  return start ? text.slice(0, start) : cut;
}
