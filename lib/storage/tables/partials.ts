import type { DatabaseSync } from "node:sqlite";
import { addressKey } from "./senders.ts";
import type { LivedTable } from "./lived.ts";
import { prepareAll, statementOf } from "./rows.ts";

/** A partial document: one that arrives in parts, and the file for its bytes. */
export interface PartialDocument {
  readonly sender: string;
  /** Message id (ULID). */
  readonly id: string;
  /** Size of the whole document, bytes. */
  readonly size: number;
  /** SHA-256 of the whole document, hex. */
  readonly sha256: string;
  /** Row of the folder. */
  readonly folder: number;
  /** Name of the file in that folder. */
  readonly file: string;
  /** Number of its first bytes that are on disk. */
  readonly durable: number;
}

/** Most partial documents of one sender; the least recently touched are removed. */
const PER_SENDER = 16;

/** Partial documents; their bytes survive the end of a session and a restart. */
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
      untouched: `${columns} WHERE touched_at < ?`,
      empty: `${columns} WHERE touched_at < ? AND durable = 0`,
    });
  }

  /** Bytes on disk of all of them. An announced size does not count, because anybody can announce anything. */
  get bytes(): number {
    return this.#bytes ??= Number(
      statementOf(this.db, "SELECT coalesce(sum(durable), 0) AS sum FROM partial").get()!.sum,
    );
  }

  /** Finds a sender's partial document. */
  find(sender: string, id: string): PartialDocument | undefined {
    return this.#sql.select.get(sender, id) as unknown as PartialDocument | undefined;
  }

  /** Adds one, without bytes. */
  add({ sender, id, size, sha256, folder, file }: Omit<PartialDocument, "durable">): void {
    this.#sql.insert.run(sender, id, size, sha256, folder, file, Math.floor(this.lived.now.ms));
    this.#bytes = undefined;
  }

  /** Records that more of it is on disk, or that its sender resumed it. */
  touch(sender: string, id: string, durable: number): void {
    this.#sql.touch.run(durable, Math.floor(this.lived.now.ms), sender, id);
    this.#bytes = undefined;
  }

  /** Removes one. */
  remove(sender: string, id: string): void {
    this.#sql.delete.run(sender, id);
    this.#bytes = undefined;
  }

  /** Lists all, least recently touched first. */
  all(): PartialDocument[] {
    return this.#sql.all.all() as unknown as PartialDocument[];
  }

  /** Lists those of a sender that have to go for one more. */
  surplus(sender: string): PartialDocument[] {
    return this.#sql.ofSender.all(sender).slice(PER_SENDER - 1) as unknown as PartialDocument[];
  }

  /** Lists those of unknown senders, in all or from an address, least recently touched first. */
  ofUnknown(address?: string): (PartialDocument & { readonly address: string | null })[] {
    return this.#sql.unknown.all(
      address === undefined ? null : addressKey(address),
    ) as unknown as (PartialDocument & { address: string | null })[];
  }

  /** Bytes on disk of those of unknown senders, in all or from an address. */
  bytesOfUnknown(address?: string): number {
    return this.bytes === 0 ? 0 : this.ofUnknown(address).reduce((sum, { durable }) => sum + durable, 0);
  }

  /** Lists those that were not touched since a moment of lived time, milliseconds. */
  untouchedSince(before: number): PartialDocument[] {
    return this.#sql.untouched.all(before) as unknown as PartialDocument[];
  }

  /** Lists those not touched since then of which no byte is known to be on disk. */
  emptySince(before: number): PartialDocument[] {
    return this.#sql.empty.all(before) as unknown as PartialDocument[];
  }

  /** Drops unwritten changes after a rollback. */
  reset(): void {
    this.#bytes = undefined;
  }
}
