import type { DatabaseSync } from "node:sqlite";
import type { ArrivalKind, Cursor } from "../types.ts";
import { prepareAll } from "./rows.ts";

/** How long the history waits for a cursor that is not used, milliseconds of lived time. */
export const CURSOR_WAITED_FOR_MS = 30 * 86_400_000;

/** How long an unused cursor is kept, milliseconds of lived time. */
const KEPT_MS = 366 * 86_400_000;

/** Most cursors; beyond it those that were unused for longest go. */
const CURSORS_MAX = 1024;

/**
 * Durable places in the order of arrival of the history: a program has processed everything up to a row, and some rows
 * beyond it.
 */
export class CursorTable {
  readonly #sql;

  constructor(db: DatabaseSync) {
    this.#sql = prepareAll(db, {
      find: "SELECT kind, position, done, used_at AS usedAt FROM cursors WHERE name = ?",
      add: `INSERT INTO cursors (name, kind, position, done, used_at)
       VALUES (?, ?, iif(?, 0, (SELECT coalesce(max(row), 0) FROM message)), '[]', ?)`,
      use: "UPDATE cursors SET used_at = max(used_at, ?) WHERE name = ?",
      move: `UPDATE cursors SET position = ?2, done = ?3, used_at = max(used_at, ?4)
       WHERE name = ?1 AND position <= ?2`,
      kind: "SELECT kind FROM cursors WHERE name = ?",
      forget: "DELETE FROM cursors WHERE name = ? AND kind = ?",
      prune: `DELETE FROM cursors WHERE used_at < ? OR row IN
       (SELECT row FROM cursors ORDER BY used_at DESC, row DESC LIMIT -1 OFFSET ${CURSORS_MAX - 1})`,
      waitedFor: "SELECT min(position) AS position FROM cursors WHERE used_at >= ?",
      readUpto: "SELECT min(position) AS position FROM cursors WHERE kind = ? AND used_at >= ?",
    });
  }

  /**
   * Opens a cursor, and creates it if it is new: at the end of the history, or at its beginning with `all`.
   *
   * @param now lived time, milliseconds
   */
  open(name: string, kind: ArrivalKind, all: boolean, now: number): Cursor {
    const found = this.#sql.find.get(name);
    if (found === undefined) {
      this.#sql.prune.run(now - KEPT_MS);
      this.#sql.add.run(name, kind, all ? 1 : 0, now);
      return { ...this.open(name, kind, all, now), isNew: true };
    }
    if (found.kind === kind) this.#sql.use.run(now, name);
    return {
      kind: found.kind as ArrivalKind,
      position: Number(found.position),
      done: JSON.parse(found.done as string),
      unusedMs: Math.max(0, now - Number(found.usedAt)),
      isNew: false,
    };
  }

  /**
   * Moves a cursor, never back.
   *
   * @param position row up to which everything is done
   * @param done rows beyond it that are done as well
   * @param now lived time, milliseconds
   * @returns false if there is no such cursor, or it is further on
   */
  move(name: string, position: number, done: readonly number[], now: number): boolean {
    return this.#sql.move.run(name, position, JSON.stringify(done), now).changes > 0;
  }

  /** Removes a cursor, if it is of this kind. Returns the kind that it has; undefined if there is none. */
  forget(name: string, kind: ArrivalKind): ArrivalKind | undefined {
    const found = this.#sql.kind.get(name);
    this.#sql.forget.run(name, kind);
    return found?.kind as ArrivalKind | undefined;
  }

  /** First row that a cursor in use still waits for; Infinity if there is none. @param now lived time, milliseconds */
  firstAwaited(now: number): number {
    const { position } = this.#sql.waitedFor.get(now - CURSOR_WAITED_FOR_MS)!;
    return position === null ? Infinity : Number(position) + 1;
  }

  /**
   * Returns the row up to which no cursor in use will read arrivals of this kind any more; undefined if there is no such
   * cursor.
   *
   * @param now lived time, milliseconds
   */
  readUpto(kind: ArrivalKind, now: number): number | undefined {
    const { position } = this.#sql.readUpto.get(kind, now - CURSOR_WAITED_FOR_MS)!;
    return position === null ? undefined : Number(position);
  }
}
