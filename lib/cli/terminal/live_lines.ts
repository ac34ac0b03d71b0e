import { cutPainted, rowsOf } from "./columns.ts";
import type { Output } from "./output.ts";
import { SIGN } from "./theme.ts";
import type { Tty } from "./tty.ts";

/** Lines at the bottom of the terminal that are drawn again as they change, at most as many as fit on the screen. */
export class LiveLines {
  readonly #out: Pick<Output, "raw" | "isBehind">;
  readonly #size: Pick<Tty, "columns" | "rows">;
  #lines: readonly string[] = [];
  /** The lines that are drawn, cut to the width, and that width. */
  #shown: readonly string[] = [];
  #columns = 0;

  constructor(out: Pick<Output, "raw" | "isBehind">, size: Pick<Tty, "columns" | "rows">) {
    this.#out = out;
    this.#size = size;
  }

  /** Shows these lines in place of the last ones; while the terminal stands still, the last ones stay. */
  draw(lines: readonly string[] = this.#lines): void {
    if (this.#out.isBehind) return;
    const { columns, rows } = this.#size;
    const room = rows - 1;
    const more = lines.length - room + 1;
    const fitting = more <= 1
      ? lines
      : [...lines.slice(0, Math.max(0, room - 1)), `${SIGN.cut} ${more} more`].slice(0, room);
    const shown = fitting.map((line) => cutPainted(line, columns - 1));
    this.#lines = lines;
    const isSame = shown.length === this.#shown.length && shown.every((line, i) => line === this.#shown[i]);
    if (isSame && columns === this.#columns) return;
    this.#out.raw(this.#erased() + shown.map((line) => `${line}\r\n`).join(""));
    this.#shown = shown;
    this.#columns = columns;
  }

  /** Prints a line above them, where it stays. */
  print(text: string): void {
    this.#out.raw(`${this.#erased()}${text}\r\n`);
    this.restart();
  }

  /** Draws the lines anew below what others have drawn. */
  restart(): void {
    this.#shown = [];
    this.draw();
  }

  /** Returns what erases them. In a window that has become narrower, the terminal has wrapped them. */
  #erased(): string {
    const { columns, rows } = this.#size;
    const up = Math.min(rows - 1, rowsOf(this.#shown, columns));
    return `${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J`;
  }
}
