import { ProtocolError } from "./errors.ts";

const LENGTH_BYTES = 2;

/**
 * Splits a byte stream into `u16 length ‖ bytes`: handshake messages first, records afterwards. Holds only bytes that
 * have really arrived, whatever length was declared.
 */
export class RecordSplitter {
  #maxLength: number;
  /** What is not yet taken lies from `#start` to `#end`; a chunk of the caller's, or storage of our own. */
  #bytes: Uint8Array = new Uint8Array();
  #start = 0;
  #end = 0;
  #borrowed = false;

  /** @param maxLength largest length that may be declared: 1 to 65535 */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Bytes that have arrived and were not taken yet. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Changes the limit between two records: handshake messages and records have different ones. */
  set maxLength(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /**
   * Takes what the stream brought. The chunk may be used again once {@linkcode next} has returned undefined and the
   * records that it gave are done with.
   */
  push(chunk: Uint8Array): void {
    if (this.buffered === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#borrowed = true;
    } else {
      this.#own(chunk);
    }
  }

  /**
   * The next whole record without its length; undefined where more has to arrive first. A view: of the chunk where the
   * record lies in one, else of memory that is never written again.
   *
   * @throws {ProtocolError} `too-long` or, for the length 0, `too-short`, as soon as such a length is seen; the stream
   * is of no use after that
   */
  next(): Uint8Array | undefined {
    if (this.buffered >= LENGTH_BYTES) {
      const length = (this.#bytes[this.#start]! << 8) | this.#bytes[this.#start + 1]!;
      if (length > this.#maxLength) throw new ProtocolError("too-long", "a record is over its limit");
      if (length === 0) throw new ProtocolError("too-short", "a record is empty");
      const from = this.#start + LENGTH_BYTES;
      if (from + length <= this.#end) {
        this.#start = from + length;
        return this.#bytes.subarray(from, this.#start);
      }
    }
    if (this.buffered === 0) this.#bytes = new Uint8Array();
    else if (this.#borrowed) this.#own(new Uint8Array());
    return undefined;
  }

  /**
   * Appends to storage of our own, which grows with what has arrived: doubled, so that single bytes cost little. Bytes
   * once written there stay, because records given out are views of them.
   */
  #own(chunk: Uint8Array): void {
    const held = this.buffered;
    if (this.#borrowed || this.#end + chunk.length > this.#bytes.length) {
      const storage = new Uint8Array(Math.max(held + chunk.length, this.#borrowed ? 0 : 2 * held));
      storage.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = storage;
      this.#start = 0;
      this.#end = held;
      this.#borrowed = false;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}
