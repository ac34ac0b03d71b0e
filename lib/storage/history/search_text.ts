import type { HistoryMessage } from "./message_rows.ts";

/** Longest text that is searched for, characters. */
export const SEARCH_MAX = 200;

/** A condition for rows `m` of a table, with its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly string[];
}

/**
 * A text that is searched for in name, stream, text and body, in any case. In a body it may be written as JSON writes it
 * in a string, with escapes.
 */
export class SearchText {
  readonly #folded: string;
  readonly #escaped: string;
  /** True if SQLite's comparison, which knows only the case of ASCII, finds too much. */
  readonly isLoose: boolean;

  constructor(text: string) {
    this.#folded = text.toLowerCase();
    this.#escaped = escapedInJson(text);
    this.isLoose = loosePattern(text) !== strictPattern(text);
  }

  /**
   * Returns the condition for a row.
   *
   * @param body column with the bytes of a document
   * @param text column with the text of a chat
   */
  condition(body: string, text: string): Condition {
    // For SQLite, a pattern ends at a character 0; in JSON that is always escaped.
    const patterns = this.#folded.includes("\0") ? [] : [loosePattern(this.#folded)];
    if (this.#escaped.toLowerCase() !== this.#folded) patterns.push(strictPattern(this.#escaped));
    const like = (column: string) => patterns.map(() => `${column} LIKE ? ESCAPE '\\'`);
    const columns = [...new Set(["m.name", "m.stream", text, body])];
    return {
      sql: `(${columns.flatMap(like).join(" OR ")})`,
      values: columns.flatMap(() => patterns),
    };
  }

  /** Tells whether a message has the text. @param body of a document, as far as the database has it */
  isIn({ name, stream = "", text = "" }: HistoryMessage, body: Uint8Array | undefined): boolean {
    const texts = [name, stream, text];
    if (body) texts.push(new TextDecoder().decode(body));
    return texts.some((each) => {
      const folded = each.toLowerCase();
      return folded.includes(this.#folded) || folded.includes(this.#escaped.toLowerCase());
    });
  }
}

/** Returns a pattern for LIKE that finds the text in any case of ASCII. */
function strictPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/** Returns a pattern that takes any character in the place of a letter beyond ASCII. */
function loosePattern(text: string): string {
  // deno-lint-ignore no-control-regex
  return strictPattern(text).replace(/[^\x00-\x7f]/gu, (char) => isCased(char) ? "_" : char);
}

function isCased(char: string): boolean {
  return char.toLowerCase() !== char || char.toUpperCase() !== char;
}

/** Returns the text as programs write it in a string of JSON that has ASCII only. */
function escapedInJson(text: string): string {
  return JSON.stringify(text).slice(1, -1).replace(
    // deno-lint-ignore no-control-regex
    /[^\x00-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
