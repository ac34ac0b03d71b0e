import type { Connection } from "../net/types.ts";
import { joinBytes } from "../platform/join_bytes.ts";

/** Longest request, bytes: a document of one frame in base64, and as many recipients as a roster has. */
export const REQUEST_MAX = 256 * 1024;

/** Longest reply or event, bytes; also the most that waits for a client that does not read. */
export const REPLY_MAX = 8 * 1024 * 1024;

const NEWLINE = 10;

/** An invalid line: too long, or not UTF-8. */
export class LineError extends Error {}

/**
 * Yields lines, without their newlines, until the stream ends. An unfinished last line is dropped.
 *
 * @param maxLength longest line without its newline, bytes
 * @throws {LineError}
 */
export async function* readLines(connection: Connection, maxLength: number): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const chunk = new Uint8Array(64 * 1024);
  let line = "";
  let length = 0;
  const add = (part: Uint8Array, unfinished: boolean) => {
    length += part.length;
    if (length > maxLength) throw tooLong(maxLength);
    try {
      line += decoder.decode(part, { stream: unfinished });
    } catch (error) {
      throw new LineError("a line is not UTF-8", { cause: error });
    }
  };
  for (let count; (count = await connection.read(chunk)) !== null;) {
    let data = chunk.subarray(0, count);
    for (let end; (end = data.indexOf(NEWLINE)) >= 0; data = data.subarray(end + 1)) {
      add(data.subarray(0, end), false);
      yield line;
      line = "";
      length = 0;
    }
    add(data, true);
  }
}

/** Writes objects as lines of JSON, in order, without blocking its callers. Lines that wait share a write. */
export class LineWriter {
  readonly #connection: Connection;
  readonly #maxWaiting: number;
  readonly #encoder = new TextEncoder();
  #lines: Uint8Array[] = [];
  #waiting = 0;
  #writing: Promise<void> | undefined;

  /**
   * @param maxWaiting most bytes that may wait for the other end to read; more closes the connection
   * @param maxLength longest line without its newline, bytes; the other end would take none of those after a longer one
   */
  constructor(connection: Connection, maxWaiting: number, private readonly maxLength = Infinity) {
    this.#connection = connection;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Queues one line. Closes the connection if too much is waiting, or if writing fails.
   *
   * @throws {LineError} the line is too long; nothing of it is sent
   */
  send(value: unknown): void {
    const line = this.#encoder.encode(JSON.stringify(value) + "\n");
    if (line.length - 1 > this.maxLength) throw tooLong(this.maxLength);
    this.#waiting += line.length;
    if (this.#waiting > this.#maxWaiting) return this.#connection.close();
    this.#lines.push(line);
    this.#writing ??= this.#write();
  }

  /** Resolves when all queued lines are written, or the connection is closed. */
  flush(): Promise<void> {
    return this.#writing ?? Promise.resolve();
  }

  async #write(): Promise<void> {
    // What is sent at the same moment goes with it.
    await Promise.resolve();
    while (this.#lines.length > 0) {
      const data = this.#lines.length === 1 ? this.#lines[0]! : joinBytes(this.#lines);
      this.#lines = [];
      await this.#connection.write(data).catch(() => this.#connection.close());
      this.#waiting -= data.length;
    }
    this.#writing = undefined;
  }
}

function tooLong(maxLength: number): LineError {
  return new LineError(`a line is longer than ${maxLength} bytes`);
}
