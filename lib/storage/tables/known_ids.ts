import type { DatabaseSync } from "node:sqlite";
import { IDS_DAYS, IDS_MAX, IDS_PER_SENDER } from "../../protocol/limits.ts";
import { prepareAll } from "./rows.ts";

/** Rows processed at a time. */
const CHUNK = 5_000;
/** How often to look for old ids, milliseconds. */
const LOOK_EVERY_MS = 3_600_000;
const KEEP_MS = IDS_DAYS * 86_400_000;

/** Record of a received message. */
export interface Taken {
  /** Size of the document, or of the UTF-8 of the text, bytes. */
  readonly size: number;
  /** See {@linkcode markOf}; null if unknown. */
  readonly mark: Uint8Array | null;
}

/** How many ids are remembered; default the protocol's limits. */
export interface IdLimits {
  readonly perSender: number;
  readonly total: number;
}

const LIMITS: IdLimits = { perSender: IDS_PER_SENDER, total: IDS_MAX };

/** Ids of received messages that were pruned from the history: a message is received only once (PROTOCOL.md 3.11). */
export class KnownIdTable {
  readonly #sql;
  /** Up to this row all old ids were processed. */
  #lookedUpto = 0;
  /** When to look again if nothing is added meanwhile, milliseconds of lived time. */
  #nextLook = 0;

  constructor(db: DatabaseSync, private readonly limits = LIMITS) {
    this.#sql = prepareAll(db, {
      find: "SELECT size, mark FROM known_id WHERE sender = ? AND id = ?",
      newest: `SELECT max(id) AS id FROM (SELECT max(id) AS id FROM message WHERE sender = ?1
         UNION ALL SELECT max(id) FROM known_id WHERE sender = ?1)`,
      among: `SELECT value AS id FROM json_each(?2)
       WHERE EXISTS (SELECT 1 FROM message m WHERE m.sender = ?1 AND m.id = value)
         OR EXISTS (SELECT 1 FROM known_id k WHERE k.sender = ?1 AND k.id = value)`,
      add: `INSERT INTO known_id (sender, id, size, mark, left_at)
       SELECT sender, id, size, mark, ?3 FROM message WHERE row >= ?1 AND row <= ?2 AND (?4 OR kind = 'chat')
       ON CONFLICT DO NOTHING`,
      old: `SELECT DISTINCT sender, max(row) AS upto FROM
         (SELECT row, sender FROM known_id WHERE row > ? AND left_at < ? ORDER BY row LIMIT ${CHUNK}) GROUP BY sender`,
      oldestKept: "SELECT row FROM known_id WHERE sender = ? ORDER BY row DESC LIMIT 1 OFFSET ?",
      delete: "DELETE FROM known_id WHERE sender = ? AND row <= ? AND row < ? AND left_at < ?",
      count: "SELECT count(*) AS count FROM known_id",
      deleteStrangers: `DELETE FROM known_id WHERE row IN (SELECT i.row FROM known_id i
         WHERE NOT EXISTS (SELECT 1 FROM known k WHERE k.id = i.sender AND k.how != 'blocked')
         ORDER BY i.row LIMIT ?)`,
      deleteOldest: "DELETE FROM known_id WHERE row IN (SELECT row FROM known_id ORDER BY row LIMIT ?)",
    });
  }

  /** Finds the record of a message. */
  find(sender: string, id: string): Taken | undefined {
    return this.#sql.find.get(sender, id) as Taken | undefined;
  }

  /** Returns those of these ids that were received from a sender, also if the history still has them. */
  among(sender: string, ids: readonly string[]): string[] {
    const newest = this.#sql.newest.get(sender)!.id as string | null;
    if (newest === null) return [];
    // Ids begin with the time: nearly always all are newer, and need not be looked up one by one.
    const older = ids.filter((id) => id <= newest);
    if (older.length === 0) return [];
    return this.#sql.among.all(sender, JSON.stringify(older)).map(({ id }) => id as string);
  }

  /**
   * Remembers the ids of rows of the history that are about to be deleted.
   *
   * @param at milliseconds of lived time
   * @param documents false: only those of chats
   */
  remember(first: number, last: number, at: number, documents: boolean): void {
    if (this.#sql.add.run(first, last, at, documents ? 1 : 0).changes > 0) this.#nextLook = 0;
  }

  /** Forgets some of the ids beyond the limits. Returns true if more are left. @param at milliseconds of lived time */
  prune(at: number): boolean {
    if (at < this.#nextLook) return false;
    const before = at - KEEP_MS;
    const old = this.#sql.old.all(this.#lookedUpto, before) as { sender: string; upto: number }[];
    for (const { sender, upto } of old) {
      const oldest = this.#sql.oldestKept.get(sender, this.limits.perSender - 1);
      if (oldest) this.#sql.delete.run(sender, upto, oldest.row!, before);
    }
    this.#lookedUpto = Math.max(0, ...old.map(({ upto }) => upto));
    const excess = Number(this.#sql.count.get()!.count) - this.limits.total;
    if (excess > 0) {
      const rest = excess - Number(this.#sql.deleteStrangers.run(excess).changes);
      if (rest > 0) this.#sql.deleteOldest.run(rest);
    }
    const isLeft = this.#lookedUpto > 0;
    this.#nextLook = isLeft ? 0 : at + LOOK_EVERY_MS;
    return isLeft;
  }
}
