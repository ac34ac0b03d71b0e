import type { DatabaseSync } from "node:sqlite";
import { withoutNulls } from "./message_table.ts";
import { type OutboxLimits, OutboxUsage } from "./outbox_usage.ts";
import type { OutboxRow, OutgoingState, SentEnd, SentMessage } from "./types.ts";

/** What waits for others, and our numbering towards each (PROTOCOL.md section 4, Delivery). */
export class OutboxTable {
  readonly #state;
  readonly #rows;
  readonly #body;
  readonly #needs;
  readonly #recipients;
  readonly #reserve;
  readonly #enqueue;
  readonly #forget;
  readonly #acked;
  readonly #begin;
  readonly #unnumber;
  readonly #number;
  readonly #place;
  readonly #find;
  /** How much waits. */
  readonly usage;

  /** @param limits most that may wait; those of the protocol unless told */
  constructor(db: DatabaseSync, limits?: OutboxLimits) {
    this.usage = new OutboxUsage(db, limits);
    this.#state = db.prepare("SELECT epoch, reserved, acked FROM outgoing WHERE recipient = ?");
    this.#rows = db.prepare(
      `SELECT recipient, epoch, seq, id, kind, name, stream, addressed AS "to", at, expires, size, spool, sha256
       FROM outbox WHERE recipient = ? ORDER BY row`,
    );
    this.#body = db.prepare("SELECT body FROM outbox WHERE recipient = ? AND id = ? AND body IS NOT NULL");
    this.#needs = db.prepare("SELECT 1 FROM outbox WHERE spool = ?");
    this.#recipients = db.prepare("SELECT DISTINCT recipient FROM outbox");
    this.#reserve = db.prepare(
      `INSERT INTO outgoing (recipient, epoch, reserved, acked) VALUES (?1, ?2, ?3, 0)
       ON CONFLICT (recipient) DO UPDATE SET reserved = max(reserved, ?3) WHERE epoch = ?2`,
    );
    this.#enqueue = db.prepare(
      `INSERT INTO outbox (recipient, epoch, seq, id, kind, name, stream, addressed, at, expires, size, spool, sha256, body)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
       ON CONFLICT (recipient, id) DO UPDATE SET epoch = ?2, seq = ?3, kind = ?5, name = ?6, stream = ?7,
         addressed = ?8, at = ?9, expires = ?10, size = ?11, spool = ?12, sha256 = ?13, body = coalesce(?14, body)`,
    );
    this.#place = db.prepare("SELECT size, spool FROM outbox WHERE recipient = ? AND id = ?");
    this.#find = db.prepare(
      `SELECT recipient, id, kind, name, stream, addressed AS "to", at, size, body
       FROM outbox WHERE recipient = ? AND id = ?`,
    );
    this.#forget = db.prepare("DELETE FROM outbox WHERE recipient = ? AND id = ?");
    this.#acked = db.prepare(
      "UPDATE outgoing SET acked = max(acked, ?3) WHERE recipient = ?1 AND epoch = ?2",
    );
    this.#begin = db.prepare(
      `INSERT INTO outgoing (recipient, epoch, reserved, acked) VALUES (?1, ?2, ?3, 0)
       ON CONFLICT (recipient) DO UPDATE SET epoch = ?2, reserved = ?3, acked = 0`,
    );
    this.#unnumber = db.prepare("UPDATE outbox SET epoch = ?, seq = 0 WHERE recipient = ?");
    this.#number = db.prepare("UPDATE outbox SET seq = ? WHERE recipient = ? AND id = ?");
  }

  /** See `Storage.outgoing`; where messages wait and nothing is reserved yet, their epoch is the numbering's. */
  outgoing(recipient: string): OutgoingState | undefined {
    const rows = this.#rows.all(recipient).map((row) => withoutNulls<OutboxRow>(row));
    const state = this.#state.get(recipient) as
      | { epoch: number; reserved: number; acked: number }
      | undefined;
    if (state) return { ...state, rows };
    return rows[0] && { epoch: rows[0].epoch, reserved: 0, acked: 0, rows };
  }

  /** See `Storage.bodies`. */
  bodies(recipient: string, ids: readonly string[]): Map<string, Uint8Array> {
    const rows = ids.map((id) => [id, this.#body.get(recipient, id)?.body] as const);
    return new Map(rows.filter((row): row is [string, Uint8Array<ArrayBuffer>] => row[1] !== undefined));
  }

  /** Whether a waiting message is in this file of the spool. */
  needs(spool: string): boolean {
    return this.#needs.get(spool) !== undefined;
  }

  /** See `Storage.outboxRecipients`. */
  recipients(): string[] {
    return this.#recipients.all().map(({ recipient }) => recipient as string);
  }

  /** See `Storage.reserve`. */
  reserve(recipient: string, epoch: number, upto: number): void {
    if (this.#reserve.run(recipient, epoch, upto).changes === 0) {
      throw new Error(
        `numbers of epoch ${epoch} cannot be reserved: another epoch towards ${recipient} is in use`,
      );
    }
  }

  /** See `Storage.enqueue`; returns why it cannot wait, where that is so. */
  enqueue(row: OutboxRow, recipientName: string): string | undefined {
    const { recipient, epoch, seq, id, kind, name, stream = null, to = null, at, expires } = row;
    const { size, spool = null, sha256 = null, body = null } = row;
    const before = this.#place.get(recipient, id);
    const refusal = before ? undefined : this.usage.refusal(recipient, recipientName, size, row.spool);
    if (refusal !== undefined) return refusal;
    const content = [size, spool, sha256, body];
    this.#enqueue.run(recipient, epoch, seq, id, kind, name, stream, to, at, expires, ...content);
    this.usage.add(recipient, size, row.spool);
    if (before) this.#uncount(recipient, before);
  }

  /** A waiting message that has ended so, for the history. */
  ended(recipient: string, id: string, end: SentEnd): SentMessage | undefined {
    const row = this.#find.get(recipient, id);
    return row && withoutNulls<SentMessage>({ ...row, ...end });
  }

  /** See `Storage.settle`. */
  settle(recipient: string, epoch: number, ids: readonly string[], acked: number): void {
    for (const id of ids) {
      const before = this.#place.get(recipient, id);
      if (!before) continue;
      this.#forget.run(recipient, id);
      this.#uncount(recipient, before);
    }
    this.#acked.run(recipient, epoch, acked);
  }

  /** See `Storage.renumber`. */
  renumber(recipient: string, epoch: number, reserved: number, seqById: ReadonlyMap<string, number>): void {
    this.#begin.run(recipient, epoch, reserved);
    this.#unnumber.run(epoch, recipient);
    for (const [id, seq] of seqById) this.#number.run(seq, recipient, id);
  }

  #uncount(recipient: string, { size, spool }: Record<string, unknown>): void {
    this.usage.remove(recipient, Number(size), spool as string | null ?? undefined);
  }
}
