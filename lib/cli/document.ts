import { basename } from "@std/path";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { validateJson } from "../protocol/json_validator.ts";
import { INLINE_DOCUMENT_MAX } from "../protocol/limits.ts";
import { stripJsonc } from "./jsonc.ts";

/** Longest file that is looked at: comments do not count, so it may be longer than what is left of it. Bytes. */
const FILE_MAX = 16 * INLINE_DOCUMENT_MAX;

/** A document as the user handed it over. */
export interface Document {
  /** What messages call it: the path, or `standard input`. */
  readonly source: string;
  /** File name without folders. */
  readonly name: string;
  /** JSON; undefined where it is more than a document may be. */
  readonly bytes: Uint8Array | undefined;
}

/** Where a document can be read from. */
type Source = Pick<Deno.FsFile, "read">;

/**
 * Reads a document from a file, or standard input for `-`. JSON is taken byte for byte; comments and trailing commas are
 * removed.
 *
 * @throws {UserError} exit code 2 where there is no such file, or it is not JSON
 */
export async function readDocument(path: string, stdin: Source = Deno.stdin): Promise<Document> {
  const source = path === "-" ? "standard input" : path;
  const name = path === "-" ? "document.json" : basename(path);
  let raw: Uint8Array | undefined;
  try {
    raw = path === "-" ? await readAll(stdin) : await readFile(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const why = reasonOf(error);
    throw new UserError(
      missing ? `There is no file ${path}.` : `${path} cannot be read: ${why}.`,
      ExitCode.usage,
    );
  }
  const bytes = raw && toJson(source, raw);
  return { source, name, bytes: bytes && bytes.length <= INLINE_DOCUMENT_MAX ? bytes : undefined };
}

/** Whether a path is the standard input of this process. */
export function isStandardInput(path: string): boolean {
  return /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(path);
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "special files of the system are not opened (- is standard input)";
  }
  return error instanceof Error ? error.message : String(error);
}

async function readFile(path: string): Promise<Uint8Array | undefined> {
  using file = await Deno.open(path);
  if ((await file.stat()).isDirectory) throw new Error("it is a folder");
  return await readAll(file);
}

/** Everything up to its end; undefined where that is more than {@linkcode FILE_MAX}. */
async function readAll(source: Source): Promise<Uint8Array | undefined> {
  const buffer = new Uint8Array(FILE_MAX + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = await source.read(buffer.subarray(length));
    if (count === null) return buffer.slice(0, length);
    length += count;
  }
  return undefined;
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function toJson(source: string, raw: Uint8Array): Uint8Array {
  if (errorIn(raw) === undefined) return raw;
  if (raw.length === 0) {
    throw new UserError(`${source} is empty: a JSON document has at least a value.`, ExitCode.usage);
  }
  if (BYTE_ORDER_MARK.every((byte, i) => raw[i] === byte)) {
    const hint = "save it as UTF-8 without one";
    throw new UserError(
      `${source} begins with a byte-order mark, which JSON must not: ${hint}.`,
      ExitCode.usage,
    );
  }
  const { bytes, blanked } = stripJsonc(raw);
  const error = errorIn(blanked);
  if (error === undefined) return bytes;
  const at = /at byte (\d+)/.exec(error.message);
  const line = at === null ? 1 : countLines(raw.subarray(0, Number(at[1])));
  throw new UserError(`${source}: ${error.message}, line ${line}.`, ExitCode.usage);
}

function errorIn(bytes: Uint8Array): ProtocolError | undefined {
  try {
    validateJson(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

function countLines(bytes: Uint8Array): number {
  return bytes.reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 1);
}
