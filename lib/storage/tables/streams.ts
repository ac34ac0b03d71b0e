import type { DatabaseSync } from "node:sqlite";
import { safeName, suffixedName } from "../files/safe_name.ts";
import type { FreeName, NameTable } from "./names.ts";
import { prepareAll } from "./rows.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Most files of streams cached between transactions. */
const CACHED_MAX = 4096;

/** A file whose lines are the documents of one stream on one UTC day. */
export interface StreamFile {
  readonly row: number;
  /** Row of its folder. */
  readonly folder: number;
  readonly file: string;
  /** Offset of the next line, bytes. */
  length: number;
}

/** A line of a stream's file, and its offset. */
export interface Line {
  readonly file: StreamFile;
  readonly offset: number;
}

/** The files of streams: `<stream>-<day>.jsonl` in the sender's folder. */
export class StreamTable {
  readonly #sql;
  readonly #cache = new Map<string, StreamFile>();
  readonly #changed = new Set<StreamFile>();

  constructor(db: DatabaseSync, private readonly names: NameTable) {
    const columns = "SELECT row, folder, file, length FROM stream_file";
    this.#sql = prepareAll(db, {
      select: `${columns} WHERE folder = ? AND stream = ? AND day = ?`,
      selectRow: `${columns} WHERE row = ?`,
      insert:
        "INSERT INTO stream_file (folder, stream, day, file, file_key, length) VALUES (?, ?, ?, ?, ?, 0)",
      update: "UPDATE stream_file SET length = ? WHERE row = ?",
      updateName: "UPDATE stream_file SET file = ?, file_key = ? WHERE row = ?",
    });
  }

  /**
   * Returns the next line of the stream's file for the day; a new file gets its name now. {@linkcode extend} takes the
   * line.
   *
   * @param folder row of the sender's folder
   * @param at when it was received, milliseconds since 1970
   */
  next(folder: number, stream: string, at: number): Line {
    const key = `${folder} ${Math.floor(at / DAY_MS)} ${stream}`;
    let file = this.#cache.get(key);
    if (!file) {
      const day = new Date(at).toISOString().slice(0, 10);
      const row = this.#sql.select.get(folder, stream, day) as StreamFile | undefined;
      file = row ? { ...row } : this.#create(folder, stream, day);
      this.#cache.set(key, file);
    }
    return { file, offset: file.length };
  }

  /** Takes the next line of a file. @param bytes its length */
  extend(file: StreamFile, bytes: number): void {
    file.length += bytes;
    this.#changed.add(file);
  }

  /** Returns the file of a row. Do not call between {@linkcode extend} and {@linkcode flush}. */
  get(row: number): StreamFile {
    return this.#sql.selectRow.get(row) as unknown as StreamFile;
  }

  /** Records the offset of the next line. */
  setLength(row: number, length: number): void {
    this.#sql.update.run(length, row);
    this.reset();
  }

  /** Records another name of a file. */
  rename(row: number, name: FreeName): void {
    this.#sql.updateName.run(name.file, name.key, row);
    this.reset();
  }

  /** Writes the changes; call at the end of each transaction. */
  flush(): void {
    for (const { length, row } of this.#changed) this.#sql.update.run(length, row);
    this.#changed.clear();
    if (this.#cache.size > CACHED_MAX) this.#cache.clear();
  }

  /** Drops unwritten changes after a rollback. */
  reset(): void {
    this.#cache.clear();
    this.#changed.clear();
  }

  #create(folder: number, stream: string, day: string): StreamFile {
    const name = this.names.free(folder, suffixedName(safeName(`${stream}.jsonl`), `-${day}`));
    const { lastInsertRowid } = this.#sql.insert.run(folder, stream, day, name.file, name.key);
    return { row: Number(lastInsertRowid), folder, file: name.file, length: 0 };
  }
}
