import type { DatabaseSync } from "node:sqlite";
import { prepareAll } from "./rows.ts";

/** The folder at which the disk of the inbox was mounted when it was last there. */
export class InboxMountTable {
  readonly #sql;

  constructor(db: DatabaseSync) {
    this.#sql = prepareAll(db, {
      get: "SELECT value FROM meta WHERE key = 'inbox mount'",
      set:
        "INSERT INTO meta VALUES ('inbox mount', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    });
  }

  /** Undefined if it was on the disk of the root folder. */
  get path(): string | undefined {
    return this.#sql.get.get()?.value as string | undefined || undefined;
  }

  set path(path: string | undefined) {
    if (path !== this.path) this.#sql.set.run(path ?? "");
  }
}
