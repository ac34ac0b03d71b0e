import { printable } from "../../protocol/label.ts";
import type { Output } from "../terminal/output.ts";

/** Longest line that is held back until it is whole, bytes. */
const LINE_MAX = 1024 * 1024;

/** Most of the last line that is remembered, bytes. */
const LAST_MAX = 512;

const NEWLINE = 10;

/**
 * Prints the output of a program in whole lines, at the pace of the reader: lines of programs that run at the same time
 * do not mix. A terminal gets nothing that it could take for commands; anything else gets the bytes as they are.
 */
export class Lines {
  readonly #out: Output;
  #rest: Uint8Array[] = [];
  #length = 0;
  /** The last line that is not empty, for people. */
  last = "";

  constructor(out: Output) {
    this.#out = out;
  }

  /** Takes the next piece. */
  async push(piece: Uint8Array): Promise<void> {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      this.#add(piece.subarray(0, end));
      await this.#print();
    }
    this.#add(piece.subarray(end));
    if (this.#length >= LINE_MAX) await this.#print();
  }

  /** Prints the unfinished line at the end. */
  async end(): Promise<void> {
    if (this.#length === 0) return;
    this.#add(Uint8Array.of(NEWLINE));
    await this.#print();
  }

  #add(part: Uint8Array): void {
    if (part.length === 0) return;
    // The piece is a buffer that may be used again.
    this.#rest.push(part.slice());
    this.#length += part.length;
  }

  async #print(): Promise<void> {
    const block = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#rest) {
      block.set(part, at);
      at += part.length;
    }
    this.#rest = [];
    this.#length = 0;
    this.last = lastLine(block) ?? this.last;
    await this.#out.bytes(
      this.#out.isTerminal ? new TextEncoder().encode(printable(new TextDecoder().decode(block))) : block,
    );
  }
}

/** Returns the last line that is not blank; undefined if there is none. */
function lastLine(block: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(block.subarray(-LAST_MAX));
  return text.split("\n").map((line) => line.trim()).findLast((line) => line !== "");
}
