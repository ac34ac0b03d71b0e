import type { DatabaseSync } from "node:sqlite";
import { addressKey } from "./senders.ts";
import type { LivedTable } from "./lived.ts";
import { prepareAll } from "./rows.ts";

/** A document that is coming in parts, and the file that its bytes go to. */
export interface PartialDocument {
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
  readonly #sql;
  #bytes: number | undefined;

  constructor(private readonly db: DatabaseSync, private readonly lived: Pick<LivedTable, "now">) {
    const columns = "SELECT sender, id, size, sha256, folder, file, durable FROM partial";
    this.#sql = prepareAll(db, {
      select: `${columns} WHERE sender = ? AND id = ?`,
      insert:
        "INSERT INTO partial (sender, id, size, sha256, folder, file, durable, touched_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
      touch: "UPDATE partial SET durable = ?, touched_at = ? WHERE sender = ? AND id = ?",
      delete: "DELETE FROM partial WHERE sender = ? AND id = ?",
      ofSender: `${columns} WHERE sender = ? ORDER BY touched_at DESC, row DESC`,
      all: `${columns} ORDER BY touched_at, row`,
      unknown: `SELECT p.sender, p.id, p.size, p.sha256, p.folder, p.file, p.durable, s.address
       FROM partial p JOIN sender s ON s.id = p.sender WHERE NOT s.known AND (?1 IS NULL OR s.address = ?1)
       ORDER BY p.touched_at, p.row`,
      untouched: `${columns} WHERE touched_at < ?1 OR (durable = 0 AND touched_at < ?2)`,
    });
  }

  /** Bytes that are there of all of them. What is only announced takes no room: anybody may announce anything. */
  get bytes(): number {
    return this.#bytes ??= Number(
      this.db.prepare("SELECT coalesce(sum(durable), 0) AS sum FROM partial").get()!.sum,
    );
  }

  /** Finds what there is of a sender's document. */
  find(sender: string, id: string): PartialDocument | undefined {
    return this.#sql.select.get(sender, id) as unknown as PartialDocument | undefined;
  }

  /** Begins one; nothing of it is there. */
  add({ sender, id, size, sha256, folder, file }: Omit<PartialDocument, "durable">): void {
    this.#sql.insert.run(sender, id, size, sha256, folder, file, Math.floor(this.lived.now.ms));
    this.#bytes = undefined;
  }

  /** More of it is on disk, or it was asked for. */
  touch(sender: string, id: string, durable: number): void {
    this.#sql.touch.run(durable, Math.floor(this.lived.now.ms), sender, id);
    this.#bytes = undefined;
  }

  /** Forgets one. */
  remove(sender: string, id: string): void {
    this.#sql.delete.run(sender, id);
    this.#bytes = undefined;
  }

  /** All of them, the one first that was touched the longest ago. */
  all(): PartialDocument[] {
    return this.#sql.all.all() as unknown as PartialDocument[];
  }

  /** Those of a sender that are too many with one more. */
  surplus(sender: string): PartialDocument[] {
    return this.#sql.ofSender.all(sender).slice(PER_SENDER - 1) as unknown as PartialDocument[];
  }

  /** Those of senders who are not known, in all or from an address, the one first that was touched the longest ago. */
  ofUnknown(address?: string): (PartialDocument & { readonly address: string | null })[] {
    return this.#sql.unknown.all(
      address === undefined ? null : addressKey(address),
    ) as unknown as (PartialDocument & { address: string | null })[];
  }

  /** Bytes that are there of those. */
  bytesOfUnknown(address?: string): number {
    return this.bytes === 0 ? 0 : this.ofUnknown(address).reduce((sum, { durable }) => sum + durable, 0);
  }

  /**
   * Those that nobody asked for since, and those of which nothing ever came.
   *
   * @param before milliseconds of lived time
   * @param emptyBefore the same for the latter
   */
  untouchedSince(before: number, emptyBefore: number): PartialDocument[] {
    return this.#sql.untouched.all(before, emptyBefore) as unknown as PartialDocument[];
  }

  /** Forgets what was not written: the transaction was rolled back. */
  reset(): void {
    this.#bytes = undefined;
  }
}
