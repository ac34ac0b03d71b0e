/** Diagnosis of a text that is not UTF-8: its encoding, as the end of a sentence, and the remedy. */
export interface OtherEncoding {
  readonly what: string;
  readonly todo: string;
  /** Offset of the first byte that is not UTF-8, if the rest may be. */
  readonly at?: number;
}

/** Byte-order marks, longer ones first because one begins with another. */
const MARKS: readonly (readonly [bytes: readonly number[], name: string])[] = [
  [[0xff, 0xfe, 0, 0], "UTF-32"],
  [[0, 0, 0xfe, 0xff], "UTF-32"],
  [[0xff, 0xfe], "UTF-16"],
  [[0xfe, 0xff], "UTF-16"],
];

/** First bytes of a text without a mark that begins with two ASCII characters, or has only one: 0 for a zero, 1 for anything else. */
const PATTERNS: readonly (readonly [zeros: string, name: string])[] = [
  ["1000", "UTF-32LE"],
  ["0001", "UTF-32BE"],
  ["1010", "UTF-16LE"],
  ["0101", "UTF-16BE"],
  ["10", "UTF-16LE"],
  ["01", "UTF-16BE"],
];

const UTF8_MARK = [0xef, 0xbb, 0xbf];

/** Characters that no text in a single-byte encoding contains. */
// deno-lint-ignore no-control-regex
const BINARY = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

/** Bytes that are examined to tell text from other data. */
const BEGINNING = 4096;

/** Tells whether a text begins with the byte-order mark of UTF-8. */
export function hasUtf8Mark(bytes: Uint8Array): boolean {
  return startsWith(bytes, UTF8_MARK);
}

/**
 * Guesses the encoding of a text that is not UTF-8, from its beginning or from the bytes around `offset`.
 *
 * @param offset at which decoding failed
 * @returns undefined for UTF-8, even with a byte-order mark
 */
export function otherEncoding(bytes: Uint8Array, offset: number): OtherEncoding | undefined {
  const wide = MARKS.find(([mark]) => startsWith(bytes, mark))?.[1] ?? patternOf(bytes);
  if (wide !== undefined) {
    const shell = wide.startsWith("UTF-16") ? ", which > of Windows PowerShell writes" : "";
    return {
      what: `is ${wide}${shell}`,
      todo: `convert it to UTF-8, for example with: iconv -f ${wide} -t UTF-8`,
    };
  }
  if (startsWith(bytes, [0x1f, 0x8b])) return { what: "is compressed with gzip", todo: "unpack it first" };
  const at = wrongByteAt(bytes, offset);
  if (at === undefined) return undefined;
  const beginning = String.fromCharCode(...bytes.subarray(0, BEGINNING));
  if (BINARY.test(beginning)) {
    return { what: "is not text", todo: "send it as text in a JSON value, such as base64" };
  }
  const hex = `0x${bytes[at]!.toString(16).toUpperCase()}`;
  const character = new TextDecoder("windows-1252").decode(bytes.subarray(at, at + 1));
  return {
    at,
    what: `is not UTF-8: byte ${hex} is ${
      /\p{Cc}/u.test(character) ? "no character" : `"${character}"`
    } in Windows-1252`,
    todo: "convert it to UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8",
  };
}

/** Returns the offset of the first byte that is not UTF-8; undefined if there is none. */
export function invalidUtf8At(bytes: Uint8Array): number | undefined {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  let offset = 0;
  for (let at = 0, found; (found = text.indexOf("\ufffd", at)) >= 0; at = found + 1) {
    offset += encoder.encode(text.slice(at, found)).length;
    if (!startsWith(bytes.subarray(offset), [0xef, 0xbf, 0xbd])) return offset;
    offset += 3;
  }
  return undefined;
}

/** Returns the offset of the wrong byte when decoding failed at `offset`: there, or up to three bytes before. */
function wrongByteAt(bytes: Uint8Array, offset: number): number | undefined {
  let start = offset;
  while (start > 0 && offset - start < 3 && bytes[start - 1]! >= 0x80) start--;
  // Leading continuation bytes are the end of a valid character.
  while (start < offset && (bytes[start]! & 0xc0) === 0x80) start++;
  const invalid = invalidUtf8At(bytes.subarray(start, offset + 4));
  return invalid !== undefined && start + invalid <= offset ? start + invalid : undefined;
}

function patternOf(bytes: Uint8Array): string | undefined {
  const zeros = Array.from(bytes.subarray(0, 4), (byte) => byte === 0 ? 0 : 1).join("");
  return PATTERNS.find(([pattern]) => pattern === zeros)?.[1];
}

function startsWith(bytes: Uint8Array, beginning: readonly number[]): boolean {
  return beginning.every((byte, i) => bytes[i] === byte);
}
