import type { DatabaseSync } from "node:sqlite";

/** Files of the spool that no message refers to, and since when that is known, milliseconds of lived time. */
export class UnreferencedTable {
  readonly #all;
  readonly #clear;
  readonly #add;

  constructor(db: DatabaseSync) {
    this.#all = db.prepare("SELECT spool, since FROM unreferenced");
    this.#clear = db.prepare("DELETE FROM unreferenced");
    this.#add = db.prepare("INSERT INTO unreferenced (spool, since) VALUES (?, ?)");
  }

  /** Name and time of each. */
  all(): Map<string, number> {
    return new Map(this.#all.all().map(({ spool, since }) => [spool as string, Number(since)]));
  }

  /** These are all. */
  replace(files: ReadonlyMap<string, number>): void {
    this.#clear.run();
    for (const [spool, since] of files) this.#add.run(spool, Math.floor(since));
  }
}
