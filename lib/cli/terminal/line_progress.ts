import { type Clock, systemClock, type Timer } from "../../platform/clock.ts";
import type { Output } from "./output.ts";
import { bar } from "./theme.ts";

/** Time before anything is drawn, milliseconds. */
const AFTER = 500;

/** Shortest time between two drawings, milliseconds. */
const EVERY = 100;

/**
 * A progress line for a number of documents that is not known yet. It vanishes at the end, and draws only on a terminal
 * that can move its cursor.
 */
export class LineProgress {
  readonly #output: Pick<Output, "draws" | "raw">;
  readonly #clock: Clock;
  readonly #total: number | undefined;
  #done = 0;
  #bytes = 0;
  #timer: Timer | undefined;
  #isDrawn = false;

  /** @param total bytes of all documents with their line ends; undefined if that is not known, as for a pipe */
  constructor(
    output: Pick<Output, "draws" | "raw">,
    total: number | undefined,
    clock: Clock = systemClock,
  ) {
    this.#output = output;
    this.#total = total;
    this.#clock = clock;
    this.#drawAfter(AFTER);
  }

  /** Counts a document as acknowledged. @param bytes up to its end, of all inputs */
  advance(bytes: number): void {
    this.#done++;
    this.#bytes = bytes;
    if (this.#isDrawn && this.#timer === undefined) this.#drawAfter(EVERY);
  }

  /** Removes the line for other output; it is drawn again soon. */
  clear(): void {
    if (!this.#isDrawn) return;
    this.#output.raw("\r\x1b[K");
    if (this.#timer === undefined) this.#drawAfter(EVERY);
  }

  /** Removes the line for good. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isDrawn) this.#output.raw("\r\x1b[K");
    this.#isDrawn = false;
  }

  #drawAfter(ms: number): void {
    if (!this.#output.draws) return;
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = undefined;
      this.#isDrawn = true;
      this.#output.raw(`\r${this.#text()}\x1b[K`);
    });
  }

  #text(): string {
    const count = `${this.#done} acknowledged`;
    if (!this.#total) return count;
    const share = Math.min(1, this.#bytes / this.#total);
    return `${bar(share)} ${count}, ${Math.floor(100 * share)} %`;
  }
}
