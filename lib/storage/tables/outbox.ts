import type { DatabaseSync } from "node:sqlite";
import { type OutboxLimits, OutboxUsage } from "./outbox_usage.ts";
import type { OutboundMessage } from "../types.ts";
import { prepareAll, withoutNulls } from "./rows.ts";

/** Messages that wait for their recipients (PROTOCOL.md 3.11). */
export class OutboxTable {
  readonly #sql;
  /** Sums of what waits. */
  readonly usage;

  /** @param limits most that may wait; default the protocol's */
  constructor(db: DatabaseSync, limits?: OutboxLimits) {
    this.usage = new OutboxUsage(db, limits);
    this.#sql = prepareAll(db, {
      rows: `SELECT id, kind, name, stream, addressed AS "to", at, expires, size, spool, sha256, ask, re, code
       FROM outbox       WHERE recipient = ? ORDER BY row`,
      body: "SELECT body FROM outbox WHERE recipient = ? AND id = ? AND body IS NOT NULL",
      recipients: "SELECT DISTINCT recipient FROM outbox",
      waitsFor: "SELECT recipient FROM outbox WHERE id = ? ORDER BY row",
      overdue: "SELECT DISTINCT recipient FROM outbox WHERE expires <= ?",
      enqueue:
        `INSERT INTO outbox (recipient, id, recipient_name, kind, name, stream, addressed, at, expires, size, spool,
         sha256, body, ask, re, code)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
       ON CONFLICT (recipient, id) DO UPDATE SET recipient_name = ?3, kind = ?4, name = ?5, stream = ?6,
         addressed = ?7, at = ?8, expires = ?9, size = ?10, spool = ?11, sha256 = ?12, body = ?13, ask = ?14, re = ?15, code = ?16`,
      place: "SELECT size, spool, re FROM outbox WHERE recipient = ? AND id = ?",
      held: "SELECT coalesce(length(body), 0) AS held FROM outbox WHERE recipient = ? AND id = ?",
      forget: "DELETE FROM outbox WHERE recipient = ? AND id = ?",
      unreferenced: "SELECT spool, since FROM unreferenced",
      clearUnreferenced: "DELETE FROM unreferenced",
      addUnreferenced: "INSERT INTO unreferenced (spool, since) VALUES (?, ?)",
    });
  }

  /** See `Storage.waiting`. */
  waiting(recipient: string): OutboundMessage[] {
    return this.#sql.rows.all(recipient).map(({ ask, ...row }) =>
      withoutNulls<OutboundMessage>({ ...row, ask: ask === null ? null : true })
    );
  }

  /** See `Storage.bodies`. */
  bodies(recipient: string, ids: readonly string[]): Map<string, Uint8Array> {
    const rows = ids.map((id) => [id, this.#sql.body.get(recipient, id)?.body] as const);
    return new Map(rows.filter((row): row is [string, Uint8Array<ArrayBuffer>] => row[1] !== undefined));
  }

  /** Tells whether a waiting message has this file of the spool. */
  needs(spool: string): boolean {
    return this.usage.hasSpooled(spool);
  }

  /** See `Storage.outboxRecipients`. */
  recipients(): string[] {
    return this.#sql.recipients.all().map(({ recipient }) => recipient as string);
  }

  /** See `Storage.overdueRecipients`. */
  overdue(lived: number): string[] {
    return this.#sql.overdue.all(lived).map(({ recipient }) => recipient as string);
  }

  /** Lists the recipients for whom a message with this id waits. */
  waitsFor(id: string): string[] {
    return this.#sql.waitsFor.all(id).map(({ recipient }) => recipient as string);
  }

  /** See `Storage.enqueue`; returns the reason if the message cannot wait. */
  enqueue(recipient: string, message: OutboundMessage, recipientName: string): string | undefined {
    const { id, kind, name, stream = null, to = null, at, expires } = message;
    const { size, spool = null, sha256 = null, body = null, ask, re = null, code = null } = message;
    const before = this.#sql.place.get(recipient, id);
    const refusal = before ? undefined : this.usage.refusal(recipient, recipientName, size, message.spool);
    if (refusal !== undefined) return refusal;
    const content = [size, spool, sha256, body, ask ? 1 : null, re, code];
    this.#sql.enqueue.run(recipient, id, recipientName, kind, name, stream, to, at, expires, ...content);
    this.usage.add(recipient, size, message.spool, re !== null);
    if (before) this.#uncount(recipient, before);
  }

  /** Returns the bytes of a waiting message that are here, 0 if all are in the spool; undefined if it does not wait. */
  held(recipient: string, id: string): number | undefined {
    return this.#sql.held.get(recipient, id)?.held as number | undefined;
  }

  /** Removes a message. Returns its file of the spool, if any. */
  forget(recipient: string, id: string): string | undefined {
    const before = this.#sql.place.get(recipient, id);
    if (!before) return undefined;
    this.#sql.forget.run(recipient, id);
    this.#uncount(recipient, before);
    return before.spool as string | null ?? undefined;
  }

  /** Files of the spool that no message has → since when that is known, milliseconds of lived time. */
  unreferenced(): Map<string, number> {
    return new Map(this.#sql.unreferenced.all().map(({ spool, since }) => [spool as string, Number(since)]));
  }

  /** Replaces the result of {@linkcode unreferenced}. */
  noteUnreferenced(files: ReadonlyMap<string, number>): void {
    this.#sql.clearUnreferenced.run();
    for (const [spool, since] of files) this.#sql.addUnreferenced.run(spool, Math.floor(since));
  }

  /** Tells whether this message waits. */
  has(recipient: string, id: string): boolean {
    return this.#sql.place.get(recipient, id) !== undefined;
  }

  #uncount(recipient: string, { size, spool, re }: Record<string, unknown>): void {
    this.usage.remove(recipient, Number(size), spool as string | null ?? undefined, re !== null);
  }
}
