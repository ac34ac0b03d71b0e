/** A key, or text that was typed or pasted. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  | { readonly kind: KeyName };

/** Keys that edit, move or end, by the sequence that a terminal sends. */
const KEYS = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\b": "backspace",
  "\x7f": "backspace",
  "\x01": "home",
  "\x02": "left",
  "\x03": "interrupt",
  "\x04": "end-of-input",
  "\x05": "end",
  "\x06": "right",
  "\x0b": "kill-to-end",
  "\x0c": "redraw",
  "\x0e": "down",
  "\x10": "up",
  "\x15": "kill-to-start",
  "\x17": "kill-word",
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1b[C": "right",
  "\x1b[D": "left",
  "\x1b[H": "home",
  "\x1b[F": "end",
  "\x1bOA": "up",
  "\x1bOB": "down",
  "\x1bOC": "right",
  "\x1bOD": "left",
  "\x1bOH": "home",
  "\x1bOF": "end",
  "\x1b[1~": "home",
  "\x1b[7~": "home",
  "\x1b[4~": "end",
  "\x1b[8~": "end",
  "\x1b[3~": "delete",
  "\x1b[1;5C": "word-right",
  "\x1b[1;5D": "word-left",
  "\x1b[1;3C": "word-right",
  "\x1b[1;3D": "word-left",
  "\x1bf": "word-right",
  "\x1bb": "word-left",
  "\x1b\x7f": "kill-word",
} as const;

/** Name of an editing key. */
export type KeyName = typeof KEYS[keyof typeof KEYS];

const PASTE_BEGIN = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/** Longest paste that is accepted, characters: a longer one could not be sent anyway. */
const PASTE_MAX = 1024 * 1024;

/** After this long without further input an `ESC` is the key, not the start of a sequence; milliseconds. */
const ESCAPE_PAUSE = 100;

/** After this long without further input the end of a paste counts as lost; milliseconds. */
const PASTE_PAUSE = 5_000;

/** Reads keys and bracketed pastes from a terminal's input, however that is divided. */
export class KeyReader {
  readonly #decoder = new TextDecoder();
  readonly #now: () => number;
  /** Start of a sequence whose rest has not arrived. */
  #rest = "";
  #restAt = 0;
  #paste: string | undefined;
  #pastedAt = 0;

  /** @param now milliseconds from any origin */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Returns the keys in a piece of input; consecutive characters form one text. */
  read(bytes: Uint8Array): Key[] {
    if (this.#rest === "\x1b" && this.#now() - this.#restAt > ESCAPE_PAUSE) this.#rest = "";
    const keys: Key[] = [];
    if (this.#paste !== undefined && this.#now() - this.#pastedAt > PASTE_PAUSE) {
      keys.push({ kind: "paste", text: cleaned(this.#paste + this.#rest) });
      this.#paste = undefined;
      this.#rest = "";
    }
    let input = this.#rest + this.#decoder.decode(bytes, { stream: true });
    this.#rest = "";
    this.#pastedAt = this.#now();
    while (input !== "") {
      input = this.#paste === undefined ? this.#next(input, keys) : this.#pasted(input, keys);
    }
    return keys;
  }

  /** Takes one key, or a run of characters; returns the rest of the input. */
  #next(input: string, keys: Key[]): string {
    // deno-lint-ignore no-control-regex
    const text = /^[^\x00-\x1f\x7f\x80-\x9f]+/.exec(input)?.[0];
    if (text !== undefined) {
      keys.push({ kind: "text", text });
      return input.slice(text.length);
    }
    if (input[0] !== "\x1b") {
      pushKey(keys, input[0]!);
      return input.slice(1);
    }
    // deno-lint-ignore no-control-regex
    const sequence = /^\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]|O[\x20-\x7e]|[^[O])/.exec(input)?.[0];
    if (sequence === undefined) {
      // deno-lint-ignore no-control-regex
      if (/^\x1b(?:\[[\x20-\x3f]{0,32}|O)?$/.test(input)) {
        this.#rest = input;
        this.#restAt = this.#now();
        return "";
      }
      return input.slice(1);
    }
    if (sequence === PASTE_BEGIN) this.#paste = "";
    else pushKey(keys, sequence);
    return input.slice(sequence.length);
  }

  #pasted(input: string, keys: Key[]): string {
    const end = input.indexOf(PASTE_END);
    if (end >= 0) {
      keys.push({ kind: "paste", text: cleaned(this.#paste! + input.slice(0, end)) });
      this.#paste = undefined;
      return input.slice(end + PASTE_END.length);
    }
    // Its end may be divided between two pieces.
    const cut = input.lastIndexOf("\x1b");
    const isWhole = cut < 0 || !PASTE_END.startsWith(input.slice(cut));
    const text = isWhole ? input : input.slice(0, cut);
    this.#paste = (this.#paste! + text).slice(0, PASTE_MAX);
    if (!isWhole) {
      this.#rest = input.slice(cut);
      this.#restAt = Infinity;
    }
    return "";
  }
}

/** Adds the key of a terminal's `sequence`, if it is known. */
function pushKey(keys: Key[], sequence: string): void {
  const kind = (KEYS as Readonly<Record<string, KeyName | undefined>>)[sequence];
  if (kind !== undefined) keys.push({ kind });
}

/** Unifies line breaks, and removes control characters. */
function cleaned(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\r\n?/g, "\n").replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
