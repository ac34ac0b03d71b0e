import type { SpooledDocument } from "../../peer/types.ts";
import { release } from "../../platform/memory.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { validateJson } from "../../protocol/json_validator.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { countBreaks, faultOf } from "./document_fault.ts";
import { nameOfFile } from "./document_name.ts";
import { PIECE, type Read, reading, readUpTo, type Source, unreadable } from "./input.ts";
import { stripJsonc } from "./jsonc.ts";
import { oneLine } from "../terminal/text.ts";

/** What is held in memory of a file, bytes: comments are removed from files up to this size. */
const MEMORY_MAX = 1024 * 1024;

/** A document as the user handed it over. */
export interface Document {
  /** What messages call it: the path, or `standard input`. */
  readonly source: string;
  /** The name under which it goes. */
  readonly name: string;
  /** JSON: itself, or where its copy lies in the spool. */
  readonly content: Uint8Array | SpooledDocument;
  /** What the user should know of it, in sentences. */
  readonly remarks: readonly string[];
}

/** Copies a large document to the spool of the profile. */
export type AddToSpool = (pieces: AsyncIterable<Uint8Array>) => Promise<SpooledDocument>;

/** What else is known of a document before it is read. */
export interface ReadOptions {
  /** The name under which it goes; its own unless told. */
  readonly name?: string;
  /** The stream to which it goes. */
  readonly stream?: string;
  /** Aborted where the user does not wait any more. */
  readonly interrupted?: AbortSignal;
}

/**
 * Reads a document from a file, or standard input for `-`. JSON is taken byte for byte; comments and trailing commas are
 * removed, from at most 1 MiB. What is too large for one frame is copied to the spool.
 *
 * @throws {UserError} exit code 2 where there is no such file, it is not JSON, or its name cannot be sent
 * @throws {Interrupted}
 */
export async function readDocument(
  path: string,
  spool: AddToSpool,
  stdin: Source = Deno.stdin,
  options: ReadOptions = {},
): Promise<Document> {
  const source = path === "-" ? "standard input" : oneLine(path);
  if (path === "-") return await read(path, source, stdin, spool, options);
  using file = await openToRead(path, source);
  return await read(path, source, file, spool, options);
}

async function openToRead(path: string, source: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unreadable(source, error);
    const todo = path.includes("\ufffd")
      ? " Its name is not UTF-8, it seems: rename it, or send it through standard input with --name NAME."
      : "";
    throw new UserError(`There is no file ${source}.${todo}`, ExitCode.usage);
  }
  if (!(await file.stat()).isDirectory) return file;
  file.close();
  throw unreadable(source, new Deno.errors.IsADirectory("is a directory"));
}

async function read(
  path: string,
  source: string,
  input: Source,
  spool: AddToSpool,
  options: ReadOptions,
): Promise<Document> {
  const { stream } = options;
  const { name, isShortened } = options.name === undefined
    ? nameOfFile(path, source, stream)
    : { name: options.name, isShortened: false };
  const { content, isStripped } = await readContent(source, input, spool, options);
  const remarks: string[] = [];
  if (isShortened) remarks.push(`${source} goes as ${oneLine(name)}: its own name is too long.`);
  if (isStripped) remarks.push(`Comments or trailing commas were removed from ${source}.`);
  return { source, name, content, remarks };
}

async function readContent(
  source: string,
  input: Source,
  spool: AddToSpool,
  { stream, interrupted }: ReadOptions,
): Promise<{ content: Uint8Array | SpooledDocument; isStripped: boolean }> {
  const read = reading(source, input, interrupted);
  const start = await readUpTo(read, MEMORY_MAX + 1);
  if (start.length > MEMORY_MAX) {
    if (stream !== undefined) throw tooLargeForStream(source, `more than ${MEMORY_MAX}`);
    return { content: await spoolLarge(source, start, read, spool), isStripped: false };
  }
  const bytes = toJson(source, start);
  const isStripped = bytes !== start;
  if (bytes.length <= INLINE_DOCUMENT_MAX) return { content: bytes, isStripped };
  if (stream !== undefined) throw tooLargeForStream(source, `${bytes.length}`);
  return { content: await toSpool(source, spool, piecesOf(bytes)), isStripped };
}

function tooLargeForStream(source: string, bytes: string): UserError {
  return new UserError(
    `${source} has ${bytes} bytes: a document of a stream has at most ${INLINE_DOCUMENT_MAX}.`,
    ExitCode.usage,
  );
}

/** Copies a document to the spool, and says which one it is that cannot be copied. */
async function toSpool(
  source: string,
  spool: AddToSpool,
  pieces: AsyncIterable<Uint8Array>,
): Promise<SpooledDocument> {
  try {
    return await spool(pieces);
  } catch (error) {
    // What reading it failed with names it already.
    if (!(error instanceof UserError) || error.message.startsWith(source)) throw error;
    throw new UserError(`${source}: ${error.message}`, error.exitCode, { cause: error });
  }
}

async function spoolLarge(
  source: string,
  start: Uint8Array,
  read: Read,
  spool: AddToSpool,
): Promise<SpooledDocument> {
  let before = 0;
  let line = 1;
  let piece = start;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield start;
    for (let next; (next = await readUpTo(read, PIECE)).length > 0;) {
      before += piece.length;
      line += countBreaks(piece);
      if (piece !== start) release(piece);
      yield piece = next;
    }
  }
  try {
    return await toSpool(source, spool, pieces());
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw faultOf({ source, error, start, piece, before, line });
  }
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield await bytes.subarray(at, at + PIECE);
}

/** JSON as it is, or what is left of it without comments. */
function toJson(source: string, raw: Uint8Array): Uint8Array {
  if (errorIn(raw) === undefined) return raw;
  const { bytes, blanked } = stripJsonc(raw);
  const error = errorIn(blanked);
  if (error === undefined) return bytes;
  throw faultOf({ source, error, start: raw, piece: raw, before: 0, line: 1, stripped: blanked });
}

function errorIn(bytes: Uint8Array): ProtocolError | undefined {
  try {
    validateJson(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}
