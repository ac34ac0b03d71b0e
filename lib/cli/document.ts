import { basename } from "@std/path";
import { release } from "../platform/memory.ts";
import { meaningOf } from "../platform/trouble.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { validateJson } from "../protocol/json_validator.ts";
import { INLINE_DOCUMENT_MAX } from "../protocol/limits.ts";
import type { SpooledDocument } from "../peer/types.ts";
import { stripJsonc } from "./jsonc.ts";

/** What is held in memory of a file, bytes: comments are removed from files up to this size. */
const MEMORY_MAX = 1024 * 1024;
/** What is read at a time of a larger one, bytes. */
const PIECE = 256 * 1024;
/** What a shell hands over for `<(command)`. */
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/\d+$/;

/** A document as the user handed it over. */
export interface Document {
  /** What messages call it: the path, or `standard input`. */
  readonly source: string;
  /** File name without folders. */
  readonly name: string;
  /** JSON: itself, or where its copy lies in the spool. */
  readonly content: Uint8Array | SpooledDocument;
  /** Whether it can be read once more from where it came. */
  readonly isFile: boolean;
}

/** Where a document can be read from. */
type Source = Pick<Deno.FsFile, "read">;

/** Copies a large document to the spool of the profile. */
export type AddToSpool = (pieces: AsyncIterable<Uint8Array>) => Promise<SpooledDocument>;

/**
 * Reads a document from a file, or standard input for `-`. JSON is taken byte for byte; comments and trailing commas are
 * removed, from at most 1 MiB. What is too large for one frame is copied to the spool.
 *
 * @throws {UserError} exit code 2 where there is no such file, or it is not JSON
 */
export async function readDocument(
  path: string,
  spool: AddToSpool,
  stdin: Source = Deno.stdin,
): Promise<Document> {
  const source = path === "-" ? "standard input" : path;
  const name = path === "-" || DESCRIPTOR.test(path) ? "document.json" : basename(path);
  if (path === "-") return { source, name, content: await readContent(source, stdin, spool), isFile: false };
  using file = await openToRead(path);
  const { isFile } = await file.stat();
  return { source, name, content: await readContent(source, file, spool), isFile };
}

async function openToRead(path: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (!(await file.stat()).isDirectory) return file;
  file.close();
  throw unreadable(path, new Deno.errors.IsADirectory("is a directory"));
}

function unreadable(source: string, error: unknown): UserError {
  return new UserError(
    error instanceof Deno.errors.NotFound
      ? `There is no file ${source}.`
      : `${source} cannot be read: ${reasonOf(error)}.`,
    ExitCode.usage,
  );
}

async function readContent(
  source: string,
  input: Source,
  spool: AddToSpool,
): Promise<Uint8Array | SpooledDocument> {
  const read = async (into: Uint8Array): Promise<number> => {
    try {
      return await input.read(into) ?? 0;
    } catch (error) {
      throw unreadable(source, error);
    }
  };
  const start = await readUpTo(read, MEMORY_MAX + 1);
  if (start.length > MEMORY_MAX) return await spoolLarge(source, start, read, spool);
  const bytes = toJson(source, start);
  return bytes.length <= INLINE_DOCUMENT_MAX ? bytes : await spool(piecesOf(bytes));
}

/** Reads up to the end, or `most` bytes. */
async function readUpTo(read: (into: Uint8Array) => Promise<number>, most: number): Promise<Uint8Array> {
  let buffer = new Uint8Array(Math.min(PIECE, most));
  let length = 0;
  for (let count; length < most && (count = await read(buffer.subarray(length))) > 0;) {
    length += count;
    if (length < buffer.length || length === most) continue;
    const larger = new Uint8Array(Math.min(2 * buffer.length, most));
    larger.set(buffer);
    buffer = larger;
  }
  return buffer.subarray(0, length);
}

async function spoolLarge(
  source: string,
  start: Uint8Array,
  read: (into: Uint8Array) => Promise<number>,
  spool: AddToSpool,
): Promise<SpooledDocument> {
  let before = 0;
  let lines = 1;
  let last = start;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield start;
    for (let piece; (piece = await readUpTo(read, PIECE)).length > 0;) {
      before += last.length;
      lines += countBreaks(last);
      release(last);
      yield last = piece;
    }
  }
  try {
    return await spool(pieces());
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const line = lines + countBreaks(last.subarray(0, offsetIn(error) - before));
    throw new UserError(
      `${source}: ${error.message}, line ${line}. Comments and trailing commas are removed from files up to 1 MiB only.`,
      ExitCode.usage,
    );
  }
}

/** Whether a path is the standard input of this process. */
export function isStandardInput(path: string): boolean {
  return /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(path);
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "special files of the system are not opened (- is standard input)";
  }
  return meaningOf(error);
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield await bytes.subarray(at, at + PIECE);
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
  const line = 1 + countBreaks(raw.subarray(0, offsetIn(error)));
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

function offsetIn(error: ProtocolError): number {
  return Number(/at byte (\d+)/.exec(error.message)?.[1] ?? 0);
}

function countBreaks(bytes: Uint8Array): number {
  return bytes.reduce((breaks, byte) => breaks + (byte === 10 ? 1 : 0), 0);
}
