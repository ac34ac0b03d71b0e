import type { Clock, Timer } from "../../platform/clock.ts";

/** Most lines that wait for a slow reader, and most characters of them. */
export const LINES_MAX = 256;
const CHARACTERS_MAX = 1024 * 1024;

/** Interval of the lines that show that the connection lives, milliseconds. */
export const BEAT_MS = 10_000;

/**
 * A body of JSON lines for one reader, at the reader's pace. What exceeds {@linkcode LINES_MAX} is left out and counted
 * in a line `{"lost":n}` in its place. While nobody waits, a line each 10 s shows that the connection lives.
 */
export class EventLines {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  #waiting: string[] = [];
  #characters = 0;
  #lost = 0;
  #wanted: (() => void) | undefined;
  #beat: Timer | undefined;
  #isClosed = false;
  #ending = "";

  /** @param ended called once when the reader has left, or after `close` */
  constructor(private readonly clock: Clock, private readonly ended: () => void) {
    const encoder = new TextEncoder();
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        if (this.#waiting.length === 0 && this.#lost === 0 && !this.#isClosed) {
          await new Promise<void>((resolve) => this.#wanted = resolve);
        }
        const text = this.#take();
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (this.#isClosed && this.#waiting.length === 0) controller.close();
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
    this.#beatLater();
  }

  /** Adds a line, or counts it as lost. */
  add(value: unknown): void {
    if (this.#isClosed) return;
    if (this.#lost > 0 || this.#waiting.length >= LINES_MAX || this.#characters >= CHARACTERS_MAX) {
      this.#lost++;
    } else this.#append(value);
    this.#wake();
  }

  /** Puts a line before those that wait. */
  addFirst(value: unknown): void {
    this.#append(value);
    this.#waiting.unshift(this.#waiting.pop()!);
  }

  #append(value: unknown): void {
    const line = `${JSON.stringify(value)}\n`;
    this.#characters += line.length;
    this.#waiting.push(line);
  }

  /** Adds a line, whatever waits, and ends the body. */
  end(value: unknown): void {
    if (this.#isClosed) return;
    this.#ending = `${JSON.stringify(value)}\n`;
    this.close();
  }

  /** Ends the body after what waits. Harmless when closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#beat?.cancel();
    this.#wake();
    this.ended();
  }

  #take(): string {
    const lost = this.#lost > 0 ? `${JSON.stringify({ lost: this.#lost })}\n` : "";
    const text = this.#waiting.join("") + lost + this.#ending;
    this.#waiting = [];
    this.#characters = this.#lost = 0;
    this.#ending = "";
    return text;
  }

  #wake(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  #beatLater(): void {
    this.#beat = this.clock.after(BEAT_MS, () => {
      // Whoever has something to read needs no sign of life, and it would count as lost.
      if (this.#waiting.length === 0) this.add({ beat: 1 });
      this.#beatLater();
    });
  }
}
