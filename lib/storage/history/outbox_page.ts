import { type HistoryMessage, WAITING } from "./message_rows.ts";
import type { Reading } from "./reading.ts";
import { statementOf } from "../tables/rows.ts";

/** Text of chats from which on no more messages are added to a page, characters. */
const TEXT_MAX = 1024 * 1024;

/** Which page of the outbox is read. */
export interface OutboxQuery {
  /** The page before: its `next`. */
  readonly before?: number;
  /** Most messages, 1 to 200; default 50. */
  readonly limit?: number;
}

/** A page of what waits in the outbox. */
export interface OutboxPage {
  /** Newest first; `at` is since when each waits. */
  readonly messages: readonly HistoryMessage[];
  /** The `before` of the next page; undefined if there is none. */
  readonly next?: number;
}

/** The page of an empty outbox. */
export const NO_OUTBOX: OutboxPage = { messages: [] };

/** Reads a page of what waits in the outbox. */
export function outboxPage({ db, places }: Reading, { before, limit = 50 }: OutboxQuery): OutboxPage {
  const count = Math.min(Math.max(1, limit), 200);
  const rows = statementOf(db, `${WAITING} WHERE m.row < ? ORDER BY m.row DESC LIMIT ?`).all(
    before ?? Number.MAX_SAFE_INTEGER,
    count + 1,
  );
  const messages: HistoryMessage[] = [];
  let text = 0;
  for (const row of rows.slice(0, count)) {
    const message = places.message(row);
    messages.push(message);
    if ((text += message.text?.length ?? 0) >= TEXT_MAX) break;
  }
  return { messages, ...rows.length > messages.length && { next: messages.at(-1)!.row } };
}
