import { dirname } from "../../platform/std_path.ts";
import { createHash, type Hash } from "node:crypto";
import { type CannotSync, syncData, syncFile, syncFolder } from "../../platform/sync.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { JsonValidator } from "../../protocol/json_validator.ts";
import { fileSize, removeIfThere, writeAll } from "./file_access.ts";

/** Bytes that are written before the file is synced again. */
const SYNC_BYTES = 4 * 1024 * 1024;
/** Bytes read at a time when a file is resumed. */
const READ_BYTES = 1024 * 1024;

/** The content is wrong: the whole document has to be sent again. */
export class HashError extends Error {}

/** The file was removed, or discarded to make room: the whole document has to be sent again. Not the sender's fault. */
export class GoneError extends Error {}

/** The file of one large document. */
export class PartialFile {
  /** Called with the number of bytes on disk. */
  onDurable: (offset: number) => void = () => {};
  #file: Deno.FsFile | undefined;
  #hash: Hash = createHash("sha256");
  #validator = new JsonValidator();
  #synced = 0;
  #syncing: Promise<void> | undefined;
  #failed = false;
  #isResumed = false;

  /** Bytes written. */
  offset = 0;

  /** @param sha256 of the whole document, hex */
  constructor(
    private readonly folder: string,
    readonly path: string,
    private readonly sha256: string,
    private readonly cannotSync?: CannotSync,
  ) {}

  /** Tells whether it can continue as it is. */
  get isGood(): boolean {
    return this.#file !== undefined && !this.#failed;
  }

  /** Tells whether its path still leads to this file. */
  get isInPlace(): boolean {
    const { ino, dev } = this.#file!.statSync();
    try {
      const named = Deno.lstatSync(this.path);
      return named.ino === ino && named.dev === dev;
    } catch {
      return false;
    }
  }

  /** Resumes after the bytes that are on disk; reads them for hash and validation. */
  async takeUp(durable: number): Promise<void> {
    const there = fileSize(this.path);
    if (there === undefined || there < durable) removeIfThere(this.path);
    Deno.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const file = this.#file = Deno.openSync(this.path, { read: true, write: true, create: true });
    const end = there !== undefined && there >= durable ? durable : 0;
    try {
      const buffer = new Uint8Array(Math.min(READ_BYTES, end));
      while (this.offset < end) {
        const n = await file.read(buffer.subarray(0, end - this.offset));
        if (n === null) throw new Error("the file of what came so far ends too early");
        this.#count(buffer.subarray(0, n));
      }
    } catch {
      // The file is not what was written: start again.
      this.#restart();
    }
    this.#isResumed = this.offset > 0;
    this.#synced = this.offset;
    file.truncateSync(this.offset);
  }

  #count(bytes: Uint8Array): void {
    this.#validator.push(bytes);
    this.#hash.update(bytes);
    this.offset += bytes.length;
  }

  #restart(): void {
    this.#hash = createHash("sha256");
    this.#validator = new JsonValidator();
    this.offset = 0;
    this.#file!.seekSync(0, Deno.SeekMode.Start);
  }

  /** Appends a piece. Syncs in the background at intervals. */
  write(piece: Uint8Array): void {
    if (this.#failed) throw new Error("an earlier piece could not be written");
    try {
      this.#count(piece);
      writeAll(this.#file!, piece);
    } catch (error) {
      this.#failed = true;
      throw this.#blame(error);
    }
    this.#syncInTime();
  }

  #syncInTime(): void {
    if (this.offset - this.#synced < SYNC_BYTES || this.#syncing || this.#failed) return;
    this.#syncing = this.#sync().catch(() => {
      this.#failed = true;
    }).finally(() => {
      this.#syncing = undefined;
      this.#syncInTime();
    });
  }

  async #sync(): Promise<void> {
    const { offset } = this;
    await syncData(this.#file!, this.cannotSync);
    this.#synced = offset;
    this.onDurable(offset);
  }

  /** Checks and syncs the complete file. @throws {ProtocolError} not JSON; {HashError} wrong hash; {GoneError} */
  async finish(): Promise<void> {
    while (this.#syncing) await this.#syncing;
    if (this.#failed) throw new Error("a piece could not be written");
    const digest = this.#hash.digest("hex");
    if (digest !== this.sha256) throw new HashError("its hash is not the one that was announced");
    try {
      this.#validator.end();
    } catch (error) {
      throw this.#blame(error);
    }
    syncFile(this.#file!, this.cannotSync);
    if (!this.isInPlace) throw new GoneError();
    // Sync its name, and those of its folders, which may be new.
    for (let folder = this.folder, n = 0; n < 3; folder = dirname(folder), n++) {
      syncFolder(folder, this.cannotSync);
    }
  }

  /**
   * After a resume, the fault may be the disk's: returns an error that asks for all of it again, not one that blames
   * the sender.
   */
  #blame(error: unknown): unknown {
    return this.#isResumed && error instanceof ProtocolError
      ? new HashError("what was kept of it is damaged")
      : error;
  }

  /** Makes the written bytes durable. */
  async suspend(): Promise<void> {
    while (this.#syncing) await this.#syncing;
    if (!this.#failed && this.offset > this.#synced) await this.#sync();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
