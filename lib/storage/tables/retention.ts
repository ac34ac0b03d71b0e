import type { DatabaseSync } from "node:sqlite";
import { COST_SQL, ROW_BYTES } from "./usage.ts";
import { livedAt } from "./lived.ts";
import { prepareAll } from "./rows.ts";

/** Rows looked at in one go, and how often that is repeated until one holds something. */
const RANGE = 5000;
const RANGES = 20;
/** The same for rows that hold nothing. */
const BARE_RANGE = 1000;
/** Rows pruned in one transaction. */
const CHUNK = 256;

/** Something of the history whose body or text the database holds. */
export interface Held {
  readonly row: number;
  /** When it came, or ended, milliseconds of lived time. */
  readonly at: number;
  /** What its body or text costs, bytes. */
  readonly bytes: number;
  /** Of what was received. */
  readonly sender?: string;
}

/** A document of which no body is left. */
export interface Bare {
  readonly row: number;
  readonly folderName: string;
  /** The file that it is, or is a line of. */
  readonly file: string;
  /** 0 if its file is known to be gone. */
  readonly kept: number;
  readonly sender: string;
  /** What it costs, bytes. */
  readonly cost: number;
  /** 1 for a file of its own. */
  readonly files: number;
}

const SYNCED = `m.row <= (SELECT value FROM meta WHERE key = 'synced row')
  AND NOT EXISTS (SELECT 1 FROM unsynced u WHERE u.row = m.row)`;
// A row that is deleted would have its number given again if it were the last.
const MAY_GO = `${SYNCED} AND m.row < (SELECT max(row) FROM message)`;
const HOLDS = "(m.kind = 'chat' OR m.body IS NOT NULL)";

/** Finds what is oldest in the history, and removes it. What is not known to be on disk as a file is passed over. */
export class RetentionTable {
  readonly #prune;
  readonly #restore;
  readonly #forget;
  readonly #sql;
  /** No row up to this one holds anything that may be pruned. */
  #upto = 0;

  constructor(private readonly db: DatabaseSync) {
    const columns = db.prepare("PRAGMA table_info(message)").all().map(({ name }) => name as string)
      .filter((name) => name !== "body").join(", ");
    db.exec("PRAGMA temp_store = MEMORY");
    db.exec(`CREATE TEMP TABLE pruned AS SELECT ${columns} FROM message LIMIT 0`);
    this.#sql = prepareAll(db, {
      noted: "SELECT value FROM meta WHERE key = 'pruned row'",
      received: `SELECT m.row, ${
        livedAt("message", "received_at")
      } AS at, m.sender, iif(m.kind = 'chat', m.size, length(m.body)) + ${ROW_BYTES} AS bytes FROM message m
       WHERE m.row > ?1 AND m.row <= ?1 + ${RANGE} AND ${HOLDS} AND ${MAY_GO} ORDER BY m.row LIMIT ${CHUNK}`,
      unknown:
        `SELECT m.row, 0 AS at, m.sender, iif(m.kind = 'chat', m.size, length(m.body)) + ${ROW_BYTES} AS bytes
       FROM message m JOIN sender s ON s.id = m.sender
       WHERE m.row > ?1 AND m.row <= ?1 + ${RANGE} AND ${HOLDS} AND ${MAY_GO} AND NOT s.known
         AND (?2 IS NULL OR s.address = ?2) ORDER BY m.row LIMIT ${CHUNK}`,
      sent: `SELECT m.row, ${livedAt("sent", "ended_at")} AS at,
         iif(m.kind = 'chat', m.size, coalesce(length(m.body), 0)) + ${ROW_BYTES} AS bytes
       FROM sent m WHERE m.row < (SELECT max(row) FROM sent) ORDER BY m.row LIMIT ${CHUNK}`,
      bare: `SELECT m.row, f.name AS folderName, coalesce(m.file, s.file) AS file, m.kept, m.sender,
         ${COST_SQL} AS cost, m.stream_file IS NULL AS files
       FROM message m LEFT JOIN folder f ON f.row = m.folder LEFT JOIN stream_file s ON s.row = m.stream_file
       WHERE m.row > ?1 AND m.row <= ?1 + ${BARE_RANGE} AND m.row < ?2 AND m.kind = 'document'
         AND m.body IS NULL AND ${MAY_GO} ORDER BY m.row`,
      next: "SELECT row FROM message WHERE row > ? ORDER BY row LIMIT 1",
      pruneSent: "DELETE FROM sent WHERE row >= ? AND row <= ?",
      lastSynced: "SELECT value FROM meta WHERE key = 'synced row'",
      note:
        "UPDATE meta SET value = min(?, (SELECT coalesce(min(row) - 1, 1e15) FROM unsynced)) WHERE key = 'pruned row'",
      free: "PRAGMA freelist_count",
    });
    this.reset();
    // A row that only shrinks would leave its page as full of nothing as it was full before: it is written anew.
    const rows = `m.row >= ? AND m.row <= ? AND ${HOLDS} AND ${SYNCED}`;
    this.#prune = [
      db.prepare(
        `INSERT INTO temp.pruned SELECT ${columns} FROM message m WHERE ${rows} AND m.kind = 'document'`,
      ),
      db.prepare(`DELETE FROM message AS m WHERE ${rows}`),
    ];
    this.#restore = [
      db.prepare(`INSERT INTO message (${columns}) SELECT ${columns} FROM temp.pruned`),
      db.prepare("DELETE FROM temp.pruned"),
    ];
    this.#forget = ["message", "large"].map((table) => db.prepare(`DELETE FROM ${table} WHERE row = ?`));
  }

  /** Looks anew also at what was passed over, or at what a transaction that was rolled back had removed. */
  reset(): void {
    this.#upto = Number(this.#sql.noted.get()!.value);
  }

  /** The oldest that was received and holds something, some of it, by row; none if it is still being looked for. */
  received(): Held[] {
    const synced = Number(this.#sql.lastSynced.get()!.value);
    for (let ranges = 1;; ranges++) {
      const held = this.#sql.received.all(this.#upto) as unknown as Held[];
      const next = held.length > 0 ? undefined : this.#sql.next.get(this.#upto + RANGE);
      if (next === undefined || ranges === RANGES || Number(next.row) > synced) return held;
      this.#upto = Number(next.row) - 1;
    }
  }

  /** The oldest that was sent, some of it, by row. */
  sent(): Held[] {
    return this.#sql.sent.all() as unknown as Held[];
  }

  /** Removes chats, and the bodies of documents: rows that {@linkcode received} gave, from the first to some other, or others. */
  pruneReceived(first: number, last: number, isOldest = true): void {
    for (const statement of this.#prune) statement.run(first, last);
    for (const statement of this.#restore) statement.run();
    if (!isOldest) return;
    this.#upto = last;
    this.#sql.note.run(last);
  }

  /**
   * The oldest that was received from senders who are not known, some of it, by row; all of them, or those of an address.
   *
   * @param after looks behind this row
   * @returns and behind which row to look next, undefined if there are no more
   */
  ofUnknown(after: number, address?: string): { readonly held: Held[]; readonly next: number | undefined } {
    const held = this.#sql.unknown.all(after, address ?? null) as unknown as Held[];
    if (held.length === CHUNK) return { held, next: held.at(-1)!.row };
    const next = this.#sql.next.get(after + RANGE);
    return { held, next: next && Number(next.row) - 1 };
  }

  /** Removes rows that {@linkcode sent} gave, from the first to some other. */
  pruneSent(first: number, last: number): void {
    this.#sql.pruneSent.run(first, last);
  }

  /**
   * Documents between two rows (both excluded) of which no body is left, some of them, by row.
   *
   * @returns and up to which row these are all, undefined if there are no more
   */
  bare(after: number, before: number): { readonly documents: Bare[]; readonly upto: number | undefined } {
    const documents = this.#sql.bare.all(after, before) as unknown as Bare[];
    const next = this.#sql.next.get(after + BARE_RANGE);
    const isMore = next !== undefined && Number(next.row) < before;
    return { documents, upto: isMore ? Number(next.row) - 1 : undefined };
  }

  /** Forgets a document. */
  forget(row: number): void {
    for (const statement of this.#forget) statement.run(row);
  }

  /** Gives some of what is not used any more back to the file system. Not for a database that was made without that. */
  shrink(pages: number): void {
    this.db.prepare(`PRAGMA incremental_vacuum(${pages})`).all();
  }

  /** Pages of the database that are not used. */
  get freePages(): number {
    return Number(this.#sql.free.get()!.freelist_count);
  }
}
