import type { DatabaseSync } from "node:sqlite";
import type { SenderTable } from "./senders.ts";
import { foldName, safeFolderName } from "../files/safe_name.ts";
import { prepareAll } from "./rows.ts";

/** Most folders of one peer: with further labels it keeps the one that it got last. */
const PER_PEER = 16;
/** Most folders cached between transactions. */
const CACHED_MAX = 4096;

/** A sender's folder in the inbox. */
export interface Folder {
  readonly row: number;
  /** One path segment. */
  readonly name: string;
}

/**
 * Folders of the inbox, and their peers. A label belongs to the first id that used it, ignoring case; any other id with
 * that label gets `<label>-<id12>`. The same id and label always have the same folder.
 */
export class FolderTable {
  readonly #sql;
  readonly #cache = new Map<string, Folder>();

  constructor(db: DatabaseSync, private readonly senders: Pick<SenderTable, "add" | "of">) {
    this.#sql = prepareAll(db, {
      last: "SELECT row, name FROM folder WHERE peer = ? ORDER BY row DESC LIMIT 1",
      select: "SELECT row, name FROM folder WHERE peer = ? AND label_key = ?",
      name: "SELECT name FROM folder WHERE row = ?",
      taken: "SELECT 1 FROM folder WHERE name_key = ?",
      insert: "INSERT INTO folder (name, name_key, peer, label_key) VALUES (?, ?, ?, ?)",
    });
  }

  /** Returns the folder of a peer with this label; a new one is assigned now. */
  of(peer: string, label: string): Folder {
    const cacheKey = `${peer} ${label}`;
    const cached = this.#cache.get(cacheKey);
    if (cached) return cached;
    const folder = this.#find(peer, safeFolderName(label));
    if (this.#cache.size >= CACHED_MAX) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(cacheKey, folder);
    return folder;
  }

  /** Tells whether {@linkcode of} would assign a new folder. */
  isNew(peer: string, label: string): boolean {
    if (this.#cache.has(`${peer} ${label}`) || this.senders.of(peer).folders >= PER_PEER) return false;
    return this.#sql.select.get(peer, foldName(safeFolderName(label))) === undefined;
  }

  /** Returns the name of a row's folder. */
  name(row: number): string {
    return this.#sql.name.get(row)!.name as string;
  }

  /** Drops the assignments of a transaction that was rolled back. */
  reset(): void {
    this.#cache.clear();
  }

  #find(peer: string, label: string): Folder {
    const labelKey = foldName(label);
    const row = this.#sql.select.get(peer, labelKey);
    if (row) return { row: Number(row.row), name: row.name as string };
    if (this.senders.of(peer).folders >= PER_PEER) return this.#sql.last.get(peer) as unknown as Folder;
    const own = `${label}-${safeFolderName(peer).slice(0, 12)}`;
    let name = label;
    for (let n = 1; this.#sql.taken.get(foldName(name)) !== undefined; n++) {
      name = n === 1 ? own : `${own}-${n}`;
    }
    this.senders.add(peer, { folders: 1 });
    const { lastInsertRowid } = this.#sql.insert.run(name, foldName(name), peer, labelKey);
    return { row: Number(lastInsertRowid), name };
  }
}
