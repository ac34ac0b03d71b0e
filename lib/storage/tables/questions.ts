import type { DatabaseSync } from "node:sqlite";
import { WINDOW } from "../../protocol/limits.ts";
import type { OutboundMessage } from "../types.ts";
import type { OutboxUsage } from "./outbox_usage.ts";
import { prepareAll } from "./rows.ts";

/** Most questions of one sender that are unanswered, or whose answers it has not taken yet. */
const WAITING_EACH = WINDOW;
/** Most of all senders together, and of strangers. */
const WAITING_MAX = 10_000;
const WAITING_STRANGERS = WAITING_MAX / 2;
/** Most bytes of answers that are kept to be sent again; the oldest go first. */
const ANSWERS_BYTES = 64 * 1024 * 1024;
/** Answers that are dropped at a time. */
const CHUNK = 256;

/** A question that was received, with what is known of its answer. */
export interface FoundQuestion {
  readonly row: number;
  /** Id of the answer; null while there is none. */
  readonly answer: string | null;
  readonly code: string | null;
  /** Null while there is no answer, and once it was dropped. */
  readonly body: Uint8Array | null;
}

/**
 * Questions that were received, each with its one answer, and received answers by the question that they answer
 * (PROTOCOL.md 3.16).
 */
export class QuestionTable {
  readonly #sql;
  /** Number of unanswered questions by sender, and in all; undefined until it is needed. */
  #open: { readonly bySender: Map<string, number>; total: number } | undefined;
  /** Bytes of kept answers; undefined until it is needed. */
  #bytes: number | undefined;

  constructor(db: DatabaseSync, private readonly outbox: OutboxUsage) {
    this.#sql = prepareAll(db, {
      add: "INSERT INTO question (row) VALUES (?)",
      addReply: "INSERT INTO reply (row, re, code) VALUES (?, ?, ?)",
      find: `SELECT q.row, q.answer, q.code, q.body FROM message m JOIN question q ON q.row = m.row
       WHERE m.sender = ? AND m.id = ?`,
      open:
        `SELECT q.row, m.id, m.sender, m.sender_name AS senderName, m.name, m.size, f.name AS folderName, m.file, m.body
       FROM question q JOIN message m ON m.row = q.row LEFT JOIN folder f ON f.row = m.folder
       WHERE q.answer IS NULL AND q.row > ? AND q.row <= ? ORDER BY q.row LIMIT ?`,
      countOpen: `SELECT m.sender, count(*) AS count FROM question q JOIN message m ON m.row = q.row
       WHERE q.answer IS NULL GROUP BY m.sender`,
      answer: "UPDATE question SET answer = ?2, code = ?3, size = ?4, body = ?5 WHERE row = ?1",
      reply: `SELECT m.id, r.code, m.name, m.size, f.name AS folderName, m.file, m.body
       FROM reply r JOIN message m ON m.row = r.row LEFT JOIN folder f ON f.row = m.folder
       WHERE r.re = ? AND m.sender = ? ORDER BY r.row LIMIT 1`,
      sum: "SELECT coalesce(sum(size), 0) AS bytes FROM question WHERE body IS NOT NULL",
      oldest: `SELECT row, size FROM question WHERE body IS NOT NULL ORDER BY row LIMIT ${CHUNK}`,
      drop: "UPDATE question SET body = NULL WHERE row = ?",
      forget: "DELETE FROM question WHERE row = ?",
      forgetReply: "DELETE FROM reply WHERE row = ?",
    });
  }

  /** Forgets the message of this row, which leaves the history. */
  forget(row: number): void {
    if (this.#sql.forget.run(row).changes > 0) this.reset();
    this.#sql.forgetReply.run(row);
  }

  /** Counts anew when it is needed. */
  reset(): void {
    this.#open = this.#bytes = undefined;
  }

  /** Returns the reason why a question cannot be taken now: too many wait; undefined if it can. */
  refusal(sender: string, isKnown: boolean): string | undefined {
    const { bySender, total } = this.#counted();
    if ((bySender.get(sender) ?? 0) + this.outbox.answersFor(sender) >= WAITING_EACH) {
      return `${WAITING_EACH} of your questions wait here, or their answers for you`;
    }
    const most = isKnown ? WAITING_MAX : WAITING_STRANGERS;
    return total + this.outbox.answers >= most ? "too many questions wait here" : undefined;
  }

  /** Records that the message of this row is a question. */
  add(row: number, sender: string): void {
    this.#count(sender, 1);
    this.#sql.add.run(row);
  }

  /** Records that the message of this row answers a question. */
  addReply(row: number, re: string, code: string | undefined): void {
    this.#sql.addReply.run(row, re, code ?? null);
  }

  /** Finds a question of a sender. */
  find(sender: string, id: string): FoundQuestion | undefined {
    return this.#sql.find.get(sender, id) as unknown as FoundQuestion | undefined;
  }

  /** Records the answer to a question that has none. */
  answer(row: number, sender: string, { id, code, body }: OutboundMessage): void {
    this.#count(sender, -1);
    this.#bytes = this.#keptBytes() + body!.length;
    this.#sql.answer.run(row, id, code ?? null, body!.length, body!);
    while (this.#bytes > ANSWERS_BYTES) {
      for (const { row, size } of this.#sql.oldest.all()) {
        if (this.#bytes <= ANSWERS_BYTES) return;
        this.#sql.drop.run(row!);
        this.#bytes -= Number(size);
      }
    }
  }

  /** Reads unanswered questions as `OpenQuestion`s, with names of folder and file instead of a path. */
  open(after: number, upto: number, limit: number): Record<string, unknown>[] {
    return this.#sql.open.all(after, upto, limit);
  }

  /** Reads the first answer of a sender to a question as a `Reply`, with names of folder and file instead of a path. */
  reply(sender: string, re: string): Record<string, unknown> | undefined {
    return this.#sql.reply.get(re, sender);
  }

  #counted(): { readonly bySender: Map<string, number>; total: number } {
    if (this.#open) return this.#open;
    const rows = this.#sql.countOpen.all().map(({ sender, count }) =>
      [sender as string, Number(count)] as const
    );
    return this.#open = { bySender: new Map(rows), total: rows.reduce((sum, [, count]) => sum + count, 0) };
  }

  #count(sender: string, change: 1 | -1): void {
    const open = this.#counted();
    const count = (open.bySender.get(sender) ?? 0) + change;
    if (count === 0) open.bySender.delete(sender);
    else open.bySender.set(sender, count);
    open.total += change;
  }

  #keptBytes(): number {
    return this.#bytes ??= Number(this.#sql.sum.get()!.bytes);
  }
}
