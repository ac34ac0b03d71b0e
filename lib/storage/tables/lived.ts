import type { DatabaseSync } from "node:sqlite";
import type { Lived } from "./lived_time.ts";
import { prepareAll } from "./rows.ts";

/** How often a row of the table is made while messages come or end, milliseconds of lived time. */
export const NOTE_EVERY_MS = 3_600_000;
/** Lived time that may pass until it is written, while nothing else is, milliseconds. */
const WRITE_EVERY_MS = 600_000;
/** And with whatever else is written. */
const WRITE_ALONG_MS = 10_000;

/**
 * When the row `m` of a table came or ended, in lived time: that of the last note before it, and what the wall clock says
 * passed since, as far as there was room for it until the next note.
 *
 * @param table whose first row of a note is meant
 * @param wall column with the time by the wall clock
 */
export function livedAt(table: "message" | "sent", wall: string): string {
  return `coalesce((SELECT l.at + min(max(m.${wall} - l.wall, 0), ${NOTE_EVERY_MS}) FROM lived l
    WHERE l.${table} <= m.row ORDER BY l.${table} DESC, l.at DESC LIMIT 1), 0)`;
}

/** The time lived through (see `LivedTime`), and which rows of the history came when by it. */
export class LivedTable {
  readonly #sql;
  #now: Lived;
  #written: Lived;
  /** Of the last note. */
  #notedAt: number | undefined;
  /** Whether this transaction writes anything else. */
  #isNoted = false;

  constructor(db: DatabaseSync) {
    const read = db.prepare("SELECT value FROM meta WHERE key = ?");
    const value = (key: string) => Number(read.get(key)!.value);
    this.#written = this.#now = {
      ms: value("lived time"),
      wall: value("lived wall"),
      latestWall: value("latest wall"),
    };
    this.#sql = prepareAll(db, {
      write: "UPDATE meta SET value = ? WHERE key = ?",
      last: "SELECT max(at) AS at FROM lived",
      add:
        `INSERT INTO lived (at, wall, message, sent) SELECT ?, ?, (SELECT coalesce(max(row), 0) + 1 FROM message),
         (SELECT coalesce(max(row), 0) + 1 FROM sent)`,
      first: `SELECT min(message) AS row FROM lived WHERE at > ? - ${NOTE_EVERY_MS}`,
      forget: "DELETE FROM lived WHERE at < (SELECT max(at) FROM lived WHERE at <= ?)",
    });
    this.#readLast();
  }

  /** The latest reading. */
  get now(): Lived {
    return this.#now;
  }

  /** The time has been read. */
  tell(now: Lived): void {
    this.#now = now;
  }

  /** Notes that what comes or ends from here on, within this transaction, does so now. */
  note(): void {
    const { ms, wall } = this.#now;
    this.#isNoted = true;
    if (this.#notedAt !== undefined && ms - this.#notedAt < NOTE_EVERY_MS) return;
    this.#sql.add.run(Math.floor(ms), Math.floor(wall));
    this.#notedAt = Math.floor(ms);
  }

  /** The first message that is not known to have come before a moment of lived time. */
  firstMessage(ms: number): number {
    return Number(this.#sql.first.get(ms)!.row ?? Number.MAX_SAFE_INTEGER);
  }

  /** Forgets when rows came that did so before this moment, but for which did. */
  forgetBefore(ms: number): void {
    this.#sql.forget.run(ms);
  }

  /** Tells whether the time is to be written though nothing else is. */
  get isDue(): boolean {
    return this.#passed >= WRITE_EVERY_MS;
  }

  /**
   * Writes the time, if some has passed and something came or ended. To be called at the end of each transaction.
   *
   * @param always whether or not
   */
  flush(always = false): void {
    const isAlong = this.#isNoted && this.#passed >= WRITE_ALONG_MS;
    this.#isNoted = false;
    if (!always && !isAlong) return;
    const { ms, wall, latestWall } = this.#now;
    this.#sql.write.run(Math.floor(ms), "lived time");
    this.#sql.write.run(Math.floor(wall), "lived wall");
    this.#sql.write.run(Math.floor(latestWall), "latest wall");
    this.#written = this.#now;
  }

  /** Back to what the database says: the transaction was rolled back. */
  reset(): void {
    this.#isNoted = false;
    this.#readLast();
    this.#written = { ...this.#written, ms: -Infinity };
  }

  #readLast(): void {
    const { at } = this.#sql.last.get()!;
    this.#notedAt = at === null ? undefined : Number(at);
  }

  /** Since it was written; a clock that was set back counts, too. */
  get #passed(): number {
    const { ms, wall } = this.#now;
    return Math.max(ms - this.#written.ms, Math.abs(wall - this.#written.wall));
  }
}
