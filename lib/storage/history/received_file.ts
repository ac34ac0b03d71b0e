import { createHash } from "node:crypto";
import type { HistoryMessage } from "./history.ts";
import { fileSize, NEWLINE, readPart } from "../files/file_access.ts";

/** Bytes hashed in one go. */
const HASH_CHUNK = 1024 * 1024;

/**
 * The bytes of a received document from its file: a file of its own, or a line of a stream's. `gone` if there is no such
 * file, `changed` if it is not what came, as far as that is known: of a large document its hash is.
 *
 * @param chunk bytes of each piece
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
  const hash = createHash("sha256");
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
