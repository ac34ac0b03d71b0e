import type { DatabaseSync } from "node:sqlite";
import { withoutNulls } from "./message_table.ts";
import { type OutboxLimits, OutboxUsage, WAITING_SIZE } from "./outbox_usage.ts";
import type { OutboxRow, OutgoingState, SentEnd, SentMessage } from "./types.ts";

/** What waits for others, and our numbering towards each (PROTOCOL.md section 4, Delivery). */
export class OutboxTable {
  readonly #state;
  readonly #rows;
  readonly #recipients;
  readonly #reserve;
  readonly #enqueue;
  readonly #forget;
  readonly #acked;
  readonly #begin;
  readonly #unnumber;
  readonly #number;
  readonly #bytes;
  readonly #find;
  /** How much waits. */
  readonly usage;

  /** @param limits most that may wait; those of the protocol unless told */
  constructor(db: DatabaseSync, limits?: OutboxLimits) {
    this.usage = new OutboxUsage(db, limits);
    this.#state = db.prepare("SELECT epoch, reserved, acked FROM outgoing WHERE recipient = ?");
    this.#rows = db.prepare(
      `SELECT recipient, epoch, seq, id, kind, name, stream, addressed AS "to", at, expires, body
       FROM outbox WHERE recipient = ? ORDER BY row`,
    );
    this.#recipients = db.prepare("SELECT DISTINCT recipient FROM outbox");
    this.#reserve = db.prepare(
      `INSERT INTO outgoing (recipient, epoch, reserved, acked) VALUES (?1, ?2, ?3, 0)
       ON CONFLICT (recipient) DO UPDATE SET reserved = max(reserved, ?3) WHERE epoch = ?2`,
    );
    this.#enqueue = db.prepare(
      `INSERT INTO outbox (recipient, epoch, seq, id, kind, name, stream, addressed, at, expires, body)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
       ON CONFLICT (recipient, id) DO UPDATE SET epoch = ?2, seq = ?3, kind = ?5, name = ?6, stream = ?7,
         addressed = ?8, at = ?9, expires = ?10, body = ?11`,
    );
    this.#bytes = db.prepare(`SELECT ${WAITING_SIZE} AS bytes FROM outbox WHERE recipient = ? AND id = ?`);
    this.#find = db.prepare(
      `SELECT recipient, id, kind, name, stream, addressed AS "to", at, ${WAITING_SIZE} AS size, body
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
    const { recipient, epoch, seq, id, kind, name, stream = null, to = null, at, expires, body } = row;
    const before = this.#bytes.get(recipient, id);
    const refusal = before ? undefined : this.usage.refusal(recipient, recipientName, body.length);
    if (refusal !== undefined) return refusal;
    this.#enqueue.run(recipient, epoch, seq, id, kind, name, stream, to, at, expires, body);
    this.usage.change(recipient, before ? 0 : 1, body.length - Number(before?.bytes ?? 0));
  }

  /** A waiting message that has ended so, for the history. */
  ended(recipient: string, id: string, end: SentEnd): SentMessage | undefined {
    const row = this.#find.get(recipient, id);
    return row && withoutNulls<SentMessage>({ ...row, ...end });
  }

  /** See `Storage.settle`. */
  settle(recipient: string, epoch: number, ids: readonly string[], acked: number): void {
    for (const id of ids) {
      const before = this.#bytes.get(recipient, id);
      if (!before) continue;
      this.#forget.run(recipient, id);
      this.usage.change(recipient, -1, -Number(before.bytes));
    }
    this.#acked.run(recipient, epoch, acked);
  }

  /** See `Storage.renumber`. */
  renumber(recipient: string, epoch: number, reserved: number, seqById: ReadonlyMap<string, number>): void {
    this.#begin.run(recipient, epoch, reserved);
    this.#unnumber.run(epoch, recipient);
    for (const [id, seq] of seqById) this.#number.run(seq, recipient, id);
  }
}
