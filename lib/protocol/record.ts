import { ProtocolError } from "./protocol_error.ts";

const LENGTH_BYTES = 2;
/** Storage at first, bytes. It grows as it is filled, to at most twice the longest record and its length. */
const FIRST_BYTES = 1024;

/**
 * Splits a byte stream into `u16 length ‖ bytes`: handshake messages first, records afterwards. Its storage grows with
 * what has really arrived, whatever length was declared.
 */
export class RecordSplitter {
  #storage = new Uint8Array();
  /** What is not yet taken lies from `#start` to `#end`. */
  #start = 0;
  #end = 0;

  /** @param maxLength largest length that may be declared, 1 to 65535: that of handshake messages, then of records */
  constructor(public maxLength: number) {}

  /** Bytes that have arrived and were not taken yet. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Memory for what the stream brings next; {@linkcode filled} tells how much that was. Ends all records given so far. */
  room(): Uint8Array {
    const { length } = this.#storage;
    if (2 * (length - this.#end) < length || length === 0) {
      const isFull = 2 * this.buffered > length || length === 0;
      const storage = isFull ? new Uint8Array(Math.max(FIRST_BYTES, 2 * length)) : this.#storage;
      storage.set(this.#storage.subarray(this.#start, this.#end));
      this.#storage = storage;
      this.#end -= this.#start;
      this.#start = 0;
    }
    return this.#storage.subarray(this.#end);
  }

  /** The first `count` bytes of {@linkcode room} were filled. */
  filled(count: number): void {
    this.#end += count;
  }

  /** Takes what the stream brought; the chunk is copied. Ends all records given so far. */
  push(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0;) {
      const room = this.room();
      const count = Math.min(room.length, rest.length);
      room.set(rest.subarray(0, count));
      this.filled(count);
      rest = rest.subarray(count);
    }
  }

  /**
   * The next whole record without its length; undefined if more has to arrive first. A view, which is good until more
   * arrives.
   *
   * @throws {ProtocolError} `too-long` or, for the length 0, `too-short`, as soon as such a length is seen; the stream
   * is of no use after that
   */
  next(): Uint8Array | undefined {
    if (this.buffered < LENGTH_BYTES) return undefined;
    const length = (this.#storage[this.#start]! << 8) | this.#storage[this.#start + 1]!;
    if (length > this.maxLength) throw new ProtocolError("too-long", "a record is over its limit");
    if (length === 0) throw new ProtocolError("too-short", "a record is empty");
    const from = this.#start + LENGTH_BYTES;
    if (from + length > this.#end) return undefined;
    this.#start = from + length;
    return this.#storage.subarray(from, this.#start);
  }
}
