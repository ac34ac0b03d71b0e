import { SIGN } from "./theme.ts";

/** Code points that take two columns, besides emoji: East Asian wide and fullwidth ones. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

/** Code points that take no column: drawn over the one before, or not at all. */
const ZERO = /[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7fb]|(?!\u00ad)\p{Cf}/u;

const EMOJI = /(?![\u{1f1e6}-\u{1f1ff}])\p{Emoji_Presentation}/u;

const JOINER = "\u200d";

const ASCII = /^[\x20-\x7e]*$/;

/** Made when it is first needed: that takes as long as half of a start. */
let graphemes: Intl.Segmenter | undefined;

/** Splits a text into drawn characters: a letter with its accents is one, and so is a composed emoji. */
export function drawnCharacters(text: string): string[] {
  if (ASCII.test(text)) return [...text];
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** Returns the number of columns of `text` on a terminal; it must be one line without control characters. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  let isJoined = false;
  for (const character of text) {
    if (!isJoined) width += ZERO.test(character) ? 0 : WIDE.test(character) || EMOJI.test(character) ? 2 : 1;
    isJoined = character === JOINER;
  }
  return width;
}

/** Cuts a text to `columns`; a sign replaces the rest. */
export function cutToWidth(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let cut = "";
  let width = 1;
  for (const character of drawnCharacters(text)) {
    width += widthOf(character);
    if (width > columns) break;
    cut += character;
  }
  return `${cut}${SIGN.cut}`;
}

/** Sequences that colour a text; they take no column. */
// deno-lint-ignore no-control-regex
const PAINT = /(\x1b\[[0-9;]*m)/;

/** Removes the colours of a text. */
export function unpainted(text: string): string {
  return text.split(PAINT).filter((_, i) => i % 2 === 0).join("");
}

/** Cuts a coloured text to `columns`, like {@linkcode cutToWidth}; its colours end where they did. */
export function cutPainted(text: string, columns: number): string {
  if (widthOf(unpainted(text)) <= columns) return text;
  let left = columns;
  return text.split(PAINT).map((part, i) => {
    if (i % 2 === 1) return part;
    if (left <= 0) return "";
    const width = widthOf(part);
    // What exactly fills the rest is cut, too: more follows.
    const cut = width < left ? part : cutToWidth(part + " ", left);
    left -= width < left ? width : left;
    return cut;
  }).join("");
}

/** Returns the rows that lines take on a screen of this width, if none has a line break. */
export function rowsOf(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(unpainted(line)) / columns)), 0);
}

/** Formats rows as text, with columns aligned by their width on a terminal. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, widthOf(unpainted(cell))));
  }
  return rows.map((row) =>
    row.map((cell, column) => cell + " ".repeat(widths[column]! - widthOf(unpainted(cell)))).join("  ")
      .trimEnd()
  );
}
