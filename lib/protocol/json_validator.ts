import { ProtocolError } from "./errors.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";

/**
 * States between two bytes. From `after` on: the value before is complete, so the document may end there (the number
 * states among them still take digits).
 */
const State = {
  error: 0,
  value: 1,
  valueOrEnd: 2,
  keyOrEnd: 3,
  key: 4,
  colon: 5,
  string: 6,
  escape: 7,
  hex4: 8,
  hex3: 9,
  hex2: 10,
  hex1: 11,
  /** One, two, three more continuation bytes of a character. */
  utf8Tail1: 12,
  utf8Tail2: 13,
  utf8Tail3: 14,
  /** The byte after E0, ED, F0, F4 has a narrower range. */
  utf8E0: 15,
  utf8ED: 16,
  utf8F0: 17,
  utf8F4: 18,
  minus: 19,
  point: 20,
  exponent: 21,
  exponentSign: 22,
  t: 23,
  tr: 24,
  tru: 25,
  f: 26,
  fa: 27,
  fal: 28,
  fals: 29,
  n: 30,
  nu: 31,
  nul: 32,
  after: 33,
  zero: 34,
  digits: 35,
  fraction: 36,
  exponentDigits: 37,
} as const;

const STATES = 38;

/** Entries of the table past the states: what needs more than a change of state. */
const Action = {
  openArray: 64,
  openObject: 65,
  closeArray: 66,
  closeObject: 67,
  comma: 68,
  keyStart: 69,
  stringEnd: 70,
} as const;

const TABLE = buildTable();

/**
 * Decides whether a document is JSON: RFC 8259 to the byte, strict UTF-8, no byte-order mark, at most 512 levels of
 * nesting (PROTOCOL.md section 5). Escapes of lone surrogates and repeated names are JSON. Takes the document in
 * pieces of any size and needs the same little memory for any document.
 */
export class JsonValidator {
  #state: number = State.value;
  #inKey = false;
  #isTooDeep = false;
  /** What is open, outermost first: true for an object, false for an array. */
  readonly #objects: boolean[] = [];
  #offset = 0;

  /**
   * Takes the next piece.
   *
   * @throws {ProtocolError} `not-json` with the offset of the first byte that cannot be; after that, for whatever follows
   */
  push(chunk: Uint8Array): void {
    const length = chunk.length;
    let state = this.#state;
    for (let at = 0; at < length; at++) {
      const next = TABLE[(state << 8) | chunk[at]!]!;
      state = next < STATES ? next : this.#act(next);
      if (state === State.error) {
        this.#state = state;
        this.#offset += at;
        this.#fail();
      }
    }
    this.#state = state;
    this.#offset += length;
  }

  /**
   * The document is complete.
   *
   * @throws {ProtocolError} `not-json` where it cannot end here
   */
  end(): void {
    if (this.#objects.length > 0 || this.#state < State.after) this.#fail();
  }

  #act(action: number): number {
    switch (action) {
      case Action.openArray:
        return this.#open(false, State.valueOrEnd);
      case Action.openObject:
        return this.#open(true, State.keyOrEnd);
      case Action.closeArray:
        return this.#close(false);
      case Action.closeObject:
        return this.#close(true);
      case Action.comma:
        if (this.#objects.length === 0) return State.error;
        return this.#objects.at(-1) ? State.key : State.value;
      case Action.keyStart:
        this.#inKey = true;
        return State.string;
      default:
        // The end of a string: the only action left.
        if (!this.#inKey) return State.after;
        this.#inKey = false;
        return State.colon;
    }
  }

  #open(isObject: boolean, state: number): number {
    if (this.#objects.length === JSON_DEPTH_MAX) {
      this.#isTooDeep = true;
      return State.error;
    }
    this.#objects.push(isObject);
    return state;
  }

  #close(isObject: boolean): number {
    return this.#objects.pop() === isObject ? State.after : State.error;
  }

  #fail(): never {
    const what = this.#isTooDeep ? `nested deeper than ${JSON_DEPTH_MAX} levels` : "not JSON";
    throw new ProtocolError("not-json", `${what} at byte ${this.#offset}`);
  }
}

/**
 * Checks a whole document.
 *
 * @throws {ProtocolError} `not-json`
 */
export function validateJson(bytes: Uint8Array): void {
  const validator = new JsonValidator();
  validator.push(bytes);
  validator.end();
}

/** For each state 256 entries: the state after that byte, or an action. What is not set is an error. */
function buildTable(): Uint8Array {
  const table = new Uint8Array(STATES * 256);
  const on = (state: number, bytes: string | readonly [number, number], next: number) => {
    const [from, to] = typeof bytes === "string" ? [0, -1] : bytes;
    for (let byte = from; byte <= to; byte++) table[(state << 8) | byte] = next;
    if (typeof bytes === "string") {
      for (const character of bytes) table[(state << 8) | character.charCodeAt(0)] = next;
    }
  };
  const space = " \t\n\r";
  const digit = "0123456789";

  for (const state of [State.value, State.valueOrEnd]) {
    on(state, space, state);
    on(state, '"', State.string);
    on(state, "[", Action.openArray);
    on(state, "{", Action.openObject);
    on(state, "-", State.minus);
    on(state, digit, State.digits);
    on(state, "0", State.zero);
    on(state, "t", State.t);
    on(state, "f", State.f);
    on(state, "n", State.n);
  }
  on(State.valueOrEnd, "]", Action.closeArray);
  for (const state of [State.key, State.keyOrEnd]) {
    on(state, space, state);
    on(state, '"', Action.keyStart);
  }
  on(State.keyOrEnd, "}", Action.closeObject);
  on(State.colon, space, State.colon);
  on(State.colon, ":", State.value);

  on(State.string, [0x20, 0x7f], State.string);
  on(State.string, '"', Action.stringEnd);
  on(State.string, "\\", State.escape);
  on(State.escape, '"\\/bfnrt', State.string);
  on(State.escape, "u", State.hex4);
  for (const state of [State.hex4, State.hex3, State.hex2, State.hex1]) {
    on(state, `${digit}abcdefABCDEF`, state === State.hex1 ? State.string : state + 1);
  }

  on(State.string, [0xc2, 0xdf], State.utf8Tail1);
  on(State.string, [0xe0, 0xef], State.utf8Tail2);
  on(State.string, [0xe0, 0xe0], State.utf8E0);
  on(State.string, [0xed, 0xed], State.utf8ED);
  on(State.string, [0xf1, 0xf3], State.utf8Tail3);
  on(State.string, [0xf0, 0xf0], State.utf8F0);
  on(State.string, [0xf4, 0xf4], State.utf8F4);
  on(State.utf8Tail1, [0x80, 0xbf], State.string);
  on(State.utf8Tail2, [0x80, 0xbf], State.utf8Tail1);
  on(State.utf8Tail3, [0x80, 0xbf], State.utf8Tail2);
  on(State.utf8E0, [0xa0, 0xbf], State.utf8Tail1);
  on(State.utf8ED, [0x80, 0x9f], State.utf8Tail1);
  on(State.utf8F0, [0x90, 0xbf], State.utf8Tail2);
  on(State.utf8F4, [0x80, 0x8f], State.utf8Tail2);

  const complete = [State.after, State.zero, State.digits, State.fraction, State.exponentDigits];
  for (const state of complete) {
    on(state, space, State.after);
    on(state, ",", Action.comma);
    on(state, "]", Action.closeArray);
    on(state, "}", Action.closeObject);
  }
  on(State.minus, digit, State.digits);
  on(State.minus, "0", State.zero);
  on(State.digits, digit, State.digits);
  for (const state of [State.zero, State.digits]) on(state, ".", State.point);
  on(State.point, digit, State.fraction);
  on(State.fraction, digit, State.fraction);
  for (const state of [State.zero, State.digits, State.fraction]) on(state, "eE", State.exponent);
  on(State.exponent, "+-", State.exponentSign);
  for (const state of [State.exponent, State.exponentSign, State.exponentDigits]) {
    on(state, digit, State.exponentDigits);
  }

  on(State.t, "r", State.tr);
  on(State.tr, "u", State.tru);
  on(State.tru, "e", State.after);
  on(State.f, "a", State.fa);
  on(State.fa, "l", State.fal);
  on(State.fal, "s", State.fals);
  on(State.fals, "e", State.after);
  on(State.n, "u", State.nu);
  on(State.nu, "l", State.nul);
  on(State.nul, "l", State.after);
  return table;
}
