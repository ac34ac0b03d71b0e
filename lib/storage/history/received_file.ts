import { sha256 as newHash } from "../../platform/node_crypto.ts";
import { UserError } from "../../platform/user_error.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import type { HistoryMessage } from "./message_rows.ts";
import { fileSize, NEWLINE, readPart } from "../files/file_access.ts";

/** Bytes hashed at a time. */
const HASH_CHUNK = 1024 * 1024;

/** A document in a file. */
export interface FilePlace {
  readonly path: string;
  /** Where it begins, bytes. */
  readonly offset: number;
  /** Its size, bytes. */
  readonly size: number;
  /** SHA-256 of a large document, hex. */
  readonly sha256?: string;
}

/** The document as it was received or handed in is no longer there. */
export class DocumentGoneError extends UserError {}

/**
 * Finds the file of a document whose body is not in the database: its own, its stream's, or its copy that waits in the
 * outbox.
 *
 * @throws {DocumentGoneError} if there is none, or it is another one by its size
 */
export function placeOf(message: HistoryMessage): FilePlace {
  const { path, copy, offset = 0, size, sha256 } = message;
  const kept = copy ?? path;
  const trouble = troubleAt({ ...message, path: kept });
  if (trouble !== undefined) throw goneError(message, trouble);
  return { path: kept!, offset, size, sha256 };
}

/** Returns the error for a document that is no longer there. */
export function goneError(message: HistoryMessage, why: "gone" | "changed"): DocumentGoneError {
  const { id, direction, path, size } = message;
  if (direction === "sent") {
    const large = size > INLINE_DOCUMENT_MAX
      ? `documents over ${INLINE_DOCUMENT_MAX} bytes are not kept once they are sent; `
      : "";
    return new DocumentGoneError(
      `The body of ${id} is no longer stored: ${large}\`earshot inbox --sent\` shows its outcome.`,
    );
  }
  if (why === "changed") {
    return new DocumentGoneError(
      `${path} was changed since it arrived, and the database no longer has a copy: look at that file.`,
    );
  }
  const where = path === undefined ? "was removed from the inbox" : `${path} is gone`;
  return new DocumentGoneError(
    `The file of ${id} ${where}: restore it from a copy, or have it sent again.`,
  );
}

/**
 * Reads a received document from its own file or from its line in a stream's file. `gone`: there is no such file.
 * `changed`: it differs from what was received, as far as that can be told (a large document has a hash).
 *
 * @param chunk size of each piece, bytes
 */
export function readReceived(
  message: HistoryMessage,
  chunk: number,
): Iterable<Uint8Array> | "gone" | "changed" {
  const { path, offset = 0, size, sha256 } = message;
  const trouble = troubleAt(message);
  if (trouble !== undefined) return trouble;
  if (sha256 !== undefined && hashOf(path!, size) !== sha256) return "changed";
  return pieces(path!, offset, size, chunk);
}

/**
 * Reads a document piece by piece, the last one only if all of them are what was received.
 *
 * @param chunk most bytes of a piece
 * @throws {DocumentGoneError} if it was changed
 */
export async function* readPlace(
  { path, offset, size, sha256 }: FilePlace,
  chunk = 256 * 1024,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const hash = sha256 === undefined ? undefined : newHash();
  using file = await Deno.open(path, { read: true });
  await file.seek(offset, Deno.SeekMode.Start);
  let held: Uint8Array<ArrayBuffer> | undefined;
  for (let done = 0; done < size;) {
    const buffer = new Uint8Array(Math.min(chunk, size - done));
    const length = await file.read(buffer);
    if (length === null) throw new DocumentGoneError(`${path} was changed while it was read.`);
    if (held) yield held;
    held = buffer.subarray(0, length);
    hash?.update(held);
    done += length;
  }
  if (hash && hash.digest("hex") !== sha256) {
    throw new DocumentGoneError(`${path} was changed since it arrived: look at that file.`);
  }
  if (held) yield held;
}

/** Tells what is wrong with the file of a document, without reading all of it. */
function troubleAt({ path, offset, size }: HistoryMessage): "gone" | "changed" | undefined {
  const length = path === undefined ? undefined : fileSize(path);
  if (path === undefined || length === undefined) return "gone";
  const isWhole = offset === undefined ? length === size : isLine(path, offset, size);
  return isWhole ? undefined : "changed";
}

function hashOf(path: string, size: number): string {
  const hash = newHash();
  for (const piece of pieces(path, 0, size, HASH_CHUNK)) hash.update(piece);
  return hash.digest("hex");
}

function isLine(path: string, offset: number, size: number): boolean {
  const isAfterEnd = offset === 0 || readPart(path, offset - 1, 1)[0] === NEWLINE;
  return isAfterEnd && readPart(path, offset + size, 1)[0] === NEWLINE;
}

function* pieces(path: string, offset: number, size: number, chunk: number): Generator<Uint8Array> {
  for (let done = 0; done < size; done += chunk) {
    yield readPart(path, offset + done, Math.min(chunk, size - done));
  }
}
