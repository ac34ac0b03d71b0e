import { dirname, join } from "../../platform/std_path.ts";
import { ulid } from "../../platform/std_ulid.ts";
import { sha256 } from "../../platform/node_crypto.ts";
import { type CannotSync, syncData, syncFolder } from "../../platform/sync.ts";
import { explain, isSystemError, troubleOf } from "../../platform/trouble.ts";
import { UserError } from "../../platform/user_error.ts";
import { JsonValidator } from "../../protocol/json_validator.ts";
import { DOCUMENT_LIMIT } from "../../protocol/limits.ts";
import { fileSize, removeIfThere } from "./file_access.ts";

/** Bytes after which a copy that is being written is synced again. */
const SYNC_BYTES = 16 * 1024 * 1024;

const NAME = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** A document in the spool: on disk, and valid JSON. */
export interface Spooled {
  /** Name of its file. */
  readonly spool: string;
  /** Size, bytes. */
  readonly size: number;
  /** SHA-256, hex. */
  readonly sha256: string;
}

/** Tells whether a text is the name of a spool file. */
export function isSpoolName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The spool of a profile, `spool/` in its state folder: copies of large documents that wait to be sent, unaffected by
 * changes to the originals. Several processes of the profile may write to it.
 */
export class Spool {
  readonly #folder;

  /** @param state state folder of the profile */
  constructor(state: string, private readonly cannotSync?: CannotSync) {
    this.#folder = join(state, "spool");
  }

  /** Returns the path of a spool file. @throws {UserError} invalid name */
  path(name: string): string {
    if (!isSpoolName(name)) throw new UserError(`"${name}" is not a file of the spool.`);
    return join(this.#folder, name);
  }

  /**
   * Copies a document into the spool, durably. Writes each piece while the next one is read and checked.
   *
   * @param pieces each must stay as it is until the one after the next is asked for
   * @throws {ProtocolError} `not-json`, with the offset of the first wrong byte
   * @throws {UserError} the document is larger than the protocol allows, or the disk cannot take it
   */
  async add(pieces: AsyncIterable<Uint8Array>): Promise<Spooled> {
    const spool = ulid();
    const path = this.path(spool);
    const hash = sha256();
    const validator = new JsonValidator();
    let size = 0;
    try {
      await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await using file = await CopyFile.create(path, this.cannotSync);
      for await (const piece of pieces) {
        size += piece.length;
        if (size > DOCUMENT_LIMIT) throw new UserError("A document has less than 4 GiB.");
        validator.push(piece);
        hash.update(piece);
        await file.begin(piece);
      }
      validator.end();
      await file.finish();
      for (const folder of [this.#folder, dirname(this.#folder)]) syncFolder(folder, this.cannotSync);
    } catch (error) {
      removeIfThere(path);
      if (!isSystemError(error)) throw error;
      throw new UserError(
        troubleOf(error).isFull
          ? `There is no room for a copy of the document in ${this.#folder}: make room there.`
          : `The document cannot be copied to ${this.#folder} ${explain(error)}.`,
        undefined,
        { cause: error },
      );
    }
    return { spool, size, sha256: hash.digest("hex") };
  }

  /** Reads a small document whole, and removes its file. */
  async take({ spool }: Pick<Spooled, "spool">): Promise<Uint8Array> {
    const body = await Deno.readFile(this.path(spool));
    this.remove(spool);
    return body;
  }

  /** Removes a file. */
  remove(name: string): void {
    removeIfThere(this.path(name));
  }

  /** Lists the names of the files. */
  files(): string[] {
    try {
      return [...Deno.readDirSync(this.#folder)].map(({ name }) => name).filter((name) => NAME.test(name));
    } catch {
      return []; // Nothing was ever spooled.
    }
  }

  /** Opens a document for reading. @throws {UserError} if its file is gone or has another size */
  async open({ spool, size }: Pick<Spooled, "spool" | "size">): Promise<SpoolReader> {
    const path = this.path(spool);
    if (fileSize(path) !== size) {
      throw new UserError(`The copy ${path} of a document that was to be sent is gone: send it again.`);
    }
    return new SpoolReader(await Deno.open(path));
  }
}

/** A file that is written and synced beside the work of its caller. */
class CopyFile implements AsyncDisposable {
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;
  #unsynced = 0;

  private constructor(
    private readonly file: Deno.FsFile,
    /** The same file: operations on one handle wait for each other. */
    private readonly forSync: Deno.FsFile,
    private readonly cannotSync: CannotSync | undefined,
  ) {}

  static async create(path: string, cannotSync: CannotSync | undefined): Promise<CopyFile> {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    try {
      return new CopyFile(file, await Deno.open(path, { write: true }), cannotSync);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Waits until the piece before is written, and begins to write this one. Throws if that one could not be. */
  async begin(piece: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(piece);
    this.#writing.catch(() => {}); // whoever waits for it hears of it
    this.#unsynced += piece.length;
    if (this.#unsynced < SYNC_BYTES || this.#isSyncing) return;
    this.#unsynced = 0;
    this.#isSyncing = true;
    // A sync that failed counts for ever: a later one may succeed although those bytes were never written.
    this.#syncing = this.#syncing.then(() => syncData(this.forSync, this.cannotSync))
      .finally(() => this.#isSyncing = false);
    this.#syncing.catch(() => {});
  }

  /** Makes the file durable. */
  async finish(): Promise<void> {
    await this.#writing;
    await this.#syncing;
    await syncData(this.file, this.cannotSync);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing]);
    this.file.close();
    this.forSync.close();
  }

  async #write(piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.length;) done += await this.file.write(piece.subarray(done));
  }
}

/** A spooled document, open for reading. */
export class SpoolReader {
  /** Where the file is. */
  #at = 0;

  constructor(private readonly file: Deno.FsFile) {}

  /** Reads bytes from `offset` on, as far as they exist; into `spare` if it is large enough. Only one call at a time. */
  async read(offset: number, length: number, spare?: Uint8Array): Promise<Uint8Array> {
    if (offset !== this.#at) this.#at = await this.file.seek(offset, Deno.SeekMode.Start);
    const buffer = spare && spare.length >= length ? spare.subarray(0, length) : new Uint8Array(length);
    let done = 0;
    for (let n; done < length && (n = await this.file.read(buffer.subarray(done)));) done += n;
    this.#at += done;
    return buffer.subarray(0, done);
  }

  close(): void {
    this.file.close();
  }
}
