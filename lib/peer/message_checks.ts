import { ExitCode, UserError } from "../platform/user_error.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { encodeFlat } from "../protocol/flat_json.ts";
import { validateJson } from "../protocol/json_validator.ts";
import { HEAD_MAX, U32_MAX } from "../protocol/limits.ts";

/**
 * Timeout without progress for a document in the spool, milliseconds: its recipient may first have to read its partial
 * file.
 */
export const LARGE_TIMEOUT_MS = 30_000;

/** Default name of a document. */
export const DOCUMENT_NAME = "document.json";

/** Names of a question and of an answer. */
export const QUESTION_NAME = "ask.json";
export const ANSWER_NAME = "answer.json";

/** Most bytes of a code unit of a name in UTF-8, and in the head of a frame, where some are escaped. */
const UNIT_BYTES = 3;
/** Room that a head has for name and stream in any case, bytes. */
const HEAD_REST = HEAD_MAX - 256;

/** @throws {UserError} it is not JSON */
export function checkJson(document: Uint8Array): void {
  try {
    validateJson(document);
  } catch (error) {
    notJson(error);
  }
}

/**
 * Returns the bytes of a JSON value, or given bytes that are JSON.
 *
 * @param what the value, as a sentence begins with it
 * @throws {UserError} it is not JSON
 */
export function jsonBytes(what: string, value: unknown): Uint8Array {
  try {
    if (value instanceof Uint8Array) {
      validateJson(value);
      return new Uint8Array(value);
    }
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON`);
    const bytes = new TextEncoder().encode(text);
    // Nesting may be too deep.
    validateJson(bytes);
    return bytes;
  } catch (error) {
    if (error instanceof ProtocolError) throw usage(`${what} is ${error.message}.`);
    throw usage(`${what} cannot be JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** @throws {UserError} the error says that the document is not JSON; else the error itself */
export function notJson(error: unknown): never {
  throw error instanceof ProtocolError ? usage(`The document is ${error.message}.`) : error;
}

/** @throws {UserError} the value is no name of at most `max` bytes */
export function checkName(what: string, value: string, max: number): void {
  const fault = nameFault(value, max);
  if (fault !== undefined) throw usage(`${what} ${fault}.`);
}

/** The fault of a text as the name of a document or stream, as the end of a sentence; undefined if there is none. */
export function nameFault(value: string, max: number): string | undefined {
  if (value === "") return "is empty";
  if (!value.isWellFormed()) return "is not well-formed text";
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(value)) return "has control characters";
  if (value.length * UNIT_BYTES <= max) return undefined;
  const bytes = new TextEncoder().encode(value).length;
  return bytes > max ? `has ${bytes} bytes, and ${max} are the most` : undefined;
}

/** True if the head of a frame can hold name and stream, JSON escapes included. */
export function fitsHead(name: string, stream: string | undefined): boolean {
  if ((name.length + (stream?.length ?? 0)) * UNIT_BYTES <= HEAD_REST) return true;
  const numbers = { seq: U32_MAX, id: "0".repeat(26), size: U32_MAX, at: Number.MAX_SAFE_INTEGER };
  return encodeFlat({ ...numbers, name, stream, sha256: "0".repeat(64) }).length <= HEAD_MAX;
}

/** @throws {UserError} name and stream are too long together */
export function checkHead(name: string, stream: string | undefined): void {
  if (!fitsHead(name, stream)) {
    throw usage("The name and the stream are too long together: use shorter ones.");
  }
}

/** Returns an error for a wrong call. */
export function usage(message: string): UserError {
  return new UserError(message, ExitCode.usage);
}
