import { explain } from "../../platform/trouble.ts";
import { joinBytes } from "../../platform/join_bytes.ts";

/** Most that waits for a slow reader, bytes. */
const WAITING_MAX = 8 * 1024 * 1024;

/** Most that waits before {@linkcode Output.bytes} pauses, bytes. */
const BYTES_WAITING = 256 * 1024;

/** So much waiting means that the reader stands still, bytes. */
const BEHIND = 64 * 1024;

/** A stream of this process. */
export interface Sink {
  write(data: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/**
 * Standard output or error. Nothing waits for a slow reader: what exceeds a bounded queue is dropped and counted. If
 * the reader has left, the output ends silently.
 */
export class Output {
  /** True if it is a terminal. */
  readonly isTerminal: boolean;
  /** True if it is a terminal that can move its cursor. */
  readonly draws: boolean;
  /** Prints lines in place of this output while something is drawn on the same terminal, which they would displace. */
  printer: ((text: string) => void) | undefined;
  readonly #sink: Sink;
  readonly #closed = new AbortController();
  #fault: string | undefined;
  readonly #encoder = new TextEncoder();
  #queue: Uint8Array[] = [];
  #waiting = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
    this.isTerminal = sink.isTerminal();
    this.draws = this.isTerminal && !isDumb();
  }

  /** Aborted once the reader has left. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Reason why writing failed, with the remedy; undefined if the reader has left. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** True while the reader is far behind: what is only drawn anew can be left out, so that lines find room. */
  get isBehind(): boolean {
    return this.#waiting > BEHIND;
  }

  /** Returns the number of lines dropped since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Writes a line. */
  line(text: string): void {
    if (this.printer !== undefined) this.printer(text);
    else this.raw(text + "\n");
  }

  /** Writes text unchanged. */
  raw(text: string): void {
    const data = this.#encoder.encode(text);
    if (this.#waiting + data.length <= WAITING_MAX) this.#add(data);
    else if (!this.closed.aborted) this.#dropped++;
  }

  /** Writes any number of lines at the reader's pace; stops if it has left. */
  async lines(lines: Iterable<string>): Promise<void> {
    for (const line of lines) {
      if (this.closed.aborted) return;
      await this.bytes(this.#encoder.encode(`${line}\n`));
    }
  }

  /** Writes bytes unchanged, at the reader's pace. */
  async bytes(data: Uint8Array): Promise<void> {
    if (this.#waiting + data.length > BYTES_WAITING) await this.flush();
    this.#add(data);
  }

  #add(data: Uint8Array): void {
    // With nothing to write, the writer would end before it is known here, and never begin again.
    if (this.closed.aborted || data.length === 0) return;
    this.#queue.push(data);
    this.#waiting += data.length;
    this.#writing ??= this.#write();
  }

  /** Resolves when everything is written, or the reader has left. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const data = joinBytes(this.#queue);
        this.#queue = [];
        for (let done = 0; done < data.length;) done += await this.#sink.write(data.subarray(done));
        this.#waiting -= data.length;
      }
    } catch (error) {
      if (!hasLeft(error)) this.#fault = explain(error);
      this.#queue = [];
      this.#closed.abort();
    } finally {
      this.#writing = undefined;
    }
  }
}

/** Tells whether the terminal can only print. */
function isDumb(): boolean {
  const term = Deno.env.get("TERM");
  return Deno.build.os === "windows" ? term === "dumb" : !term || term === "dumb";
}

function hasLeft(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BadResource;
}
