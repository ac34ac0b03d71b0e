import type { DatabaseSync } from "node:sqlite";
import type { KnownPeer } from "../types.ts";
import { statementOf } from "./rows.ts";

/** Records of peers, known or blocked. */
export class KnownTable {
  readonly #all;
  readonly #put;
  readonly #forget;

  constructor(db: DatabaseSync) {
    this.#all = statementOf(db, "SELECT id, name, how, since FROM known ORDER BY row");
    this.#put = statementOf(
      db,
      `INSERT INTO known (id, name, how, since) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET name = ?2, how = ?3, since = ?4`,
    );
    this.#forget = statementOf(db, "DELETE FROM known WHERE id = ?");
  }

  /** Lists all records, oldest first. */
  all(): KnownPeer[] {
    return this.#all.all() as unknown as KnownPeer[];
  }

  /** Adds a record, or replaces that of the same id. */
  put({ id, name, how, since }: KnownPeer): void {
    this.#put.run(id, name, how, since);
  }

  /** Removes the record of an id. Harmless if there is none. */
  forget(id: string): void {
    this.#forget.run(id);
  }
}
