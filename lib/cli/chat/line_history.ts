import { join } from "../../platform/std_path.ts";
import { writeFileAtomic } from "../../platform/atomic_write.ts";
import { readPart } from "../../storage/files/file_access.ts";
import type { EnteredLine } from "../terminal/line_buffer.ts";

/** Most that the file may hold, bytes; what is over it is cut at the next start, to the last `LINES_KEPT` lines. */
const HISTORY_BYTES = 256 * 1024;
const LINES_MAX = 1_000;
const LINES_KEPT = 500;

/** Longest line that is kept, characters. */
const LINE_MAX = 4_096;

/** Text that may be the secret part of a join code. */
const JOIN_CODE = /[a-z2-7]{32}/i;

/**
 * The lines that the user entered in the chat, in the file `chat-history` of the state folder (mode 0600), one JSON
 * text each. Join codes are left out. It is a convenience: trouble with the file is no error.
 */
export class LineHistory {
  readonly #path: string;
  readonly #write: (path: string, text: string) => void;
  /** Lines of earlier chats, oldest first. */
  readonly lines: readonly EnteredLine[];

  /**
   * @param state the state folder
   * @param write replaces a file
   */
  constructor(state: string, write: (path: string, text: string) => void = writeFileAtomic) {
    this.#path = join(state, "chat-history");
    this.#write = write;
    this.lines = this.#load();
  }

  /** Keeps a line. */
  add(line: EnteredLine): void {
    if (line.text.trim() === "" || line.text.length > LINE_MAX || JOIN_CODE.test(line.text)) return;
    try {
      using file = Deno.openSync(this.#path, { append: true, create: true, mode: 0o600 });
      file.writeSync(new TextEncoder().encode(encoded(line)));
    } catch { /* see above */ }
  }

  #load(): EnteredLine[] {
    try {
      const { size } = Deno.statSync(this.#path);
      const text = new TextDecoder().decode(
        readPart(this.#path, Math.max(0, size - HISTORY_BYTES), HISTORY_BYTES),
      );
      const lines = text.split("\n").flatMap(decoded);
      if (size <= HISTORY_BYTES && lines.length <= LINES_MAX) return lines;
      const kept = lines.slice(-LINES_KEPT);
      this.#replace(kept.map(encoded).join(""));
      return kept;
    } catch {
      return [];
    }
  }

  /** Cuts the file; on a full disk it stays as it is until another start, and its lines are at hand all the same. */
  #replace(text: string): void {
    try {
      this.#write(this.#path, text);
    } catch { /* see above */ }
  }
}

function encoded({ text, pasted }: EnteredLine): string {
  return `${JSON.stringify({ text, ...(pasted ? { pasted } : {}) })}\n`;
}

/** Returns the line in a row of the file; none if it was cut off or changed. */
function decoded(row: string): EnteredLine[] {
  try {
    const { text, pasted } = JSON.parse(row);
    return typeof text === "string" && text.length <= LINE_MAX ? [{ text, pasted: pasted === true }] : [];
  } catch {
    return [];
  }
}
