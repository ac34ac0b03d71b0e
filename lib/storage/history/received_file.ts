import { sha256 as newHash } from "../../platform/sha256.ts";
import type { HistoryMessage } from "./history.ts";
import { fileSize, NEWLINE, readPart } from "../files/file_access.ts";

/** Bytes hashed at a time. */
const HASH_CHUNK = 1024 * 1024;

/**
 * Reads a received document from its own file or from its line in a stream's file. `gone`: there is no such file.
 * `changed`: it differs from what was received, as far as that can be told (a large document has a hash).
 *
 * @param chunk size of each piece, bytes
 */
export function readReceived(
  { path, offset, size, sha256 }: HistoryMessage,
  chunk: number,
): Iterable<Uint8Array> | "gone" | "changed" {
  const length = path === undefined ? undefined : fileSize(path);
  if (path === undefined || length === undefined) return "gone";
  const isWhole = offset === undefined ? length === size : isLine(path, offset, size);
  if (!isWhole || (sha256 !== undefined && hashOf(path, size) !== sha256)) return "changed";
  return pieces(path, offset ?? 0, size, chunk);
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
