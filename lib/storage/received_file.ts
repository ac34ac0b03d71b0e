import { fileSize, NEWLINE, readPart } from "./files.ts";
import type { HistoryMessage } from "./history.ts";

/**
 * The bytes of a received document from its file: a file of its own, or a line of a stream's. `gone` where there is no such
 * file, `changed` where it cannot be what came.
 *
 * @param chunk bytes of each piece
 */
export function readReceived(
  { path, offset, size }: HistoryMessage,
  chunk: number,
): Iterable<Uint8Array> | "gone" | "changed" {
  const length = path === undefined ? undefined : fileSize(path);
  if (path === undefined || length === undefined) return "gone";
  const isWhole = offset === undefined ? length === size : isLine(path, offset, size);
  return isWhole ? pieces(path, offset ?? 0, size, chunk) : "changed";
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
