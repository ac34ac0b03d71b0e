import type { DatabaseSync } from "node:sqlite";
import { COST_SQL, ROW_BYTES } from "./usage.ts";
import { livedAt } from "./lived.ts";
import { prepareAll } from "./rows.ts";

/** Rows searched in one step, and most steps of one call. */
const RANGE = 5000;
const RANGES = 20;
/** Rows without a body searched in one step. */
const BARE_RANGE = 1000;
/** Most rows pruned in one transaction. */
const CHUNK = 256;

/** A message of the history whose body or text is in the database. */
export interface Held {
  readonly row: number;
  /** When it was received, or ended, milliseconds of lived time. */
  readonly at: number;
  /** Cost of its body or text, bytes. */
  readonly bytes: number;
  /** Sender of a received message. */
  readonly sender?: string;
}

/** A document whose body is no longer in the database. */
export interface Bare {
  readonly row: number;
  readonly folderName: string;
  /** Its own file, or its stream's. */
  readonly file: string;
  /** 0 if its file is known to be gone. */
  readonly kept: number;
  readonly sender: string;
  /** Its cost in the inbox, bytes. */
  readonly cost: number;
  /** 1 if it has a file of its own, 0 if it is a line. */
  readonly files: number;
}

const SYNCED = `m.row <= (SELECT value FROM meta WHERE key = 'synced row')
  AND NOT EXISTS (SELECT 1 FROM unsynced u WHERE u.row = m.row)`;
// SQLite would assign the number of the last row again if that were deleted.
const MAY_GO = `${SYNCED} AND m.row < (SELECT max(row) FROM message)`;
const HOLDS = "(m.kind = 'chat' OR m.body IS NOT NULL)";

/** Finds and removes the oldest messages of the history, except documents that are not known to be on disk as files. */
export class RetentionTable {
  readonly #prune;
  readonly #restore;
  readonly #forget;
  readonly #sql;
  /** Up to this row nothing is left to prune. */
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
    // A row that shrinks would leave its page as full as before: it is inserted anew.
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

  /**
   * Starts over at what is on disk: includes rows that were passed over, or that a rolled back transaction had removed.
   */
  reset(): void {
    this.#upto = Number(this.#sql.noted.get()!.value);
  }

  /** Lists some of the oldest received messages with a body or text, by row; none if the search needs another call. */
  received(): Held[] {
    const synced = Number(this.#sql.lastSynced.get()!.value);
    for (let ranges = 1;; ranges++) {
      const held = this.#sql.received.all(this.#upto) as unknown as Held[];
      const next = held.length > 0 ? undefined : this.#sql.next.get(this.#upto + RANGE);
      if (next === undefined || ranges === RANGES || Number(next.row) > synced) return held;
      this.#upto = Number(next.row) - 1;
    }
  }

  /** Lists some of the oldest sent messages, by row. */
  sent(): Held[] {
    return this.#sql.sent.all() as unknown as Held[];
  }

  /**
   * Removes chats and documents' bodies in a range of rows from {@linkcode received} (or, with `isOldest` false,
   * {@linkcode ofUnknown}).
   */
  pruneReceived(first: number, last: number, isOldest = true): void {
    for (const statement of this.#prune) statement.run(first, last);
    for (const statement of this.#restore) statement.run();
    if (!isOldest) return;
    this.#upto = last;
    this.#sql.note.run(last);
  }

  /**
   * Lists some of the oldest received messages of unknown senders, by row: of all of them, or of an address.
   *
   * @param after only later rows
   * @returns also the row after which to continue; undefined if there are no more
   */
  ofUnknown(after: number, address?: string): { readonly held: Held[]; readonly next: number | undefined } {
    const held = this.#sql.unknown.all(after, address ?? null) as unknown as Held[];
    if (held.length === CHUNK) return { held, next: held.at(-1)!.row };
    const next = this.#sql.next.get(after + RANGE);
    return { held, next: next && Number(next.row) - 1 };
  }

  /** Removes a range of rows from {@linkcode sent}. */
  pruneSent(first: number, last: number): void {
    this.#sql.pruneSent.run(first, last);
  }

  /**
   * Lists some documents between two rows (both excluded) without a body, by row.
   *
   * @returns also the row up to which the list is complete; undefined if there are no more
   */
  bare(after: number, before: number): { readonly documents: Bare[]; readonly upto: number | undefined } {
    const documents = this.#sql.bare.all(after, before) as unknown as Bare[];
    const next = this.#sql.next.get(after + BARE_RANGE);
    const isMore = next !== undefined && Number(next.row) < before;
    return { documents, upto: isMore ? Number(next.row) - 1 : undefined };
  }

  /** Removes a document from the history. */
  forget(row: number): void {
    for (const statement of this.#forget) statement.run(row);
  }

  /** Returns up to so many unused pages to the file system. Does nothing for databases made without auto_vacuum. */
  shrink(pages: number): void {
    // Each row that is read gives back a page. Prepared anew: the text differs by what there is.
    this.db.prepare(`PRAGMA incremental_vacuum(${pages})`).all();
  }

  /** Number of unused pages of the database. */
  get freePages(): number {
    return Number(this.#sql.free.get()!.freelist_count);
  }
}
