import { explain } from "../../platform/trouble.ts";

/** Most that waits for a reader that stands still, bytes. */
const WAITING_MAX = 8 * 1024 * 1024;

/** Most that {@linkcode Output.bytes} lets wait, bytes. */
const BYTES_WAITING = 256 * 1024;

/** A stream of this process. */
export interface Sink {
  write(data: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/**
 * Standard output or error. Nothing ever waits for a reader that stands still: what goes beyond a bounded queue is
 * dropped and counted. A reader that has left ends the output quietly.
 */
export class Output {
  /** A person looks at it. */
  readonly isTerminal: boolean;
  /** It is a terminal that obeys more than characters to print. */
  readonly draws: boolean;
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

  /** Why nothing could be written any more, with the way out; undefined if the reader has left. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Lines that were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Writes a line. */
  line(text: string): void {
    this.raw(text + "\n");
  }

  /** Writes text as it is. */
  raw(text: string): void {
    const data = this.#encoder.encode(text);
    if (this.#waiting + data.length <= WAITING_MAX) this.#add(data);
    else if (!this.closed.aborted) this.#dropped++;
  }

  /** Writes lines, however many, as fast as the reader takes them; stops if it has left. */
  async lines(lines: Iterable<string>): Promise<void> {
    for (const line of lines) {
      if (this.closed.aborted) return;
      await this.bytes(this.#encoder.encode(`${line}\n`));
    }
  }

  /** Writes bytes as they are; waits for a slow reader. */
  async bytes(data: Uint8Array): Promise<void> {
    if (this.#waiting + data.length > BYTES_WAITING) await this.flush();
    this.#add(data);
  }

  #add(data: Uint8Array): void {
    if (this.closed.aborted) return;
    this.#queue.push(data);
    this.#waiting += data.length;
    this.#writing ??= this.#write();
  }

  /** Waits until everything is out, or the reader has left. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const data = concat(this.#queue);
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

/** Tells a terminal that obeys nothing but characters to print. */
function isDumb(): boolean {
  const term = Deno.env.get("TERM");
  return Deno.build.os === "windows" ? term === "dumb" : !term || term === "dumb";
}

function hasLeft(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BadResource;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
