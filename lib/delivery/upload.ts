import { release } from "../platform/memory.ts";
import { encodeMessage } from "../protocol/message.ts";
import type { OutboundMessage } from "../storage/types.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { DocumentReader } from "./outbound_store.ts";

/** Read-ahead of all documents to one recipient, bytes: as much again may be read and not sent. */
const READ_BYTES = 1024 * 1024;
/** Most documents sent in parts to one recipient at a time; more wait. */
const UPLOADS = 8;
/** Overhead of a part's frame, bytes. */
const PART_OVERHEAD = 5 + 64;

/** A requested range of a document whose upload has not started. */
interface Wanted {
  readonly item: PendingMessage;
  readonly offset: number;
  readonly until: number;
}

/** Documents that one session sends in parts, as far as the recipient requests them. They take turns. */
export class Uploads {
  /** By number, in the order of their turns. */
  readonly #uploads = new Map<number, Upload>();
  readonly #waiting = new Map<number, Wanted>();

  /**
   * @param open opens a document for reading
   * @param wake called when there is a part to send
   * @param failed called when a document cannot be read
   */
  constructor(
    private readonly open: (message: OutboundMessage) => Promise<DocumentReader>,
    private readonly wake: () => void,
    private readonly failed: (item: PendingMessage, error: unknown) => void,
  ) {}

  /** Notes a request for the bytes from `offset` to `until`, or for more than before if `until` is higher. */
  want(seq: number, item: PendingMessage, offset: number, until: number): void {
    let upload = this.#uploads.get(seq);
    if (!upload && this.#uploads.size >= UPLOADS) {
      const waiting = this.#waiting.get(seq);
      const from = waiting && until > waiting.until ? waiting.offset : offset;
      this.#waiting.set(seq, { item, offset: from, until });
      return;
    }
    if (!upload) {
      const { message } = item;
      const fail = (error: unknown) => {
        this.end(seq);
        this.failed(item, error);
      };
      const most = () => READ_BYTES / this.#uploads.size;
      upload = new Upload(seq, message.size, this.open(message), most, this.wake, fail);
      this.#uploads.set(seq, upload);
    }
    upload.want(offset, until);
    this.wake();
  }

  /** Returns the next part, in a frame of at most `max` bytes. */
  nextFrame(max: number): Uint8Array | undefined {
    for (const [seq, upload] of this.#uploads) {
      const frame = upload.nextFrame(max);
      if (!frame) continue;
      this.#uploads.delete(seq);
      this.#uploads.set(seq, upload);
      return frame;
    }
    return undefined;
  }

  /** Ends an upload whose document was answered or given up. */
  end(seq: number): void {
    this.#waiting.delete(seq);
    this.#uploads.get(seq)?.close();
    if (!this.#uploads.delete(seq)) return;
    for (const [next, { item, offset, until }] of this.#waiting) {
      this.#waiting.delete(next);
      return this.want(next, item, offset, until);
    }
  }

  /** Ends all uploads with the session. */
  close(): void {
    for (const upload of this.#uploads.values()) upload.close();
    this.#uploads.clear();
    this.#waiting.clear();
  }
}

class Upload {
  /** Bytes that were read but not sent. */
  #ready: Uint8Array[] = [];
  /** Bytes already sent of the first of these. */
  #sent = 0;
  /** Memory of bytes that were sent. */
  #spare: Uint8Array | undefined;
  #sendAt = 0;
  #readAt = 0;
  #until = 0;
  /** End of the requested range; it may be beyond the document. */
  #asked = 0;
  #reading = false;
  /** Number of the current run of reads: results of earlier runs are dropped. */
  #run = 0;
  #closed = false;

  constructor(
    private readonly seq: number,
    private readonly size: number,
    private readonly reader: Promise<DocumentReader>,
    /** Returns how many bytes to read at a time. */
    private readonly most: () => number,
    private readonly wake: () => void,
    private readonly failed: (error: unknown) => void,
  ) {
    reader.catch((error) => {
      if (!this.#closed) failed(error);
    });
  }

  want(offset: number, until: number): void {
    if (until <= this.#asked || this.#run === 0) {
      this.#run++;
      this.#ready = [];
      this.#sent = 0;
      this.#sendAt = this.#readAt = Math.min(offset, this.size);
    }
    this.#asked = until;
    this.#until = Math.min(until, this.size);
  }

  nextFrame(max: number): Uint8Array | undefined {
    const room = max - PART_OVERHEAD;
    const piece = this.#ready[0]?.subarray(this.#sent, this.#sent + room);
    const isShort = this.#ready.length < 2 && this.#readAt < this.#until;
    if (isShort && !this.#reading) void this.#read(room * Math.max(1, Math.floor(this.most() / room)));
    if (!piece) return undefined;
    const frame = encodeMessage({ type: "part", seq: this.seq, offset: this.#sendAt, body: piece });
    this.#sendAt += piece.length;
    this.#sent += piece.length;
    if (this.#sent === this.#ready[0]!.length) {
      this.#done(this.#ready.shift()!);
      this.#sent = 0;
    }
    return frame;
  }

  /** Keeps the memory of what was sent for the next read, unless less is to be read at a time now. */
  #done({ buffer }: Uint8Array): void {
    const memory = new Uint8Array(buffer as ArrayBuffer);
    if (this.#spare === undefined && memory.length <= this.most()) this.#spare = memory;
    else release(memory);
  }

  close(): void {
    this.#closed = true;
    if (this.#spare) release(this.#spare);
    this.#spare = undefined;
    this.reader.then((reader) => reader.close(), () => {});
  }

  async #read(most: number): Promise<void> {
    this.#reading = true;
    const run = this.#run;
    try {
      const reader = await this.reader;
      if (this.#closed) return;
      const spare = this.#spare;
      this.#spare = undefined;
      const bytes = await reader.read(this.#readAt, Math.min(most, this.#until - this.#readAt), spare);
      if (spare && spare.buffer !== bytes.buffer) release(spare);
      if (this.#closed || run !== this.#run) return;
      if (bytes.length === 0) throw new Error("it is shorter than it was");
      this.#readAt += bytes.length;
      this.#ready.push(bytes);
    } catch (error) {
      if (!this.#closed) this.failed(error);
    } finally {
      this.#reading = false;
      if (!this.#closed) this.wake();
    }
  }
}
