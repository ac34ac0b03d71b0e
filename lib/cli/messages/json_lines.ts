import type { SpooledDocument } from "../../peer/types.ts";
import { joinBytes } from "../../platform/join_bytes.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { validateJson } from "../../protocol/json_validator.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { hasUtf8Mark, otherEncoding } from "../../protocol/text_encoding.ts";
import type { AddToSpool } from "./document.ts";
import { type Input, PIECE } from "./input.ts";

const NEWLINE = 10;
const RETURN = 13;
const NO_BYTES = new Uint8Array();

/** A document of JSON Lines, or the reason why its line cannot be sent. */
export interface JsonLine {
  /** Number of its line, from 1. */
  readonly number: number;
  /** Its bytes, in memory or as a copy in the spool. */
  readonly content?: Uint8Array | SpooledDocument;
  /** The reason, as the end of a sentence; there is no content then. */
  readonly fault?: string;
  /** Bytes read up to the end of the line. */
  readonly end: number;
}

/**
 * Reads documents from JSON Lines as they come. Blank lines are passed over; `\r\n` ends a line like `\n`, and the last
 * one may have no end. It holds a line in memory up to the size of one frame; a longer one is copied to the spool.
 */
export class JsonLines {
  readonly #input: Input;
  readonly #spool: AddToSpool | undefined;
  readonly #beforeReading: () => void;
  readonly #buffer = new Uint8Array(PIECE);
  /** Bytes read, not yet taken: a view of the buffer, whose content the next reading changes. */
  #rest = this.#buffer.subarray(0, 0);
  #taken = 0;
  #number = 0;

  /**
   * @param spool undefined if a document must fit one frame, as in a stream
   * @param beforeReading called whenever all whole lines that were read were yielded, before a wait for more
   */
  constructor(input: Input, spool: AddToSpool | undefined, beforeReading: () => void = () => {}) {
    this.#input = input;
    this.#spool = spool;
    this.#beforeReading = beforeReading;
  }

  /**
   * Yields the lines that are not blank.
   *
   * @throws {UserError} the input cannot be read, or the spool cannot take a line
   * @throws {Interrupted} the user ends the command
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<JsonLine> {
    for (let head; (head = await this.#head()) !== undefined;) {
      this.#number++;
      const found = head.isWhole && head.bytes.length <= INLINE_DOCUMENT_MAX
        ? isBlank(head.bytes) ? undefined : this.#small(head.bytes)
        : await this.#large(head.bytes, head.isWhole);
      if (found) yield { number: this.#number, ...found, end: this.#taken };
    }
  }

  /** Takes a line, or the beginning of one that is too long for a frame; undefined at the end of the input. */
  async #head(): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean } | undefined> {
    // A line of the largest size may end with \r\n.
    const most = INLINE_DOCUMENT_MAX + 2;
    let searched = 0;
    while (true) {
      const end = this.#rest.subarray(0, most).indexOf(NEWLINE, searched);
      if (end >= 0) {
        const bytes = withoutReturn(this.#take(end));
        this.#take(1);
        return { bytes, isWhole: true };
      }
      if (this.#rest.length >= most) return { bytes: this.#take(most - 1), isWhole: false };
      searched = this.#rest.length;
      if (await this.#more()) continue;
      return searched === 0 ? undefined : { bytes: withoutReturn(this.#take(searched)), isWhole: true };
    }
  }

  #small(bytes: Uint8Array): Pick<JsonLine, "content" | "fault"> {
    const fault = this.#faultOf(bytes, () => validateJson(bytes));
    return fault === undefined ? { content: bytes.slice() } : { fault };
  }

  /** Copies a long line to the spool; what is left of one that cannot be sent is passed over. */
  async #large(bytes: Uint8Array, isWhole: boolean): Promise<Pick<JsonLine, "content" | "fault">> {
    const head = bytes.slice();
    const tail = isWhole ? undefined : this.#tail();
    let result: Pick<JsonLine, "content" | "fault">;
    if (this.#spool === undefined) {
      result = {
        fault: `has more than ${INLINE_DOCUMENT_MAX} bytes, the most that a document of a stream has`,
      };
    } else {
      try {
        result = { content: await this.#spool(piecesOf(head, tail)) };
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        result = {
          fault: this.#faultOf(head, () => {
            throw error;
          }),
        };
      }
    }
    if (tail) { for await (const _ of tail) { /* up to the end of the line */ } }
    return result;
  }

  /**
   * Yields the rest of a line, in pieces with memory of their own. Leaving the loop early does not end it: the next loop
   * continues.
   */
  #tail(): AsyncIterableIterator<Uint8Array> {
    let held = NO_BYTES;
    let isOver = false;
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      while (!isOver) {
        if (this.#rest.length === 0 && !await this.#more()) isOver = true;
        const end = this.#rest.indexOf(NEWLINE);
        const part = this.#take(end < 0 ? this.#rest.length : end);
        if (end >= 0) {
          this.#take(1);
          isOver = true;
        }
        // A copy: the spool still writes a piece while the next one is read.
        const bytes = joinBytes([held, part]);
        // A carriage return may be the first half of the line's end.
        const isReturn = bytes.at(-1) === RETURN;
        const value = isReturn ? bytes.subarray(0, -1) : bytes;
        held = isReturn && !isOver ? bytes.slice(-1) : NO_BYTES;
        if (value.length > 0) return { done: false, value };
      }
      return { done: true, value: undefined };
    };
    return {
      next,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Reads what is there; false at the end of the input. */
  async #more(): Promise<boolean> {
    this.#beforeReading();
    const { length } = this.#rest;
    let start = this.#rest.byteOffset;
    if (length === 0 || start + length === PIECE) {
      this.#buffer.copyWithin(0, start, start + length);
      start = 0;
    }
    const count = await this.#input.read(this.#buffer.subarray(start + length));
    this.#rest = this.#buffer.subarray(start, start + length + count);
    return count > 0;
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.#taken += length;
    return taken;
  }

  #faultOf(start: Uint8Array, check: () => void): string | undefined {
    try {
      check();
      return undefined;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (this.#number === 1 && hasUtf8Mark(start)) {
        return "begins with a byte-order mark, which JSON must not: save it as UTF-8 without one";
      }
      const other = otherEncoding(start, Number(/at byte (\d+)/.exec(error.message)?.[1] ?? 0));
      return other ? `${other.what}; ${other.todo}` : `is ${error.message}`;
    }
  }
}

async function* piecesOf(
  start: Uint8Array,
  tail: AsyncIterableIterator<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  yield start;
  for (let next; tail && !(next = await tail.next()).done;) yield next.value;
}

function withoutReturn(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === RETURN);
}
