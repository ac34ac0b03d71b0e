import type { Connection } from "../net/types.ts";

const NEWLINE = 10;

/** A line that cannot be one of ours: too long, or not UTF-8. */
export class LineError extends Error {}

/** Reads lines from a connection and keeps at most one unfinished line in memory. */
export class LineReader {
  readonly #connection: Connection;
  readonly #maxLength: number;
  readonly #chunk = new Uint8Array(64 * 1024);
  #ready: string[] = [];
  #partial: Uint8Array[] = [];
  #partialLength = 0;

  /** @param maxLength longest line, bytes without its newline */
  constructor(connection: Connection, maxLength: number) {
    this.#connection = connection;
    this.#maxLength = maxLength;
  }

  /**
   * The next line without its newline; undefined at the end of the stream, where an unfinished line is dropped.
   *
   * @throws {LineError}
   */
  async next(): Promise<string | undefined> {
    while (this.#ready.length === 0) {
      const count = await this.#connection.read(this.#chunk);
      if (count === null) return undefined;
      this.#split(this.#chunk.subarray(0, count));
    }
    return this.#ready.shift();
  }

  #split(data: Uint8Array): void {
    for (let end; (end = data.indexOf(NEWLINE)) >= 0; data = data.subarray(end + 1)) {
      this.#keep(data.subarray(0, end));
      this.#ready.push(this.#take());
    }
    this.#keep(data);
  }

  #keep(part: Uint8Array): void {
    this.#partialLength += part.length;
    if (this.#partialLength > this.#maxLength) {
      throw new LineError(`a line is longer than ${this.#maxLength} bytes`);
    }
    if (part.length > 0) this.#partial.push(part.slice());
  }

  #take(): string {
    const line = new Uint8Array(this.#partialLength);
    let at = 0;
    for (const part of this.#partial) {
      line.set(part, at);
      at += part.length;
    }
    this.#partial = [];
    this.#partialLength = 0;
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(line);
    } catch (error) {
      throw new LineError("a line is not UTF-8", { cause: error });
    }
  }
}

/** Writes objects as lines of JSON, in order, without making anybody wait. */
export class LineWriter {
  readonly #connection: Connection;
  readonly #maxWaiting: number;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param maxWaiting bytes that may wait for the other end to read, before it is given up */
  constructor(connection: Connection, maxWaiting: number) {
    this.#connection = connection;
    this.#maxWaiting = maxWaiting;
  }

  /** Queues one line. Closes the connection where too much waits already, or where writing fails. */
  send(value: unknown): void {
    const line = new TextEncoder().encode(JSON.stringify(value) + "\n");
    this.#waiting += line.length;
    if (this.#waiting > this.#maxWaiting) return this.#connection.close();
    this.#last = this.#last
      .then(() => this.#connection.write(line))
      .catch(() => this.#connection.close())
      .finally(() => this.#waiting -= line.length);
  }

  /** Waits until what was queued is written, or the connection closed. */
  flush(): Promise<void> {
    return this.#last;
  }
}
