import { ProtocolError } from "./protocol_error.ts";

const LENGTH_BYTES = 2;
/** Initial size of the buffer, bytes. It grows as needed, to at most twice the longest record with its length. */
const FIRST_BYTES = 1024;

/**
 * Splits a byte stream into `u16 length ‖ bytes`: handshake messages, then records. The buffer grows with the bytes
 * that really arrived, whatever length was declared.
 */
export class RecordSplitter {
  #storage = new Uint8Array();
  /** Unread bytes are from `#start` to `#end`. */
  #start = 0;
  #end = 0;

  /** @param maxLength largest length that may be declared, 1 to 65535: first of handshake messages, then of records */
  constructor(public maxLength: number) {}

  /** Number of unread bytes. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /**
   * Returns memory for the next bytes of the stream; {@linkcode filled} tells how many there were. Invalidates all
   * records returned before.
   */
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

  /** Notes that the first `count` bytes of {@linkcode room} were filled. */
  filled(count: number): void {
    this.#end += count;
  }

  /** Copies a chunk of the stream. Invalidates all records returned before. */
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
   * Returns the next whole record without its length; undefined if it has not arrived whole. It is a view, valid until
   * more bytes arrive.
   *
   * @throws {ProtocolError} `too-long`, or `too-short` for length 0, as soon as such a length arrives; the stream is
   *   unusable after that
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
