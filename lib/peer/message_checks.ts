import { ExitCode, UserError } from "../platform/user_error.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { encodeFlat } from "../protocol/flat_json.ts";
import { validateJson } from "../protocol/json_validator.ts";
import { HEAD_MAX, U32_MAX } from "../protocol/limits.ts";

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** @throws {UserError} what is not JSON */
export function checkJson(document: Uint8Array): void {
  try {
    validateJson(document);
  } catch (error) {
    notJson(error);
  }
}

/** @throws {UserError} in the place of an error that says what is not JSON; else the error itself */
export function notJson(error: unknown): never {
  throw error instanceof ProtocolError ? usage(`The document is ${error.message}.`) : error;
}

/** @throws {UserError} what is no message id */
export function checkId(id: string | undefined): void {
  if (id === undefined || ULID.test(id)) return;
  throw usage(`"${id}" is no message id: use the 26 characters that send printed.`);
}

/** @throws {UserError} what is no name to be sent, of at most `max` bytes */
export function checkName(what: string, value: string, max: number): void {
  const bytes = new TextEncoder().encode(value).length;
  // deno-lint-ignore no-control-regex
  if (bytes >= 1 && bytes <= max && value.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(value)) return;
  throw usage(`This ${what} is no good: use 1 to ${max} bytes of printable text.`);
}

/** The head of the frame must hold name and stream, with whatever escapes its JSON needs. */
export function checkHead(name: string, stream: string | undefined): void {
  const numbers = { seq: U32_MAX, id: "0".repeat(26), size: U32_MAX, at: Number.MAX_SAFE_INTEGER };
  if (encodeFlat({ ...numbers, name, stream, sha256: "0".repeat(64) }).length <= HEAD_MAX) return;
  throw usage(`The name and the stream are too long together: use shorter ones.`);
}

/** The caller asked for what cannot be. */
export function usage(message: string): UserError {
  return new UserError(message, ExitCode.usage);
}
