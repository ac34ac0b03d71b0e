import type { DatabaseSync, StatementSync } from "node:sqlite";
import { COST_SQL } from "./usage.ts";
import type { FreeName } from "./names.ts";
import type { Line } from "./streams.ts";
import type { IncomingChat, IncomingDocument, IncomingLarge } from "../types.ts";
import { prepareAll } from "./rows.ts";

/** Place of a row's document in the inbox. */
export interface DocumentPlace {
  readonly row: number;
  /** Row of the folder. */
  readonly folder: number;
  readonly folderName: string;
  /** Name given by the sender, cleaned. */
  readonly name: string;
  /** Its own file, or its stream's. */
  readonly file: string;
  /** Row of the stream's file, and the offset in it; null for a file of its own. */
  readonly streamFile: number | null;
  readonly offset: number | null;
  /** Size of the document, bytes. */
  readonly size: number;
  readonly mark: Uint8Array | null;
  /**
   * The partial file in the same folder that has its bytes while it is pending, and its hash; null if the body is in
   * the database.
   */
  readonly partial: string | null;
  readonly sha256: string | null;
}

/** File of a pending document, which has to be synced. */
export type PendingFile = Pick<DocumentPlace, "row" | "folderName" | "file" | "partial">;

/** Cost of a document whose file is gone. */
export interface Dropped {
  readonly sender: string;
  /** Cost of its file or line, bytes. */
  readonly cost: number;
  /** 1 if it has a file of its own, 0 if it is a line. */
  readonly files: number;
}

/** Place of a new document: a free name in a folder, or a line. */
export interface NewPlace {
  /** Row of the folder. */
  readonly folder: number;
  readonly free?: FreeName;
  readonly line?: Line;
}

const PLACE = `m.row, m.folder, f.name AS folderName, m.name, coalesce(m.file, s.file) AS file,
  m.stream_file AS streamFile, m.offset, m.size, m.mark, l.partial, l.sha256`;
const FILE = "m.row, f.name AS folderName, coalesce(m.file, s.file) AS file, l.partial";
const JOINED = `LEFT JOIN folder f ON f.row = m.folder LEFT JOIN stream_file s ON s.row = m.stream_file
  LEFT JOIN large l ON l.row = m.row`;

/** Selects pending documents: `unsynced` up to the synced row, `beyond` after it. */
function pendingSql(columns: string): { readonly unsynced: string; readonly beyond: string } {
  return {
    unsynced: `SELECT ${columns} FROM unsynced u JOIN message m ON m.row = u.row ${JOINED}
       WHERE u.row > ? AND u.row < ? ORDER BY u.row LIMIT ?`,
    beyond: `SELECT ${columns} FROM message m ${JOINED}
       WHERE m.row > ? AND m.row < ? AND m.kind = 'document' ORDER BY m.row LIMIT ?`,
  };
}

/**
 * The history of received messages. It also tracks which documents are pending: not yet known to be on disk as files.
 */
export class MessageTable {
  readonly #sql;
  readonly #pending;
  readonly #pendingFiles;

  constructor(db: DatabaseSync) {
    this.#pending = prepareAll(db, pendingSql(PLACE));
    this.#pendingFiles = prepareAll(db, pendingSql(FILE));
    this.#sql = prepareAll(db, {
      find: `SELECT ${PLACE} FROM message m ${JOINED} WHERE m.sender = ? AND m.id = ?`,
      insertDocument:
        `INSERT INTO message (sender, id, sender_name, kind, name, stream, sent_at, received_at, size, folder, file,
         file_key, stream_file, offset, mark, body)
       VALUES (?, ?, ?, 'document', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      insertLarge: "INSERT INTO large (row, sha256, partial) VALUES (?, ?, ?)",
      insertChat:
        `INSERT INTO message (sender, id, sender_name, kind, addressed, name, sent_at, received_at, size, mark, text)
       VALUES (?, ?, ?, 'chat', ?, '', ?, ?, ?, ?, ?)`,
      syncedRow: "SELECT value FROM meta WHERE key = 'synced row'",
      setSyncedRow: "UPDATE meta SET value = ? WHERE key = 'synced row'",
      except: "INSERT INTO unsynced VALUES (?) ON CONFLICT DO NOTHING",
      settle: "DELETE FROM unsynced WHERE row = ?",
      settleAll: "DELETE FROM unsynced WHERE row BETWEEN ? AND ?",
      countUnsynced: "SELECT count(*) AS count FROM unsynced",
      lastRow: "SELECT coalesce(max(row), 0) AS row FROM message",
      place: `SELECT ${PLACE} FROM message m ${JOINED} WHERE m.row = ?`,
      document:
        `SELECT m.id, m.sender, m.sender_name AS senderName, m.name, m.stream, m.size, f.name AS folderName,
         coalesce(m.file, s.file) AS file, iif(q.row IS NULL, NULL, 1) AS ask, r.re, r.code
       FROM message m ${JOINED} LEFT JOIN question q ON q.row = m.row LEFT JOIN reply r ON r.row = m.row WHERE m.row = ?`,
      body: "SELECT body FROM message WHERE row = ?",
      setName: "UPDATE message SET file = ?, file_key = ? WHERE row = ?",
      setOffset: "UPDATE message SET offset = ? WHERE row = ?",
      kept: `SELECT ${PLACE} FROM message m ${JOINED}
       WHERE m.row > ? AND m.kind = 'document' AND m.kept AND m.row <= (SELECT value FROM meta WHERE key = 'synced row')
         AND NOT EXISTS (SELECT 1 FROM unsynced u WHERE u.row = m.row) ORDER BY m.row LIMIT ?`,
      sizes: `SELECT sender, ${COST_SQL} AS cost, m.stream_file IS NULL AS files
       FROM message m WHERE row = ?`,
      drop: "UPDATE message SET kept = 0 WHERE row = ?",
    });
  }

  /** Finds the place of a message in the history; undefined for a chat. */
  find(sender: string, id: string): DocumentPlace | undefined {
    return this.#sql.find.get(sender, id) as unknown as DocumentPlace | undefined;
  }

  /**
   * Adds a pending document and returns its row. Its id must be new to the history.
   *
   * @param name given by the sender, cleaned
   * @param mark see `markOf`
   * @param receivedAt milliseconds since 1970
   */
  addDocument(
    item: IncomingDocument | IncomingLarge,
    name: string,
    place: NewPlace,
    mark: Uint8Array,
    receivedAt: number,
  ): number {
    const { sender, id, senderName, at = null } = item;
    const body = item.kind === "document" ? item.body : null;
    const size = item.kind === "document" ? item.body.length : item.size;
    const stream = item.kind === "document" ? item.stream ?? null : null;
    const { folder, free, line } = place;
    const result = this.#sql.insertDocument.run(
      sender,
      id,
      senderName,
      name,
      stream,
      at,
      receivedAt,
      size,
      folder,
      free?.file ?? null,
      free?.key ?? null,
      line?.file.row ?? null,
      line?.offset ?? null,
      mark,
      body,
    );
    return Number(result.lastInsertRowid);
  }

  /** Records that the document just added has no body, but a partial file. */
  setPartial(row: number, sha256: string, partial: string): void {
    this.#sql.insertLarge.run(row, sha256, partial);
  }

  /** Adds a chat message; its text has `size` bytes. Its id must be new to the history. */
  addChat(item: IncomingChat, size: number, mark: Uint8Array, receivedAt: number): void {
    const { sender, id, senderName, to, at = null, text } = item;
    this.#sql.insertChat.run(sender, id, senderName, to, at, receivedAt, size, mark, text);
  }

  /** The newest row; 0 if there is none. */
  get lastRow(): number {
    return this.#sql.lastRow.get()!.row as number;
  }

  /** Lists up to `limit` pending documents between two rows (both excluded), by row; none if there are no more. */
  pending(after: number, before: number, limit: number): DocumentPlace[] {
    return this.#select(this.#pending, after, before, limit) as unknown as DocumentPlace[];
  }

  /** As {@linkcode pending}, with only what a sync needs: to read that takes a third of the time. */
  pendingFiles(after: number, before: number, limit: number): PendingFile[] {
    return this.#select(this.#pendingFiles, after, before, limit) as unknown as PendingFile[];
  }

  #select(
    { unsynced, beyond }: Readonly<Record<"unsynced" | "beyond", StatementSync>>,
    after: number,
    before: number,
    limit: number,
  ): Record<string, unknown>[] {
    const rows = unsynced.all(after, before, limit);
    return rows.length > 0 ? rows : beyond.all(Math.max(after, this.#syncedUpto), before, limit);
  }

  /** Counts the rows that {@linkcode pending} has to read. */
  countPending(): number {
    return this.lastRow - this.#syncedUpto + (this.#sql.countUnsynced.get()!.count as number);
  }

  /** Records that rows, as {@linkcode pending} listed them, were synced: those in `synced` are no longer pending. */
  settle(rows: readonly number[], synced: ReadonlySet<number>): void {
    if (synced.size === rows.length) this.#sql.settleAll.run(rows[0]!, rows.at(-1)!);
    else for (const row of rows) (synced.has(row) ? this.#sql.settle : this.#sql.except).run(row);
    this.settleUpto(rows.at(-1)!);
  }

  /** Records that all rows up to this one were processed. */
  settleUpto(row: number): void {
    if (row > this.#syncedUpto) this.#sql.setSyncedRow.run(row);
  }

  get #syncedUpto(): number {
    return this.#sql.syncedRow.get()!.value as number;
  }

  /** Returns the place of a row's document. */
  place(row: number): DocumentPlace {
    return this.#sql.place.get(row) as unknown as DocumentPlace;
  }

  /** Reads the document of a row as a `PlacedDocument`, with names of folder and file instead of a path. */
  document(row: number): Record<string, unknown> {
    return this.#sql.document.get(row)!;
  }

  body(row: number): Uint8Array {
    return this.#sql.body.get(row)!.body as Uint8Array;
  }

  /** Gives a document's file another name. */
  rename(row: number, { file, key }: FreeName): void {
    this.#sql.setName.run(file, key, row);
  }

  /** Records a document's offset in its stream's file. */
  setOffset(row: number, offset: number): void {
    this.#sql.setOffset.run(offset, row);
  }

  /** Lists up to `limit` documents after a row that are neither pending nor dropped, by row. */
  keptDocuments(after: number, limit: number): DocumentPlace[] {
    return this.#sql.kept.all(after, limit) as unknown as DocumentPlace[];
  }

  /** Records that a document's file is gone. Returns the cost of that. */
  drop(row: number): Dropped {
    const dropped = this.#sql.sizes.get(row) as unknown as Dropped;
    this.#sql.drop.run(row);
    return dropped;
  }
}
