import type { SpooledDocument } from "../../peer/types.ts";
import { BodyTimeout } from "../../net/http_server.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { validateJson } from "../../protocol/json_validator.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { hasUtf8Mark, otherEncoding } from "../../protocol/text_encoding.ts";
import { WebError } from "./exchange.ts";
import { joinBytes } from "../../platform/join_bytes.ts";

/** Copies a document to the spool of the profile, and checks that it is JSON. */
export type AddToSpool = (pieces: AsyncIterable<Uint8Array>) => Promise<SpooledDocument>;

/**
 * Reads the body of a request as a document: a small one into memory, any other into the spool.
 *
 * @throws {UserError} it is not JSON; names the place
 * @throws {WebError} it stopped in the middle
 */
export async function readUpload(
  body: AsyncIterable<Uint8Array>,
  spool: AddToSpool,
): Promise<Uint8Array | SpooledDocument> {
  const place = new Place();
  const pieces = place.follow(body)[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  try {
    while (length <= INLINE_DOCUMENT_MAX) {
      const { done, value } = await pieces.next();
      if (done) {
        const whole = joinBytes(first, length);
        place.restart(whole);
        validateJson(whole);
        return whole;
      }
      first.push(value);
      length += value.length;
    }
    const start = joinBytes(first, length);
    place.restart(start);
    const rest = { [Symbol.asyncIterator]: () => pieces };
    return await spool((async function* () {
      yield start;
      yield* rest;
    })());
  } catch (error) {
    if (error instanceof ProtocolError) throw new UserError(place.explain(error), ExitCode.usage);
    throw error;
  } finally {
    await pieces.return?.(undefined);
  }
}

const NEWLINE = 10;

/** Follows the pieces of a text, to tell an offset in the last one as a line and a column. */
class Place {
  #start = new Uint8Array();
  #piece = new Uint8Array();
  /** Offset of the last piece, with its line and column. */
  #before = 0;
  #line = 1;
  #column = 1;

  /** Passes pieces on. */
  async *follow(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const piece of body) {
        this.#advance(this.#piece.length);
        this.#piece = new Uint8Array(piece);
        yield this.#piece;
      }
    } catch (error) {
      if (error instanceof BodyTimeout) throw new WebError(408, "The file stopped in the middle.");
      throw error;
    }
  }

  /** Begins anew, with this as the first piece. */
  restart(piece: Uint8Array): void {
    this.#start = this.#piece = new Uint8Array(piece);
    this.#before = 0;
    this.#line = this.#column = 1;
  }

  /** Returns a sentence with the place of a fault in the last piece. */
  explain({ message }: ProtocolError): string {
    if (this.#start.length === 0) return "The file is empty: a JSON document has at least a value.";
    if (hasUtf8Mark(this.#start)) {
      return "The file begins with a byte-order mark, which JSON must not: save it as UTF-8 without one.";
    }
    const at = Math.max(0, Number(/at byte (\d+)/.exec(message)?.[1] ?? 0) - this.#before);
    const other = otherEncoding(this.#start, 0) ?? otherEncoding(this.#piece, at);
    if (other) return `The file ${other.what}; ${other.todo}.`;
    this.#advance(at);
    return `The file is ${message}, line ${this.#line}, column ${this.#column}.`;
  }

  #advance(length: number): void {
    for (const byte of this.#piece.subarray(0, length)) {
      if (byte === NEWLINE) {
        this.#line++;
        this.#column = 1;
      } else if ((byte & 0xc0) !== 0x80) this.#column++;
    }
    this.#before += length;
  }
}
