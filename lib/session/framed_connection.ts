import type { Connection } from "../net/types.ts";
import { release } from "../platform/memory.ts";
import { HANDSHAKE_PAYLOAD_MAX, RECORD_MAX, TAG_BYTES } from "../protocol/limits.ts";
import { RecordSplitter } from "../protocol/record.ts";

/** Longest message of a handshake: an ephemeral key, a sealed static key, a sealed payload. */
const HANDSHAKE_MESSAGE_MAX = 32 + (32 + TAG_BYTES) + (HANDSHAKE_PAYLOAD_MAX + TAG_BYTES);

/**
 * Larger pieces are written from memory that is used again: it is in the processor's cache. Only connections that take
 * them fast get such pieces.
 */
const REUSED_MIN = 160 * 1024;
const REUSED_BYTES = 256 * 1024;

/** Memory of the last large piece; one for all connections. */
let spare: Uint8Array | undefined;

function takeMemory(length: number): Uint8Array {
  if (length < REUSED_MIN || length > REUSED_BYTES) return new Uint8Array(length);
  const memory = spare ?? new Uint8Array(REUSED_BYTES);
  spare = undefined;
  return memory;
}

function keepMemory(memory: Uint8Array): void {
  if (memory.length === REUSED_BYTES && !spare) spare = memory;
  else release(memory);
}

/** A connection as a sequence of `u16 length ‖ bytes`, the form of handshake messages and records. */
export class FramedConnection {
  /** Grows with what arrives: an unproven peer gets little of our memory. */
  readonly #splitter = new RecordSplitter(HANDSHAKE_MESSAGE_MAX);
  #isHandshake = true;

  constructor(readonly connection: Connection) {}

  /**
   * Reads exactly `length` bytes (at most four) that stand before the first message.
   *
   * @returns undefined if the stream ends before that
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
   * Returns the next message; undefined at the end of the stream, even within a message. A record is valid until the
   * next read.
   *
   * @throws {ProtocolError} `too-long`; or the connection's own error
   */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#splitter.next();
      // The handshake keeps views of its messages (keys), so they need memory of their own.
      if (message) return this.#isHandshake ? message.slice() : message;
      const count = await this.connection.read(this.#splitter.room());
      if (count === null) return undefined;
      this.#splitter.filled(count);
    }
  }

  /** Ends the handshake: from now on messages are records. */
  expectRecords(): void {
    this.#splitter.maxLength = RECORD_MAX;
    this.#isHandshake = false;
  }

  /** Returns a record that has already arrived, without waiting; valid until the next read. */
  readNow(): Uint8Array | undefined {
    return this.#splitter.next();
  }

  /** Writes messages in one piece, each preceded by its length, and frees their memory. */
  async write(messages: readonly Uint8Array[], preface?: Uint8Array): Promise<void> {
    let length = preface?.length ?? 0;
    for (const message of messages) length += 2 + message.length;
    const memory = takeMemory(length);
    const bytes = memory.subarray(0, length);
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
      release(message);
    }
    await this.connection.write(bytes);
    keepMemory(memory);
  }

  /** Closes the connection. */
  close(): void {
    this.connection.close();
  }
}
