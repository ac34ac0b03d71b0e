import { type Clock, systemClock, type Timer } from "../../platform/clock.ts";
import type { Output } from "../output.ts";

const WIDTH = 24;

/** Nothing is drawn for what takes less, milliseconds. */
const AFTER = 500;

/** How much of something is done, drawn on one line that vanishes at the end. Draws only on a terminal. */
export class Progress {
  readonly #output: Pick<Output, "isTerminal" | "raw">;
  readonly #total: number;
  #done = 0;
  readonly #timer: Timer | undefined;
  #drawn = false;

  constructor(output: Pick<Output, "isTerminal" | "raw">, total: number, clock: Clock = systemClock) {
    this.#output = output;
    this.#total = total;
    if (output.isTerminal) this.#timer = clock.after(AFTER, () => this.#draw());
  }

  /** Counts some as done. */
  advance(count: number): void {
    this.#done += count;
    if (this.#drawn) this.#draw();
  }

  /** Makes room for a line of output; {@linkcode advance} draws again. */
  clear(): void {
    if (this.#drawn) this.#output.raw("\r\x1b[K");
  }

  /** Removes the line for good. */
  end(): void {
    this.#timer?.cancel();
    this.clear();
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
