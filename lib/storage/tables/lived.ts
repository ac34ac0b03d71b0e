import type { DatabaseSync } from "node:sqlite";
import type { Lived } from "./lived_time.ts";
import { prepareAll } from "./rows.ts";

/** How often a row is added while messages are received or end, milliseconds of lived time. */
export const NOTE_EVERY_MS = 3_600_000;
/** How much lived time may pass before it is written when nothing else is, milliseconds. */
const WRITE_EVERY_MS = 600_000;
/** The same when something else is written. */
const WRITE_ALONG_MS = 10_000;

/**
 * Returns SQL for the lived time at which row `m` of a table was received or ended: that of the last note before it,
 * plus the time since by the wall clock, but at most until the next note was due.
 *
 * @param table the table of `m`
 * @param wall column with the time by the wall clock
 */
export function livedAt(table: "message" | "sent", wall: string): string {
  return `coalesce((SELECT l.at + min(max(m.${wall} - l.wall, 0), ${NOTE_EVERY_MS}) FROM lived l
    WHERE l.${table} <= m.row ORDER BY l.${table} DESC, l.at DESC LIMIT 1), 0)`;
}

/** Stores the lived time (see `LivedTime`), and the lived times of rows of the history. */
export class LivedTable {
  readonly #sql;
  #now: Lived;
  #written: Lived;
  /** Lived time of the last note. */
  #notedAt: number | undefined;
  /** True if this transaction writes anything else. */
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

  /** Takes a reading. */
  tell(now: Lived): void {
    this.#now = now;
  }

  /** Notes that rows added from here on, within this transaction, are of this time. */
  note(): void {
    const { ms, wall } = this.#now;
    this.#isNoted = true;
    if (this.#notedAt !== undefined && ms - this.#notedAt < NOTE_EVERY_MS) return;
    this.#sql.add.run(Math.floor(ms), Math.floor(wall));
    this.#notedAt = Math.floor(ms);
  }

  /** Returns the first message that may have been received at or after a lived time. */
  firstMessage(ms: number): number {
    return Number(this.#sql.first.get(ms)!.row ?? Number.MAX_SAFE_INTEGER);
  }

  /** Removes notes from before a lived time, except the last one, which still applies at that time. */
  forgetBefore(ms: number): void {
    this.#sql.forget.run(ms);
  }

  /** Tells whether the time has to be written even if nothing else is. */
  get isDue(): boolean {
    return this.#passed >= WRITE_EVERY_MS;
  }

  /**
   * Writes the time if enough has passed and something else was written. Call it at the end of each transaction.
   *
   * @param always writes it in any case
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

  /** Reads the state from the database again after a rollback. */
  reset(): void {
    this.#isNoted = false;
    this.#readLast();
    this.#written = { ...this.#written, ms: -Infinity };
  }

  #readLast(): void {
    const { at } = this.#sql.last.get()!;
    this.#notedAt = at === null ? undefined : Number(at);
  }

  /** Time since it was written, by either clock: a wall clock that was set counts, too. */
  get #passed(): number {
    const { ms, wall } = this.#now;
    return Math.max(ms - this.#written.ms, Math.abs(wall - this.#written.wall));
  }
}
