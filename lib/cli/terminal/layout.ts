import { printable } from "../../protocol/label.ts";
import { widthOf } from "./columns.ts";

/** A position on the screen, relative to the first row of the prompt. */
export interface Spot {
  readonly row: number;
  readonly column: number;
}

/** A row on the screen. */
interface Row {
  readonly text: string;
  /** True if it ends with a line break; otherwise the terminal itself starts the next row. */
  readonly isBroken: boolean;
}

/** Rows and positions of a prompt and its line on a screen of a given width. */
export interface Layout {
  readonly rows: readonly Row[];
  readonly cursor: Spot;
  readonly end: Spot;
}

/** Lays out a line like a terminal, which starts a new row when a character does not fit. */
export function layOut(prompt: string, cells: readonly string[], cursor: number, columns: number): Layout {
  const rows: Row[] = [];
  let text = prompt;
  let column = widthOf(prompt);
  let place: Spot | undefined;
  const next = (isBroken: boolean) => {
    rows.push({ text, isBroken });
    text = "";
    column = 0;
  };
  cells.forEach((cell, i) => {
    if (cell === "\n") {
      if (i === cursor) place = { row: rows.length, column: Math.min(column, columns - 1) };
      return next(true);
    }
    const drawn = cell === "\t" ? " " : printable(cell);
    const width = widthOf(drawn);
    if (column + width > columns || column === columns) next(false);
    if (i === cursor) place = { row: rows.length, column };
    text += drawn;
    column += width;
  });
  if (column === columns) next(false);
  const end = { row: rows.length, column };
  rows.push({ text, isBroken: false });
  return { rows, cursor: place ?? end, end };
}
