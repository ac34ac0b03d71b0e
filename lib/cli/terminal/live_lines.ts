import { cutPainted, rowsOf } from "./columns.ts";
import type { Output } from "./output.ts";
import { SIGN } from "./theme.ts";
import type { Tty } from "./tty.ts";

/** Lines at the bottom of the terminal that are drawn again as they change, at most as many as fit on the screen. */
export class LiveLines {
  readonly #out: Pick<Output, "raw">;
  readonly #size: Pick<Tty, "columns" | "rows">;
  #lines: readonly string[] = [];
  /** What is drawn, cut to the width, and that width. */
  #shown: readonly string[] = [];
  #columns = 0;

  constructor(out: Pick<Output, "raw">, size: Pick<Tty, "columns" | "rows">) {
    this.#out = out;
    this.#size = size;
  }

  /** Shows these lines in place of the last ones. */
  draw(lines: readonly string[] = this.#lines): void {
    const { columns, rows } = this.#size;
    const room = Math.max(2, rows - 1);
    const more = lines.length - room + 1;
    const fitting = more <= 1 ? lines : [...lines.slice(0, room - 1), `${SIGN.cut} ${more} more`];
    const shown = fitting.map((line) => cutPainted(line, columns - 1));
    this.#lines = lines;
    const isSame = shown.length === this.#shown.length && shown.every((line, i) => line === this.#shown[i]);
    if (isSame && columns === this.#columns) return;
    // In a window that has become narrower, the terminal has wrapped them.
    const up = Math.min(rows - 1, rowsOf(this.#shown, columns));
    this.#out.raw(`${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J${shown.map((line) => `${line}\r\n`).join("")}`);
    this.#shown = shown;
    this.#columns = columns;
  }

  /** Draws the lines anew below what others have drawn. */
  restart(): void {
    this.#shown = [];
    this.draw();
  }
}
