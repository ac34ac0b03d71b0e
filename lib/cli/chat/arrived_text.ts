import { fileSize, NEWLINE, readPart } from "../../storage/files/file_access.ts";
import { oneLine } from "../terminal/text.ts";

/** Most that is read of a file at its beginning or end, bytes. */
const BEGINNING_MAX = 256;
const LINE_MAX = 4096;

/** Returns the beginning of a document in the inbox on one line; undefined if it cannot be read now. */
export function beginningOf(path: string): string | undefined {
  return unlessUnreadable(() => {
    if (fileSize(path) === undefined) return undefined;
    return oneLine(decoded(readPart(path, 0, BEGINNING_MAX))).replaceAll(/\s+/g, " ").trim();
  });
}

/** Returns the last line of a stream's file; undefined if it is over 4 KiB, or cannot be read now. */
export function lastLineOf(path: string): string | undefined {
  return unlessUnreadable(() => {
    const size = fileSize(path);
    if (size === undefined) return undefined;
    const start = Math.max(0, size - LINE_MAX);
    const bytes = readPart(path, start, LINE_MAX);
    const end = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length;
    const from = end > 0 ? bytes.lastIndexOf(NEWLINE, end - 1) : -1;
    return from < 0 && start > 0 ? undefined : decoded(bytes.subarray(from + 1, end));
  });
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The owner of the inbox may have moved or locked a file. */
function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
