import { UserError } from "../../platform/user_error.ts";
import { readPart } from "../files/file_access.ts";
import type { HistoryMessage } from "./message_rows.ts";
import { TABLES } from "./message_source.ts";
import type { Reading } from "./reading.ts";
import { type FilePlace, placeOf } from "./received_file.ts";
import { statementOf } from "../tables/rows.ts";

/** Which document is read, and how much of it. */
export interface DocumentQuery {
  /** Table of its row. */
  readonly of: keyof typeof TABLES;
  readonly row: number;
  /** Most bytes of its body that are returned, up to 1 MiB. */
  readonly most: number;
}

/** A document of the history. */
export interface DocumentContent {
  readonly message: HistoryMessage;
  /** Its first bytes; all of them if it has no more than were asked for. The text of a chat. */
  readonly body: Uint8Array;
  /** The file that has it, if the database does not: the whole is to be read there. */
  readonly place?: FilePlace;
}

/** Most bytes of an answer. */
const MOST = 1024 * 1024;

/**
 * Reads a document. A file is only looked at: whether a large one is unchanged is known once all of it was read.
 *
 * @throws {UserError} if the history has no such row, or nothing has the document any more
 */
export function documentContent({ db, places }: Reading, { of, row, most }: DocumentQuery): DocumentContent {
  const { name, select } = TABLES[of];
  const found = statementOf(db, `${select} WHERE m.row = ?`).get(row);
  if (!found) throw new UserError(`The history has no message ${row} any more: look at the list again.`);
  const message = places.message(found);
  const length = Math.min(most, MOST);
  if (message.kind === "chat") {
    return { message, body: new TextEncoder().encode(message.text).slice(0, length) };
  }
  const body = statementOf(db, `SELECT body FROM ${name} WHERE row = ?`).get(row)?.body;
  if (body instanceof Uint8Array) return { message, body: body.slice(0, length) };
  const place = placeOf(message);
  return { message, body: readPart(place.path, place.offset, Math.min(length, place.size)), place };
}
