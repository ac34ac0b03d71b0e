import { printable } from "../../protocol/label.ts";

/** Bytes on a line of hex. */
const HEX_LINE = 16;

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;

/** Formats bytes as pairs of digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Returns the text that bytes are; undefined if they are not UTF-8, or hold commands for a terminal. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Keeps a character of UTF-8 together that arrives in several pieces. */
export class WholeCharacters {
  #rest = new Uint8Array();

  /** Returns what is whole, with what was kept before; may be empty. */
  push(piece: Uint8Array): Uint8Array {
    const bytes = new Uint8Array([...this.#rest, ...piece]);
    const end = bytes.length - unfinished(bytes);
    // Behind bytes that are no text there is no character.
    const whole = textIn(bytes.subarray(0, end)) === undefined ? bytes.length : end;
    this.#rest = bytes.slice(whole);
    return bytes.subarray(0, whole);
  }

  /** Returns what is left at the end. */
  end(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    return rest;
  }
}

/**
 * Shows what arrives from anywhere: text as it is, but for what could change the screen; other bytes as lines of hex.
 * A character that arrives in two pieces is shown once it is whole.
 */
export class RawText {
  readonly #characters = new WholeCharacters();
  #isLineOpen = false;

  /** Returns what to print for the next piece. */
  push(piece: Uint8Array): string {
    return this.#show(this.#characters.push(piece));
  }

  /** Returns what to print at the end. */
  end(): string {
    return this.#show(this.#characters.end()) + this.#newLine();
  }

  #show(bytes: Uint8Array): string {
    if (bytes.length === 0) return "";
    const text = textIn(bytes);
    if (text === undefined) {
      const lines = [];
      for (let at = 0; at < bytes.length; at += HEX_LINE) {
        lines.push(`hex ${hex(bytes.subarray(at, at + HEX_LINE))}\n`);
      }
      return this.#newLine() + lines.join("");
    }
    this.#isLineOpen = !text.endsWith("\n");
    return text.split("\n").map((line) => line.replace(/\r$/, "").split("\t").map(printable).join("\t")).join(
      "\n",
    );
  }

  #newLine(): string {
    const isOpen = this.#isLineOpen;
    this.#isLineOpen = false;
    return isOpen ? "\n" : "";
  }
}

/** Returns how many bytes at the end are the beginning of a character of UTF-8. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes.at(-back)!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return byte <= 0xf4 && back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
