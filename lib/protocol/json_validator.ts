import { ProtocolError } from "./protocol_error.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";
import { JsonSkim } from "./json_skim.ts";

/**
 * States between two bytes; json_skim.c knows the numbers of some. From `after` on the value is complete, so that the
 * document may end there (in states within a number, digits may follow). States within a string that is a name are
 * {@linkcode IN_NAME} above those within other strings.
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
  /** One, two or three continuation bytes are missing. */
  utf8Tail1: 12,
  utf8Tail2: 13,
  utf8Tail3: 14,
  /** After E0, ED, F0 or F4 the next byte has a narrower range. */
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
  /** Names: `string` to `utf8F4` again. */
  name: 33,
  after: 46,
  zero: 47,
  digits: 48,
  fraction: 49,
  exponentDigits: 50,
} as const;

const STATES = 51;
const IN_NAME = State.name - State.string;

/** Entries of the table above the states: steps that need more than a change of state. */
const Action = {
  openArray: 64,
  openObject: 65,
  closeArray: 66,
  closeObject: 67,
  comma: 68,
} as const;

/** Smaller pieces are not worth a call into WebAssembly, bytes. */
const SKIM_MIN = 4096;

const TABLE = buildTable();
/** Bytes in a string that do not change the state. */
const IS_PLAIN = Uint8Array.from(
  { length: 256 },
  (_, byte) => TABLE[(State.string << 8) | byte] === State.string ? 1 : 0,
);

/**
 * Checks that a document is JSON: exactly RFC 8259, strict UTF-8, no byte-order mark, at most 512 levels of nesting
 * (PROTOCOL.md 2.15). Escapes of lone surrogates and repeated names are valid. It takes pieces of any size and needs
 * the same little memory for any document.
 */
export class JsonValidator {
  #state: number = State.value;
  #isTooDeep = false;
  /** Open values, outermost first: 1 for an object, 0 for an array. */
  readonly #open: Uint8Array;
  #depth = 0;
  #offset = 0;

  /** @param open memory for its work */
  constructor(open = new Uint8Array(JSON_DEPTH_MAX)) {
    this.#open = open;
  }

  /**
   * Takes the next piece.
   *
   * @throws {ProtocolError} `not-json` with the offset of the first wrong byte; and again at every later call
   */
  push(chunk: Uint8Array): void {
    const skim = chunk.length >= SKIM_MIN && this.#state !== State.error && JsonSkim.get(TABLE);
    if (skim) this.#skim(skim, chunk);
    else this.#walk(chunk);
  }

  #skim(skim: JsonSkim, chunk: Uint8Array): void {
    const { good, state, depth, isTooDeep } = skim.push(chunk, this.#state, this.#open, this.#depth);
    this.#state = state;
    this.#depth = depth;
    this.#isTooDeep = isTooDeep;
    this.#offset += good;
    if (state === State.error) this.#fail();
  }

  #walk(chunk: Uint8Array): void {
    const length = chunk.length;
    let state = this.#state;
    for (let at = 0; at < length; at++) {
      // Most bytes are inside strings, where nothing changes.
      if (state === State.string) { while (at < length && IS_PLAIN[chunk[at]!] === 1) at++; }
      if (at === length) break;
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
   * Ends the document.
   *
   * @throws {ProtocolError} `not-json` if it is not complete
   */
  end(): void {
    if (this.#depth > 0 || this.#state < State.after) this.#fail();
  }

  #act(action: number): number {
    switch (action) {
      case Action.comma:
        if (this.#depth === 0) return State.error;
        return this.#open[this.#depth - 1] === 1 ? State.key : State.value;
      case Action.openArray:
        return this.#push(0, State.valueOrEnd);
      case Action.openObject:
        return this.#push(1, State.keyOrEnd);
      case Action.closeArray:
        return this.#pop(0);
      default:
        // The end of an object is the only other action.
        return this.#pop(1);
    }
  }

  #push(isObject: number, state: number): number {
    if (this.#depth === JSON_DEPTH_MAX) {
      this.#isTooDeep = true;
      return State.error;
    }
    this.#open[this.#depth++] = isObject;
    return state;
  }

  #pop(isObject: number): number {
    return this.#depth > 0 && this.#open[--this.#depth] === isObject ? State.after : State.error;
  }

  #fail(): never {
    const what = this.#isTooDeep ? `nested deeper than ${JSON_DEPTH_MAX} levels` : "not JSON";
    throw new ProtocolError("not-json", `${what} at byte ${this.#offset}`);
  }
}

/** Memory of {@linkcode validateJson}, which no two calls need at a time. */
const WHOLE = new Uint8Array(JSON_DEPTH_MAX);

/**
 * Checks a whole document.
 *
 * @throws {ProtocolError} `not-json`
 */
export function validateJson(bytes: Uint8Array): void {
  const validator = new JsonValidator(WHOLE);
  validator.push(bytes);
  validator.end();
}

/** Makes the table: for each state and byte the next state or an action; entries not set are errors. */
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
    on(state, '"', State.name);
  }
  on(State.keyOrEnd, "}", Action.closeObject);
  on(State.colon, space, State.colon);
  on(State.colon, ":", State.value);

  for (const within of [0, IN_NAME]) {
    const string = State.string + within;
    const utf8Tail1 = State.utf8Tail1 + within;
    const utf8Tail2 = State.utf8Tail2 + within;
    on(string, [0x20, 0x7f], string);
    on(string, '"', within === 0 ? State.after : State.colon);
    on(string, "\\", State.escape + within);
    on(State.escape + within, '"\\/bfnrt', string);
    on(State.escape + within, "u", State.hex4 + within);
    for (const state of [State.hex4, State.hex3, State.hex2, State.hex1]) {
      on(state + within, `${digit}abcdefABCDEF`, state === State.hex1 ? string : state + within + 1);
    }

    on(string, [0xc2, 0xdf], utf8Tail1);
    on(string, [0xe0, 0xef], utf8Tail2);
    on(string, [0xe0, 0xe0], State.utf8E0 + within);
    on(string, [0xed, 0xed], State.utf8ED + within);
    on(string, [0xf1, 0xf3], State.utf8Tail3 + within);
    on(string, [0xf0, 0xf0], State.utf8F0 + within);
    on(string, [0xf4, 0xf4], State.utf8F4 + within);
    on(utf8Tail1, [0x80, 0xbf], string);
    on(utf8Tail2, [0x80, 0xbf], utf8Tail1);
    on(State.utf8Tail3 + within, [0x80, 0xbf], utf8Tail2);
    on(State.utf8E0 + within, [0xa0, 0xbf], utf8Tail1);
    on(State.utf8ED + within, [0x80, 0x9f], utf8Tail1);
    on(State.utf8F0 + within, [0x90, 0xbf], utf8Tail2);
    on(State.utf8F4 + within, [0x80, 0x8f], utf8Tail2);
  }

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
