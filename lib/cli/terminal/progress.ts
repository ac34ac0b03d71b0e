import { type Clock, commandClock, type Timer } from "../../platform/clock.ts";
import type { Output } from "./output.ts";
import { bar } from "./theme.ts";

/** Time before anything is drawn, milliseconds. */
const AFTER = 500;

/** A progress line that vanishes at the end. It draws only on a terminal that can move its cursor. */
export class Progress {
  readonly #output: Pick<Output, "draws" | "raw">;
  readonly #total: number;
  #done = 0;
  /** Progress of each part under way, 0 to 1. */
  readonly #parts = new Map<string, number>();
  readonly #timer: Timer | undefined;
  #drawn = false;

  constructor(output: Pick<Output, "draws" | "raw">, total: number, clock: Clock = commandClock) {
    this.#output = output;
    this.#total = total;
    if (output.draws) this.#timer = clock.after(AFTER, () => this.#draw());
  }

  /** Sets the progress of a part, 0 to 1; it counts until {@linkcode advance}. */
  part(key: string, share: number): void {
    this.#parts.set(key, share);
    if (this.#drawn) this.#draw();
  }

  /** Counts items as done, and drops the parts `keys`. */
  advance(count: number, keys: readonly string[] = []): void {
    for (const key of keys) this.#parts.delete(key);
    this.#done += count;
    if (this.#drawn) this.#draw();
  }

  /** Removes the line for other output; {@linkcode advance} draws it again. */
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
    const percent = this.#parts.size > 0 ? `, ${Math.floor(100 * share)} %` : "";
    this.#output.raw(`\r${bar(share)} ${this.#done} of ${this.#total} acknowledged${percent}\x1b[K`);
  }
}
