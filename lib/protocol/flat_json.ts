import { ProtocolError } from "./protocol_error.ts";
import { FLAT_MEMBERS_MAX } from "./limits.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** Value of a member of a flat object. A number is an integer from 0 to 2^53 - 1; any other number reads as NaN. */
export type FlatValue = string | number | boolean | null;

/** JSON object without nesting: announcements, frame heads, handshake payloads. A parsed one has no prototype. */
export type FlatObject = Record<string, FlatValue>;

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
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LOWER_E = 0x65;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Parses one flat JSON object: RFC 8259 with at most 32 members, no repeated names (after escapes are resolved), no
 * object or array as a value, and strings of valid Unicode without U+0000 (no unpaired surrogate escapes). A tokenizer
 * without memory of its own can parse it, too.
 *
 * @throws {ProtocolError} `bad-json`
 */
export function parseFlat(bytes: Uint8Array): FlatObject {
  return new FlatReader(decodeUtf8(bytes, "bad-json")).object();
}

/**
 * Encodes a flat JSON object: no white space, members in order, undefined ones omitted.
 *
 * @throws {ProtocolError} `bad-field` if {@linkcode parseFlat} would not return the same object
 */
export function encodeFlat(object: Readonly<Record<string, FlatValue | undefined>>): Uint8Array {
  return encodeUtf8(flatText(object));
}

/** Returns {@linkcode encodeFlat}'s result as text. */
export function flatText(object: Readonly<Record<string, FlatValue | undefined>>): string {
  for (const key in object) {
    const value = object[key];
    if (
      typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0) ||
      typeof value === "string" && (!value.isWellFormed() || value.includes("\0"))
    ) {
      throw new ProtocolError("bad-field", `${key} cannot be written`);
    }
  }
  return JSON.stringify(object);
}

class FlatReader {
  #at = 0;

  constructor(private readonly text: string) {}

  object(): FlatObject {
    const object: FlatObject = Object.create(null);
    if (this.#token() !== OPEN) this.#fail("lacks its {");
    this.#at++;
    if (this.#token() === CLOSE) this.#at++;
    else this.#members(object);
    this.#token();
    if (this.#at !== this.text.length) this.#fail("has something after it");
    return object;
  }

  #members(object: FlatObject): void {
    for (let count = 1;; count++) {
      if (count > FLAT_MEMBERS_MAX) this.#fail("has too many members");
      if (this.#token() !== QUOTE) this.#fail("lacks the name of a member");
      const key = this.#string();
      if (object[key] !== undefined) this.#fail("has a member twice");
      if (this.#token() !== COLON) this.#fail("lacks a colon");
      this.#at++;
      object[key] = this.#value(this.#token());
      const next = this.#token();
      this.#at++;
      if (next === CLOSE) return;
      if (next !== COMMA) this.#fail("lacks a comma");
    }
  }

  /** Skips white space; returns the next code unit, NaN at the end. */
  #token(): number {
    for (;; this.#at++) {
      const unit = this.text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return unit;
    }
  }

  #value(first: number): FlatValue {
    if (first === QUOTE) return this.#string();
    if (first === MINUS || isDigit(first)) return this.#number(first);
    if (this.text.startsWith("true", this.#at)) return this.#skip(4, true);
    if (this.text.startsWith("false", this.#at)) return this.#skip(5, false);
    if (this.text.startsWith("null", this.#at)) return this.#skip(4, null);
    this.#fail("has a value that is no string, number, true, false or null");
  }

  #number(first: number): number {
    const from = this.#at;
    if (first === MINUS) this.#at++;
    const zero = this.text.charCodeAt(this.#at) === ZERO;
    const integer = this.#digits();
    if (zero && this.#at > from + 1 + Number(first === MINUS)) this.#fail("has a number with a leading zero");
    let plain = first !== MINUS;
    if (this.text.charCodeAt(this.#at) === POINT) {
      plain = false;
      this.#at++;
      this.#digits();
    }
    if ((this.text.charCodeAt(this.#at) | 0x20) === LOWER_E) {
      plain = false;
      const sign = this.text.charCodeAt(++this.#at);
      if (sign === PLUS || sign === MINUS) this.#at++;
      this.#digits();
    }
    return plain && integer <= Number.MAX_SAFE_INTEGER ? integer : NaN;
  }

  /** Reads one or more digits; the number is exact up to 2^53 - 1. */
  #digits(): number {
    const from = this.#at;
    let value = 0;
    for (;; this.#at++) {
      const unit = this.text.charCodeAt(this.#at);
      if (!isDigit(unit)) break;
      value = value * 10 + (unit - ZERO);
    }
    if (this.#at === from) this.#fail("has a number without digits");
    return value;
  }

  #string(): string {
    const text = this.text;
    let value = "";
    let from = this.#at + 1;
    for (let at = from;;) {
      const unit = text.charCodeAt(at);
      // At the end of the text `unit` is NaN, which fails this comparison too.
      if (!(unit >= 0x20)) this.#fail("has a string with a control character or without an end");
      if (unit === QUOTE) {
        this.#at = at + 1;
        return value === "" ? text.slice(from, at) : value + text.slice(from, at);
      }
      if (unit === BACKSLASH) {
        this.#at = at;
        value += text.slice(from, at) + this.#escape();
        from = at = this.#at;
      } else {
        at++;
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

  #skip<T>(length: number, value: T): T {
    this.#at += length;
    return value;
  }

  #fail(what: string): never {
    throw new ProtocolError("bad-json", `the flat JSON object ${what}, at ${this.#at}`);
  }
}

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= ZERO + 9;
}
