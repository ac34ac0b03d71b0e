import { dirname, join } from "@std/path";
import { ulid } from "@std/ulid";
import { createHash } from "node:crypto";
import { syncFolder } from "../platform/atomic_write.ts";
import { UserError } from "../platform/user_error.ts";
import { JsonValidator } from "../protocol/json_validator.ts";
import { DOCUMENT_LIMIT } from "../protocol/limits.ts";
import { fileSize, removeIfThere } from "./files.ts";

const NAME = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** A file that no message refers to is removed when it is older than this: somebody may be about to refer to it. */
const ORPHAN_MS = 24 * 3_600_000;

/** A document in the spool: on disk, and known to be JSON. */
export interface Spooled {
  /** Name of its file. */
  readonly spool: string;
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

/** Whether a text is the name of a file of the spool. */
export function isSpoolName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The spool of a profile, `spool/` in its state folder: copies of large documents on their way out, so that they are what
 * they were when they were handed in. Several processes of the profile may write to it.
 */
export class Spool {
  readonly #folder;

  /** @param state state folder of the profile */
  constructor(state: string) {
    this.#folder = join(state, "spool");
  }

  /** Path of a file of the spool. @throws {UserError} where that is no name of one */
  path(name: string): string {
    if (!isSpoolName(name)) throw new UserError(`"${name}" is no file of the spool.`);
    return join(this.#folder, name);
  }

  /**
   * Copies a document, and makes the copy durable.
   *
   * @throws {ProtocolError} `not-json`, with the offset of the first wrong byte
   * @throws {UserError} where it is larger than any document may be, or the disk cannot take it
   */
  async add(pieces: AsyncIterable<Uint8Array>): Promise<Spooled> {
    const spool = ulid();
    const path = this.path(spool);
    const hash = createHash("sha256");
    const validator = new JsonValidator();
    let size = 0;
    try {
      await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
      using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      for await (const piece of pieces) {
        size += piece.length;
        if (size > DOCUMENT_LIMIT) throw new UserError("A document has at most 4 GiB.");
        validator.push(piece);
        hash.update(piece);
        for (let done = 0; done < piece.length;) done += await file.write(piece.subarray(done));
      }
      validator.end();
      await file.syncData();
      for (const folder of [this.#folder, dirname(this.#folder)]) syncFolder(folder);
    } catch (error) {
      removeIfThere(path);
      if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOSPC") throw error;
      throw new UserError(
        `There is no room for a copy of the document in ${this.#folder}: make room there.`,
        undefined,
        {
          cause: error,
        },
      );
    }
    return { spool, size, sha256: hash.digest("hex") };
  }

  /** Reads a small document, and removes its file. */
  async take({ spool }: Pick<Spooled, "spool">): Promise<Uint8Array> {
    const body = await Deno.readFile(this.path(spool));
    this.remove(spool);
    return body;
  }

  /** Removes a file. */
  remove(name: string): void {
    removeIfThere(this.path(name));
  }

  /** Removes what a process left that was ended before anything referred to it. @param now milliseconds since 1970 */
  sweep(isNeeded: (name: string) => boolean, now: number): void {
    let entries: Iterable<Deno.DirEntry>;
    try {
      entries = [...Deno.readDirSync(this.#folder)];
    } catch {
      return; // Nothing was ever spooled.
    }
    for (const { name } of entries) {
      if (!NAME.test(name) || isNeeded(name)) continue;
      try {
        const { mtime } = Deno.statSync(join(this.#folder, name));
        if (mtime && now - mtime.getTime() > ORPHAN_MS) this.remove(name);
      } catch { /* somebody else was faster */ }
    }
  }

  /** Opens a document for reading. @throws {UserError} where its file is not what it was */
  async open({ spool, size }: Pick<Spooled, "spool" | "size">): Promise<SpoolReader> {
    const path = this.path(spool);
    if (fileSize(path) !== size) {
      throw new UserError(`The copy ${path} of a document that was to be sent is gone: send it again.`);
    }
    return new SpoolReader(await Deno.open(path));
  }
}

/** A document of the spool that is being read. */
export class SpoolReader {
  constructor(private readonly file: Deno.FsFile) {}

  /** Bytes from `offset` on, as far as there are any. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    await this.file.seek(offset, Deno.SeekMode.Start);
    const buffer = new Uint8Array(length);
    let done = 0;
    for (let n; done < length && (n = await this.file.read(buffer.subarray(done)));) done += n;
    return buffer.subarray(0, done);
  }

  close(): void {
    this.file.close();
  }
}
