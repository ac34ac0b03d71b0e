import type { Output } from "../output.ts";

const WIDTH = 24;

/** Nothing is drawn for what takes less, milliseconds. */
const AFTER = 500;

/** How much of something is done, drawn on one line that vanishes at the end. Draws only on a terminal. */
export class Progress {
  readonly #output: Output;
  readonly #total: number;
  #done = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawn = false;

  constructor(output: Output, total: number) {
    this.#output = output;
    this.#total = total;
    if (output.isTerminal) this.#timer = setTimeout(() => this.#draw(), AFTER);
  }

  /** Counts some as done. */
  advance(count: number): void {
    this.#done += count;
    if (this.#drawn) this.#draw();
  }

  /** Removes the line. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#drawn) this.#output.raw("\r\x1b[K");
    this.#drawn = false;
  }

  #draw(): void {
    this.#drawn = true;
    const filled = this.#total === 0 ? WIDTH : Math.floor(WIDTH * this.#done / this.#total);
    this.#output.raw(
      `\r[${"#".repeat(filled).padEnd(WIDTH, ".")}] ${this.#done} of ${this.#total} acknowledged\x1b[K`,
    );
  }
}
