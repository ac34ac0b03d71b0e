import { ProtocolError } from "./errors.ts";
import { FLAT_MEMBERS_MAX } from "./limits.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** What a member of a flat object may be. A number is an integer from 0 to 2^53 - 1, or NaN for every other one. */
export type FlatValue = string | number | boolean | null;

/** JSON object without nesting: announcements, frame heads, handshake payloads. Without prototype when parsed. */
export type FlatObject = Record<string, FlatValue>;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Reads one flat JSON object: RFC 8259, with at most 32 members, each name once (after its escapes are resolved), no
 * object or array as a value, and strings that are Unicode text without U+0000 (no unpaired surrogate escapes). So
 * little that a tokenizer without memory of its own can do the same.
 *
 * @throws {ProtocolError} `bad-json`
 */
export function parseFlat(bytes: Uint8Array): FlatObject {
  return new FlatReader(decodeUtf8(bytes, "bad-json")).object();
}

/**
 * Writes a flat JSON object: no white space, members in their order, those that are undefined left out.
 *
 * @throws {ProtocolError} `bad-field` for what {@linkcode parseFlat} would not give back as it is
 */
export function encodeFlat(object: Readonly<Record<string, FlatValue | undefined>>): Uint8Array {
  for (const key in object) {
    const value = object[key];
    if (
      typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0) ||
      typeof value === "string" && (!value.isWellFormed() || value.includes("\0"))
    ) {
      throw new ProtocolError("bad-field", `${key} cannot be written`);
    }
  }
  return encodeUtf8(JSON.stringify(object));
}

class FlatReader {
  #at = 0;

  constructor(readonly text: string) {}

  object(): FlatObject {
    const object: FlatObject = Object.create(null);
    this.#space();
    this.#expect(OPEN);
    this.#space();
    if (this.text.charCodeAt(this.#at) === CLOSE) {
      this.#at++;
    } else {
      this.#members(object);
    }
    this.#space();
    if (this.#at !== this.text.length) this.#fail("has something after the object");
    return object;
  }

  #members(object: FlatObject): void {
    for (let count = 1;; count++) {
      if (count > FLAT_MEMBERS_MAX) this.#fail("has too many members");
      const key = this.#string();
      if (key in object) this.#fail("has a member twice");
      this.#space();
      this.#expect(COLON);
      this.#space();
      object[key] = this.#value();
      this.#space();
      const next = this.text.charCodeAt(this.#at++);
      if (next === CLOSE) return;
      if (next !== COMMA) this.#fail("lacks a comma");
      this.#space();
    }
  }

  #value(): FlatValue {
    const { text } = this;
    if (text.charCodeAt(this.#at) === QUOTE) return this.#string();
    if (text.startsWith("true", this.#at)) return this.#skip(4, true);
    if (text.startsWith("false", this.#at)) return this.#skip(5, false);
    if (text.startsWith("null", this.#at)) return this.#skip(4, null);
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(text)?.[0];
    if (digits === undefined) this.#fail("has something else than a string, a number, true, false or null");
    const plain = /^[0-9]{1,16}$/.test(digits) && Number.isSafeInteger(Number(digits));
    return this.#skip(digits.length, plain ? Number(digits) : NaN);
  }

  #string(): string {
    this.#expect(QUOTE);
    let text = "";
    let from = this.#at;
    for (;;) {
      const unit = this.text.charCodeAt(this.#at);
      // A NaN at the end of the text fails this comparison too.
      if (!(unit >= 0x20)) this.#fail("has a string with a control character or without an end");
      if (unit === QUOTE) {
        text += this.text.slice(from, this.#at++);
        return text;
      }
      if (unit === BACKSLASH) {
        text += this.text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else {
        this.#at++;
      }
    }
  }

  #escape(): string {
    const simple = ESCAPES[this.text.charAt(this.#at + 1)];
    if (simple !== undefined) return this.#skip(2, simple);
    const unit = this.#unicodeEscape();
    if (unit === 0) this.#fail("has U+0000 in a string");
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const low = unit <= 0xdbff ? this.#unicodeEscape() : 0;
    if (low < 0xdc00 || low > 0xdfff) this.#fail("has half a surrogate pair");
    return String.fromCharCode(unit, low);
  }

  #unicodeEscape(): number {
    const escape = this.text.slice(this.#at, this.#at + 6);
    if (!/^\\u[0-9a-fA-F]{4}$/.test(escape)) this.#fail("has a bad escape");
    return this.#skip(6, parseInt(escape.slice(2), 16));
  }

  #space(): void {
    const unit = this.text.charCodeAt(this.#at);
    if (unit > 0x20) return;
    SPACE.lastIndex = this.#at;
    SPACE.test(this.text);
    this.#at = SPACE.lastIndex;
  }

  #expect(unit: number): void {
    if (this.text.charCodeAt(this.#at) !== unit) this.#fail(`lacks a ${String.fromCharCode(unit)}`);
    this.#at++;
  }

  #skip<T>(length: number, value: T): T {
    this.#at += length;
    return value;
  }

  #fail(what: string): never {
    throw new ProtocolError("bad-json", `the JSON object ${what}, at ${this.#at}`);
  }
}
