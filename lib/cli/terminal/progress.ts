import { type Clock, systemClock, type Timer } from "../../platform/clock.ts";
import type { Output } from "./output.ts";

const WIDTH = 24;

/** Nothing is drawn for what takes less, milliseconds. */
const AFTER = 500;

/** How much of something is done, drawn on one line that vanishes at the end. Draws only on a terminal that can. */
export class Progress {
  readonly #output: Pick<Output, "draws" | "raw">;
  readonly #total: number;
  #done = 0;
  /** How much is done of what is under way, 0 to 1 each. */
  readonly #parts = new Map<string, number>();
  readonly #timer: Timer | undefined;
  #drawn = false;

  constructor(output: Pick<Output, "draws" | "raw">, total: number, clock: Clock = systemClock) {
    this.#output = output;
    this.#total = total;
    if (output.draws) this.#timer = clock.after(AFTER, () => this.#draw());
  }

  /** So much of one of them is done, 0 to 1; until {@linkcode advance}. */
  part(key: string, share: number): void {
    this.#parts.set(key, share);
    if (this.#drawn) this.#draw();
  }

  /** Counts some as done, the parts of which are `keys`. */
  advance(count: number, keys: readonly string[] = []): void {
    for (const key of keys) this.#parts.delete(key);
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
    const parts = this.#parts.values().reduce((sum, share) => sum + share, 0);
    const share = this.#total === 0 ? 1 : Math.min(1, (this.#done + parts) / this.#total);
    const filled = Math.floor(WIDTH * share);
    const percent = this.#parts.size > 0 ? `, ${Math.floor(100 * share)} %` : "";
    this.#output.raw(
      `\r[${
        "#".repeat(filled).padEnd(WIDTH, ".")
      }] ${this.#done} of ${this.#total} acknowledged${percent}\x1b[K`,
    );
  }
}
