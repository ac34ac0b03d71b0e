import type { DatabaseSync } from "node:sqlite";
import { bareName, lastName, WAITING_NAME } from "./recipient_name.ts";
import { withoutNulls } from "./rows.ts";
import { heldCost, type UsageTable } from "./usage.ts";
import type { OutboundMessage, SentEnd } from "../types.ts";

/** An ended message in the form of the history. */
export interface SentMessage extends SentEnd, Omit<OutboundMessage, "expires"> {
  readonly recipient: string;
}

/** A message that has ended, with what tells it from another one. */
export interface EndedMessage
  extends
    Pick<SentEnd, "status" | "code" | "why">,
    Pick<OutboundMessage, "kind" | "name" | "stream" | "size"> {
  /** Bytes of the document, if the history has them, or of the text. */
  readonly body?: Uint8Array;
}

/** The history of sent messages, with their outcome. */
export class SentTable {
  readonly #insert;
  readonly #move;
  readonly #find;
  readonly #replace;
  readonly #end;

  constructor(db: DatabaseSync, private readonly usage: UsageTable) {
    this.#insert = db.prepare(
      `INSERT INTO sent (recipient, id, recipient_name, kind, addressed, name, stream, at, ended_at, status, code, why, size,
         text, body)
       VALUES (?1, ?2, iif(?3 = ${bareName("?1")}, coalesce(${
        lastName("?1")
      }, ?3), ?3), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, iif(?4 = 'chat', CAST(?14 AS TEXT), NULL),
         iif(?4 = 'document', ?14, NULL))
       ON CONFLICT (recipient, id) DO NOTHING`,
    );
    this.#move = db.prepare(
      `INSERT INTO sent (recipient, id, recipient_name, kind, addressed, name, stream, at, ended_at, status, code, why, size,
         text, body)
       SELECT recipient, id, iif(?3 = ${
        bareName("recipient")
      }, ${WAITING_NAME}, ?3), kind, addressed, name, stream, at, ?4, ?5, ?6, ?7, size,
         iif(kind = 'chat', CAST(body AS TEXT), NULL), iif(kind = 'document', body, NULL)
       FROM outbox m WHERE recipient = ?1 AND id = ?2
       ON CONFLICT (recipient, id) DO NOTHING`,
    );
    this.#find = db.prepare(
      "SELECT row, ended_at AS endedAt, status FROM sent WHERE recipient = ? AND id = ?",
    );
    this.#end = db.prepare(
      "SELECT status, code, why, kind, name, stream, size, coalesce(body, CAST(text AS BLOB)) AS body FROM sent WHERE recipient = ? AND id = ?",
    );
    this.#replace = db.prepare(
      `UPDATE sent SET recipient_name = iif(?2 = ${
        bareName("recipient")
      }, recipient_name, ?2), ended_at = ?3, status = ?4, code = ?5, why = ?6 WHERE row = ?1`,
    );
  }

  /**
   * Records how a message ended. If its recipient and id are there already, it was sent again, and the later outcome
   * replaces the earlier one; but what was delivered stays so.
   */
  add(message: SentMessage): void {
    const { recipient, id, recipientName, kind, name, at, endedAt, status, size } = message;
    const { to = null, stream = null, code = null, why = null, body = null } = message;
    const { changes } = this.#insert.run(
      ...[recipient, id, recipientName, kind, to, name, stream, at, endedAt, status, code, why, size, body],
    );
    // The text of a chat is always stored.
    if (changes > 0) this.usage.sent += heldCost(kind === "chat" ? size : body?.length ?? 0);
    else this.#endedAgain(recipient, id, message);
  }

  /**
   * Records how a message of the outbox ended, as {@linkcode add}. A recipient that is known only by the beginning of its
   * id keeps the name with which the message was handed in.
   *
   * @param held bytes of its body in the outbox
   */
  addWaiting(recipient: string, id: string, end: SentEnd, held: number): void {
    const { recipientName, endedAt, status, code = null, why = null } = end;
    const { changes } = this.#move.run(recipient, id, recipientName, endedAt, status, code, why);
    if (changes > 0) this.usage.sent += heldCost(held);
    else this.#endedAgain(recipient, id, end);
  }

  /** Returns how a message ended, and what a document was; undefined if the history does not have it. */
  end(recipient: string, id: string): EndedMessage | undefined {
    const found = this.#end.get(recipient, id);
    return found && withoutNulls(found);
  }

  #endedAgain(recipient: string, id: string, end: SentEnd): void {
    const { recipientName, endedAt, status, code = null, why = null } = end;
    const before = this.#find.get(recipient, id)!;
    // An id that is used for another message is refused: that says nothing of the message that has it.
    if (before.status === "delivered" && status !== "delivered") return;
    if (endedAt >= Number(before.endedAt)) {
      this.#replace.run(before.row!, recipientName, endedAt, status, code, why);
    }
  }
}
