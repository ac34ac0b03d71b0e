import type { DatabaseSync } from "node:sqlite";
import type { LivedTable } from "./lived_table.ts";

/** A document that is coming in parts, and the file that its bytes go to. */
export interface Partial {
  readonly sender: string;
  /** Message id (ULID). */
  readonly id: string;
  /** Of the whole document, bytes. */
  readonly size: number;
  /** Of the whole document, hex. */
  readonly sha256: string;
  /** Row of the folder. */
  readonly folder: number;
  /** Name of the file in that folder. */
  readonly file: string;
  /** So many of its first bytes are on disk. */
  readonly durable: number;
}

/** Unfinished documents of one sender that are kept, the latest touched ones. */
const PER_SENDER = 16;

/** Documents that are coming in parts: what is there of them outlives sessions and restarts. */
export class PartialTable {
  readonly #db;
  readonly #select;
  readonly #insert;
  readonly #touch;
  readonly #delete;
  readonly #ofSender;
  readonly #untouched;
  readonly #all;
  readonly #lived;
  #bytes: number | undefined;

  constructor(db: DatabaseSync, lived: Pick<LivedTable, "now">) {
    this.#db = db;
    this.#lived = lived;
    const columns = "SELECT sender, id, size, sha256, folder, file, durable FROM partial";
    this.#select = db.prepare(`${columns} WHERE sender = ? AND id = ?`);
    this.#insert = db.prepare(
      "INSERT INTO partial (sender, id, size, sha256, folder, file, durable, touched_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
    );
    this.#touch = db.prepare(
      "UPDATE partial SET durable = ?, touched_at = ? WHERE sender = ? AND id = ?",
    );
    this.#delete = db.prepare("DELETE FROM partial WHERE sender = ? AND id = ?");
    this.#ofSender = db.prepare(`${columns} WHERE sender = ? ORDER BY touched_at DESC, row DESC`);
    this.#all = db.prepare(`${columns} ORDER BY touched_at, row`);
    this.#untouched = db.prepare(`${columns} WHERE touched_at < ?`);
  }

  /** What is there of all of them, bytes. What is only announced takes no room: anybody may announce anything. */
  get bytes(): number {
    return this.#bytes ??= Number(
      this.#db.prepare("SELECT coalesce(sum(durable), 0) AS sum FROM partial").get()!.sum,
    );
  }

  /** What there is of a sender's document. */
  find(sender: string, id: string): Partial | undefined {
    return this.#select.get(sender, id) as unknown as Partial | undefined;
  }

  /** Begins one; nothing of it is there. */
  add({ sender, id, size, sha256, folder, file }: Omit<Partial, "durable">): void {
    this.#insert.run(sender, id, size, sha256, folder, file, Math.floor(this.#lived.now.ms));
    this.#bytes = undefined;
  }

  /** More of it is on disk, or it was asked for. */
  touch(sender: string, id: string, durable: number): void {
    this.#touch.run(durable, Math.floor(this.#lived.now.ms), sender, id);
    this.#bytes = undefined;
  }

  /** Forgets one. */
  remove(sender: string, id: string): void {
    this.#delete.run(sender, id);
    this.#bytes = undefined;
  }

  /** All of them, the one first that was touched the longest ago. */
  all(): Partial[] {
    return this.#all.all() as unknown as Partial[];
  }

  /** Those of a sender that are too many with one more. */
  surplus(sender: string): Partial[] {
    return this.#ofSender.all(sender).slice(PER_SENDER - 1) as unknown as Partial[];
  }

  /** Those that nobody asked for since. @param before milliseconds of lived time */
  untouchedSince(before: number): Partial[] {
    return this.#untouched.all(before) as unknown as Partial[];
  }

  /** Forgets what was not written: the transaction was rolled back. */
  reset(): void {
    this.#bytes = undefined;
  }
}
