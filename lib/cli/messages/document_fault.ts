import { ExitCode, UserError } from "../../platform/user_error.ts";
import type { ProtocolError } from "../../protocol/protocol_error.ts";
import { validateJson } from "../../protocol/json_validator.ts";
import { hasUtf8Mark, otherEncoding } from "../../protocol/text_encoding.ts";

const NEWLINE = 10;
const [SLASH, COMMA] = [..."/,"].map((character) => character.charCodeAt(0));

/** A document that is not JSON, with the parts in memory. */
export interface InvalidDocument {
  /** Its name in messages. */
  readonly source: string;
  readonly error: ProtocolError;
  /** Its first bytes. */
  readonly start: Uint8Array;
  /** The piece that was read last, with the wrong byte. */
  readonly piece: Uint8Array;
  /** Offset of that piece, and the line on which it begins. */
  readonly before: number;
  readonly line: number;
  /** Its first bytes without comments, if those were removed. */
  readonly stripped?: Uint8Array;
}

/** Returns the error for a document that is not JSON: the problem with its line, and the remedy. */
export function documentFault(document: InvalidDocument): UserError {
  const { source, error, start, piece, before, line } = document;
  const offset = offsetIn(error);
  const usage = (text: string) => new UserError(`${source}${text}`, ExitCode.usage);
  if (isBlank(start) && before === 0) {
    return usage(start.length === 0 ? EMPTY : ` holds nothing but blanks${NO_VALUE}`);
  }
  if (hasUtf8Mark(start)) {
    return usage(" begins with a byte-order mark, which JSON must not: save it as UTF-8 without one.");
  }
  const place = `line ${line + countBreaks(piece.subarray(0, offset - before))}`;
  const other = otherEncoding(start, 0) ?? otherEncoding(piece, offset - before);
  if (other) return usage(` ${other.what}${other.at === undefined ? "" : `, ${place}`}; ${other.todo}.`);
  return usage(`: ${error.message}, ${place}.${hint(document, offset)}`);
}

const NO_VALUE = ": a JSON document has at least a value.";
const EMPTY = ` is empty${NO_VALUE}`;

function hint({ start, piece, before, stripped }: InvalidDocument, offset: number): string {
  if (isLines(stripped ?? start, offset)) {
    return " It looks like JSON Lines, a document on each line: send it with --lines, or as an array of all (jq -s).";
  }
  const isTooLarge = stripped === undefined && isJsonc(piece, offset - before);
  return isTooLarge ? " Comments and trailing commas are removed from files up to 1 MiB only." : "";
}

/** Tells whether the text is JSON up to `offset`, and the line that begins there is, too. */
function isLines(start: Uint8Array, offset: number): boolean {
  const first = start.subarray(0, offset);
  if (!/\n\s*$/.test(new TextDecoder().decode(first.subarray(-1_000)))) return false;
  const end = start.indexOf(NEWLINE, offset);
  return isJson(first) && isJson(start.subarray(offset, end < 0 ? start.length : end));
}

function isJson(bytes: Uint8Array): boolean {
  try {
    validateJson(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Tells whether a comment begins at `offset`, or a trailing comma is before it. */
function isJsonc(piece: Uint8Array, offset: number): boolean {
  if (piece[offset] === SLASH) return true;
  if (!/[\]}]/.test(String.fromCharCode(piece[offset] ?? 0))) return false;
  let at = offset - 1;
  while (at >= 0 && isBlank(piece.subarray(at, at + 1))) at--;
  return piece[at] === COMMA;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === NEWLINE || byte === 0x0d);
}

function offsetIn(error: ProtocolError): number {
  return Number(/at byte (\d+)/.exec(error.message)?.[1] ?? 0);
}

/** Counts the line breaks in these bytes. */
export function countBreaks(bytes: Uint8Array): number {
  let breaks = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) breaks++;
  return breaks;
}
