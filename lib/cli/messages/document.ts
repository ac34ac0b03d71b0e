import type { SpooledDocument } from "../../peer/types.ts";
import { release } from "../../platform/memory.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { validateJson } from "../../protocol/json_validator.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { oneLine } from "../terminal/text.ts";
import { countBreaks, documentFault } from "./document_fault.ts";
import { nameOfFile } from "./document_name.ts";
import { Input, type Source } from "./input.ts";
import { stripJsonc } from "./jsonc.ts";

/** Most of a file that is read into memory, bytes: comments are removed only from files up to this size. */
const MEMORY_MAX = 1024 * 1024;
/** Bytes copied at a time. */
const PIECE = 1024 * 1024;

/** A document to be sent. */
export interface Document {
  /** Its name in messages: the path, or `standard input`. */
  readonly source: string;
  /** Name under which it is sent. */
  readonly name: string;
  /** The JSON, in memory or as a copy in the spool. */
  readonly content: Uint8Array | SpooledDocument;
  /** Sentences for the user. */
  readonly remarks: readonly string[];
}

/** Copies a large document to the spool of the profile. */
export type AddToSpool = (pieces: AsyncIterable<Uint8Array>) => Promise<SpooledDocument>;

/** Options of {@linkcode readDocument}. */
export interface ReadOptions {
  /** Name under which it is sent; default the file's. */
  readonly name?: string;
  /** Stream to which it is appended. */
  readonly stream?: string;
  /** Aborted when the user ends the command. */
  readonly interrupted?: AbortSignal;
}

/**
 * Reads a document from a file, or from standard input for `-`. JSON stays byte for byte the same. Comments and
 * trailing commas are removed if the file has at most 1 MiB. A document too large for one frame is copied to the spool.
 *
 * @throws {UserError} exit code 2 if there is no such file, it is not JSON, or its name cannot be sent
 * @throws {Interrupted}
 */
export async function readDocument(
  path: string,
  spool: AddToSpool,
  stdin: Source = Deno.stdin,
  options: ReadOptions = {},
): Promise<Document> {
  using input = await Input.open(path, stdin, options.interrupted);
  const source = input.name;
  const remarks: string[] = [];
  let { name } = options;
  if (name === undefined) {
    const own = nameOfFile(path, source, options.stream);
    if (own.isShortened) remarks.push(`${source} goes as ${oneLine(own.name)}: its own name is too long.`);
    name = own.name;
  }
  const start = await input.readUpTo(MEMORY_MAX + 1);
  const isWhole = start.length <= MEMORY_MAX;
  const bytes = isWhole ? toJson(source, start) : start;
  if (bytes !== start) remarks.push(`Comments or trailing commas were removed from ${source}.`);
  if (bytes.length <= INLINE_DOCUMENT_MAX) return { source, name, content: bytes, remarks };
  if (options.stream !== undefined) {
    const size = isWhole ? bytes.length : `more than ${MEMORY_MAX}`;
    throw new UserError(
      `${source} has ${size} bytes: a document of a stream has at most ${INLINE_DOCUMENT_MAX}.`,
      ExitCode.usage,
    );
  }
  return { source, name, content: await toSpool(input, bytes, spool), remarks };
}

/** Returns JSON unchanged, or without its comments. @throws {UserError} exit code 2 if it is none */
export function toJson(source: string, raw: Uint8Array): Uint8Array {
  if (errorIn(raw) === undefined) return raw;
  const { bytes, blanked } = stripJsonc(raw);
  const error = errorIn(blanked);
  if (error === undefined) return bytes;
  throw documentFault({ source, error, start: raw, piece: raw, before: 0, line: 1, stripped: blanked });
}

function errorIn(bytes: Uint8Array): ProtocolError | undefined {
  try {
    validateJson(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

/** Copies `start` and the rest of the input. */
async function toSpool(input: Input, start: Uint8Array, spool: AddToSpool): Promise<SpooledDocument> {
  const source = input.name;
  let before = 0;
  let line = 1;
  let piece = start;
  const ahead = () => {
    const next = input.readUpTo(PIECE, PIECE);
    next.catch(() => {}); // nobody may be left who waits for it
    return next;
  };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let written = start;
    for (let next = ahead();; next = ahead()) {
      yield piece;
      if (written !== start) release(written);
      written = piece;
      const following = await next;
      if (following.length === 0) return;
      before += piece.length;
      line += countBreaks(piece);
      piece = following;
    }
  }
  try {
    return await spool(pieces());
  } catch (error) {
    if (error instanceof ProtocolError) throw documentFault({ source, error, start, piece, before, line });
    // An error from reading already names the source.
    if (!(error instanceof UserError) || error.message.startsWith(source)) throw error;
    throw new UserError(`${source}: ${error.message}`, error.exitCode, { cause: error });
  }
}
