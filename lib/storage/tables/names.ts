import type { DatabaseSync } from "node:sqlite";
import { foldName, suffixedName } from "../files/safe_name.ts";

/** Most names whose next free number is remembered. */
const HINTS_MAX = 4096;

/** A name that is free in its folder. */
export interface FreeName {
  readonly file: string;
  /** The name as {@linkcode foldName} folds it, unique in the folder. */
  readonly key: string;
}

/** Finds names that no document and no stream of a folder has. */
export class NameTable {
  readonly #taken;
  readonly #among;
  /** Expected names that are free, with their folder. */
  readonly #fresh = new Set<string>();
  /** Folder and name → the number to try next. */
  readonly #hints = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#taken = db.prepare(
      `SELECT 1 FROM message WHERE folder = ?1 AND file_key = ?2
       UNION ALL SELECT 1 FROM stream_file WHERE folder = ?1 AND file_key = ?2`,
    );
    this.#among = db.prepare(
      `SELECT value AS key FROM json_each(?2)
       WHERE EXISTS (SELECT 1 FROM message WHERE folder = ?1 AND file_key = value)
         OR EXISTS (SELECT 1 FROM stream_file WHERE folder = ?1 AND file_key = value)`,
    );
  }

  /** Looks up names in a folder at once. Valid until {@linkcode forget}, before the end of the transaction. */
  expect(folder: number, names: readonly string[]): void {
    const keys = new Set(names.map(foldName));
    for (const { key } of this.#among.all(folder, JSON.stringify([...keys]))) keys.delete(key as string);
    for (const key of keys) this.#fresh.add(`${folder}/${key}`);
  }

  /** Forgets what {@linkcode expect} found. */
  forget(): void {
    this.#fresh.clear();
  }

  /**
   * Returns the name itself if it is free, else the first free one of `name-2`, `name-3`, …
   *
   * @param folder row of the folder
   * @param name a safe name
   * @param onDisk tells whether a file with a name exists, when the file system decides too
   */
  free(folder: number, name: string, onDisk: (file: string) => boolean = () => false): FreeName {
    const hint = `${folder}/${name}`;
    const hinted = this.#hints.get(hint);
    let n = hinted ?? this.#firstFree(folder, name);
    let file = numbered(name, n);
    let isFree = hinted === undefined || !this.#isTaken(folder, file);
    while (!isFree || onDisk(file)) {
      file = numbered(name, ++n);
      isFree = !this.#isTaken(folder, file);
    }
    if (n > 1) {
      this.#hints.delete(hint);
      this.#hints.set(hint, n + 1);
      if (this.#hints.size > HINTS_MAX) this.#hints.delete(this.#hints.keys().next().value!);
    }
    return { file, key: foldName(file) };
  }

  /** Drops the names of a transaction that was rolled back. */
  reset(): void {
    this.#hints.clear();
    this.#fresh.clear();
  }

  /** Finds a free number right after a taken one, in few steps however many are taken. */
  #firstFree(folder: number, name: string): number {
    let free = 1;
    while (this.#isTaken(folder, numbered(name, free))) free *= 2;
    let taken = free >> 1;
    while (free - taken > 1) {
      const middle = (free + taken) >> 1;
      if (this.#isTaken(folder, numbered(name, middle))) taken = middle;
      else free = middle;
    }
    return free;
  }

  #isTaken(folder: number, file: string): boolean {
    const key = foldName(file);
    // Whoever asks takes it.
    return !this.#fresh.delete(`${folder}/${key}`) && this.#taken.get(folder, key) !== undefined;
  }
}

function numbered(name: string, n: number): string {
  return n === 1 ? name : suffixedName(name, `-${n}`);
}
