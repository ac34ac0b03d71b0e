import type { DatabaseSync } from "node:sqlite";
import { heldCost } from "./costs.ts";
import type { SentMessage } from "../types.ts";

/** The history of what was sent, and what became of it. */
export class SentTable {
  readonly #insert;
  readonly #find;
  readonly #replace;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `INSERT INTO sent (recipient, id, recipient_name, kind, addressed, name, stream, at, ended_at, status, code, why, size,
         text, body)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, iif(?4 = 'chat', CAST(?14 AS TEXT), NULL),
         iif(?4 = 'document', ?14, NULL))
       ON CONFLICT (recipient, id) DO NOTHING`,
    );
    this.#find = db.prepare(
      "SELECT row, ended_at AS endedAt FROM sent WHERE recipient = ? AND id = ?",
    );
    this.#replace = db.prepare(
      "UPDATE sent SET recipient_name = ?2, ended_at = ?3, status = ?4, code = ?5, why = ?6 WHERE row = ?1",
    );
  }

  /**
   * Notes how a message ended. Where its recipient and id are there already it is the same message, sent once more: how
   * that ended last counts.
   *
   * @returns bytes that the database holds more of bodies and chat
   */
  add(message: SentMessage): number {
    const { recipient, id, recipientName, kind, name, at, endedAt, status, size } = message;
    const { to = null, stream = null, code = null, why = null, body = null } = message;
    const { changes } = this.#insert.run(
      ...[recipient, id, recipientName, kind, to, name, stream, at, endedAt, status, code, why, size, body],
    );
    if (changes > 0) return heldOf(kind, size, body?.length);
    const before = this.#find.get(recipient, id)!;
    if (endedAt >= Number(before.endedAt)) {
      this.#replace.run(before.row!, recipientName, endedAt, status, code, why);
    }
    return 0;
  }
}

/** What a row counts for: a chat always has its text. */
function heldOf(kind: string, size: number, bodyLength: number | undefined): number {
  return heldCost(kind === "chat" ? size : bodyLength ?? 0);
}
