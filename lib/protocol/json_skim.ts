import { JSON_SKIM } from "./json_skim_code.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";

/** Offsets in the struct of json_skim.c, bytes. */
const OPEN = 16;
const TABLE = OPEN + JSON_DEPTH_MAX;
/** Most that goes in at a time, bytes: it stays in the processor's cache. */
const INPUT_MAX = 65536;

interface Exports {
  readonly memory: WebAssembly.Memory;
  place(): number;
  skim(length: number): number;
}

/** Result of {@linkcode JsonSkim.push}. */
export interface Skimmed {
  /** Bytes before the first wrong one; all of them if there is none. */
  readonly good: number;
  /** State after them; 0 if the next one is wrong. */
  readonly state: number;
  readonly depth: number;
  readonly isTooDeep: boolean;
}

/**
 * The table of the JSON validator in WebAssembly, several times as fast: json_skim.c. One serves all validators of a
 * thread.
 */
export class JsonSkim {
  static #one: JsonSkim | undefined;

  readonly #skim: (length: number) => number;
  readonly #numbers: Uint32Array;
  readonly #open: Uint8Array;
  readonly #input: Uint8Array;

  /** Returns the one of this thread; undefined if the processor or the runtime cannot have one. */
  static get(table: Uint8Array): JsonSkim | undefined {
    try {
      return JsonSkim.#one ??= new JsonSkim(table);
    } catch {
      JsonSkim.get = () => undefined;
      return undefined;
    }
  }

  private constructor(table: Uint8Array) {
    const code = Uint8Array.from(atob(JSON_SKIM), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
    const { memory: { buffer }, place, skim } = exports as unknown as Exports;
    const base = place();
    this.#skim = skim;
    this.#numbers = new Uint32Array(buffer, base, 3);
    this.#open = new Uint8Array(buffer, base + OPEN, JSON_DEPTH_MAX);
    this.#input = new Uint8Array(buffer, base + TABLE + table.length, INPUT_MAX);
    new Uint8Array(buffer, base + TABLE).set(table);
  }

  /** Goes on from a state through a piece of any size. `open` (as far as `depth`) is brought up to date. */
  push(piece: Uint8Array, state: number, open: Uint8Array, depth: number): Skimmed {
    const numbers = this.#numbers;
    numbers.set([state, depth, 0]);
    this.#open.set(open.subarray(0, depth));
    let good = 0;
    while (good < piece.length && numbers[0] !== 0) {
      const part = piece.subarray(good, good + INPUT_MAX);
      this.#input.set(part);
      good += this.#skim(part.length);
    }
    open.set(this.#open.subarray(0, numbers[1]));
    return { good, state: numbers[0]!, depth: numbers[1]!, isTooDeep: numbers[2] === 1 };
  }
}
