import type { Connection } from "../net/types.ts";
import { HANDSHAKE_PAYLOAD_MAX, RECORD_MAX, TAG_BYTES } from "../protocol/limits.ts";
import { RecordSplitter } from "../protocol/record.ts";

const READ_BYTES = 64 * 1024;
/** Whoever has not shown who it is gets little of our memory. */
const HANDSHAKE_READ_BYTES = 1024;
/** Longest message of a handshake: an ephemeral key, a sealed static key, a sealed payload. */
const HANDSHAKE_MESSAGE_MAX = 32 + (32 + TAG_BYTES) + (HANDSHAKE_PAYLOAD_MAX + TAG_BYTES);

/** A connection as a sequence of `u16 length ‖ bytes`, the form of handshake messages and records. */
export class FramedConnection {
  readonly #splitter = new RecordSplitter(HANDSHAKE_MESSAGE_MAX);
  #buffer = new Uint8Array(HANDSHAKE_READ_BYTES);

  constructor(readonly connection: Connection) {}

  /**
   * Reads exactly `length` bytes (at most four) that stand before the first message.
   *
   * @returns undefined where the stream ends before that
   */
  async readPreface(length: number): Promise<Uint8Array | undefined> {
    const preface = new Uint8Array(length);
    for (let have = 0; have < length;) {
      const count = await this.connection.read(preface.subarray(have));
      if (count === null) return undefined;
      have += count;
    }
    return preface;
  }

  /**
   * The next message; undefined at the end of the stream, also inside a message. A view that later reads never change.
   *
   * @throws {ProtocolError} `too-long`; and whatever the connection fails with
   */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#splitter.next();
      if (message) return message;
      const count = await this.connection.read(this.#buffer);
      if (count === null) return undefined;
      this.#splitter.push(this.#buffer.slice(0, count));
    }
  }

  /** The handshake is done: from now on messages are records. */
  expectRecords(): void {
    this.#splitter.maxLength = RECORD_MAX;
    this.#buffer = new Uint8Array(READ_BYTES);
  }

  /** A message that has already arrived, without waiting. */
  readNow(): Uint8Array | undefined {
    return this.#splitter.next();
  }

  /** Writes messages, each with its length before it, in one piece. */
  write(messages: readonly Uint8Array[], preface?: Uint8Array): Promise<void> {
    let length = preface?.length ?? 0;
    for (const message of messages) length += 2 + message.length;
    const bytes = new Uint8Array(length);
    let at = 0;
    if (preface) {
      bytes.set(preface);
      at = preface.length;
    }
    for (const message of messages) {
      bytes[at] = message.length >> 8;
      bytes[at + 1] = message.length;
      bytes.set(message, at + 2);
      at += 2 + message.length;
    }
    return this.connection.write(bytes);
  }

  /** Closes the connection. */
  close(): void {
    this.connection.close();
  }
}
