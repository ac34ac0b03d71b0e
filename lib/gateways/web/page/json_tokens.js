// The tokens of JSON, as they are in a text.

/**
 * Kinds of values.
 *
 * @typedef {"object" | "array" | "string" | "number" | "true" | "false" | "null"} JsonKind
 */

/** Kinds by their numbers. @type {readonly JsonKind[]} */
export const KINDS = ["object", "array", "string", "number", "true", "false", "null"];
export const [OBJECT, ARRAY, STRING, NUMBER] = /** @type {const} */ ([0, 1, 2, 3]);

const NUMBER_TOKEN = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** The pieces of a string: an expression for a whole one would need a stack as deep as the string is long. */
// deno-lint-ignore no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const BLANKS = /[ \t\n\r]*/y;

/** A text that is no JSON, with the place of the first character that is wrong. */
export class JsonTextError extends Error {
  /**
   * @param {string} text
   * @param {number} at offset, UTF-16 units
   */
  constructor(text, at) {
    const before = text.slice(0, at);
    const line = before.split("\n").length;
    const column = at - before.lastIndexOf("\n");
    super(`Not JSON at line ${line}, column ${column}.`);
    this.line = line;
    this.column = column;
  }
}

/**
 * Reads the value that begins at `at`; of objects and arrays the bracket. Returns its kind and end.
 *
 * @param {string} text
 * @param {number} at
 * @returns {[number, number]}
 */
export function token(text, at) {
  switch (text[at]) {
    case "{":
      return [OBJECT, at + 1];
    case "[":
      return [ARRAY, at + 1];
    case '"':
      return [STRING, stringEnd(text, at)];
    case "t":
    case "f":
    case "n": {
      const kind = KINDS.findIndex((word, index) => index > NUMBER && text.startsWith(word, at));
      if (kind >= 0) return [kind, at + /** @type {JsonKind} */ (KINDS[kind]).length];
      break;
    }
    default: {
      const end = match(NUMBER_TOKEN, text, at);
      if (end > at) return [NUMBER, end];
    }
  }
  throw new JsonTextError(text, at);
}

/**
 * End of the string that begins at `at`.
 *
 * @param {string} text
 * @param {number} at
 */
export function stringEnd(text, at) {
  for (let from = at + 1;;) {
    from = match(PLAIN, text, from);
    if (text[from] === '"') return from + 1;
    const end = match(ESCAPE, text, from);
    if (end <= from) throw new JsonTextError(text, from);
    from = end;
  }
}

/**
 * @param {string} text
 * @param {number} at
 */
export function skip(text, at) {
  // Most documents have none or one.
  return text.charCodeAt(at) > 32 ? at : match(BLANKS, text, at);
}

/**
 * End of what an expression finds at `at`; -1 if that is nothing.
 *
 * @param {RegExp} expression sticky
 * @param {string} text
 * @param {number} at
 */
function match(expression, text, at) {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : -1;
}

/**
 * @param {string} source
 * @returns {string}
 */
export function unquoted(source) {
  return JSON.parse(source);
}

/**
 * Removes an escape, or half of a character of two units, that was cut at the end of a string.
 *
 * @param {string} source
 */
export function withoutHalf(source) {
  let from = match(PLAIN, source, 1);
  for (let end; (end = match(ESCAPE, source, from)) > from;) from = match(PLAIN, source, end);
  return source.slice(0, from).replace(/[\ud800-\udbff]$/, "");
}
