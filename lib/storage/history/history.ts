import type { DatabaseSync } from "node:sqlite";
import { resolve } from "@std/path";
import { is } from "../../protocol/fields.ts";
import { foldLabel } from "../../protocol/label.ts";
import { ID_PREFIX_MIN } from "../../protocol/limits.ts";
import { openForReading } from "../database/open_database.ts";
import { KnownTable } from "../tables/known.ts";
import { withoutNulls } from "../tables/rows.ts";
import { Spool } from "../files/spool.ts";
import type { KnownPeer } from "../types.ts";
import { pathIn } from "../files/file_access.ts";

/** The peer at the other end of a message. */
export interface HistoryPeer {
  readonly id: string;
  /** What it called itself, or was known as. */
  readonly name: string;
}

/** Place where the body or text of a message is kept. */
export type Kept = "database" | "file" | "nothing";

/** A message of the history. */
export interface HistoryMessage {
  readonly direction: "received" | "sent";
  /** Row of its table. */
  readonly row: number;
  readonly id: string;
  readonly kind: "document" | "chat";
  /** Whom it came from, or went to. */
  readonly peer: HistoryPeer;
  /** Of a chat: to everybody, or to one. */
  readonly to?: "all" | "you";
  /** Of a document, as its sender called it; empty for a chat. */
  readonly name: string;
  readonly stream?: string;
  /** Bytes. */
  readonly size: number;
  /** When it was received, or handed in to be sent, milliseconds since 1970. */
  readonly at: number;
  /** Of a chat. */
  readonly text?: string;
  /** File of a received document, or the one that it is a line of; it may be gone. */
  readonly path?: string;
  /** Where in that file it begins, for a line. */
  readonly offset?: number;
  /** File that holds a large document as long as it waits. */
  readonly copy?: string;
  /** Where its body or text is kept: a file is its owner's, who may have changed or removed it. */
  readonly kept: Kept;
  /** Hash of a large document that was received, hex. */
  readonly sha256?: string;
  /** What became of what was sent. */
  readonly status?: "delivered" | "refused" | "expired" | "queued";
  readonly code?: string;
  readonly why?: string;
}

/** Counts of what waits for a peer. */
export interface WaitingMessages {
  readonly peer: HistoryPeer;
  readonly documents: number;
  readonly chats: number;
}

/** Where the body or text of a row `m` of message, sent or outbox is kept, see {@linkcode Kept}. */
export const KEPT_RECEIVED =
  "iif(m.kind = 'chat' OR m.body IS NOT NULL, 'database', iif(m.kept, 'file', 'nothing'))";
export const KEPT_SENT = "iif(m.kind = 'chat' OR m.body IS NOT NULL, 'database', 'nothing')";
export const KEPT_WAITING = "iif(m.spool IS NULL, 'database', 'file')";

const RECEIVED =
  `SELECT 'received' AS direction, m.row, m.id, m.kind, m.sender AS peerId, m.sender_name AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.received_at AS at, m.text, ${KEPT_RECEIVED} AS kept,
    f.name AS folder, coalesce(m.file, s.file) AS file, m.offset, l.sha256
  FROM message m LEFT JOIN folder f ON f.row = m.folder LEFT JOIN stream_file s ON s.row = m.stream_file
    LEFT JOIN large l ON l.row = m.row`;

const SENT =
  `SELECT 'sent' AS direction, m.row, m.id, m.kind, m.recipient AS peerId, m.recipient_name AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.at, m.text, m.status, m.code, m.why, ${KEPT_SENT} AS kept
  FROM sent m`;

/** What the user knows somebody as to whom something waits. */
export const WAITING_NAME = `coalesce((SELECT name FROM known k WHERE k.id = m.recipient),
  nullif(nullif(m.recipient_name, m.recipient), substr(m.recipient, 1, 6)),
  (SELECT recipient_name FROM sent s WHERE s.recipient = m.recipient ORDER BY id DESC LIMIT 1),
  (SELECT sender_name FROM message r WHERE r.sender = m.recipient ORDER BY id DESC LIMIT 1), substr(m.recipient, 1, 6))`;

const WAITING =
  `SELECT 'sent' AS direction, m.row, m.id, m.kind, m.recipient AS peerId, ${WAITING_NAME} AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.at, m.spool,
    iif(m.kind = 'chat', CAST(m.body AS TEXT), NULL) AS text, 'queued' AS status, ${KEPT_WAITING} AS kept
  FROM outbox m`;

/** Each peer once, by steps through the index: a table may hold any number of messages from one. */
const eachOf = (column: string, table: string) =>
  `WITH RECURSIVE each(id) AS (SELECT min(${column}) FROM ${table}
     UNION ALL SELECT (SELECT min(${column}) FROM ${table} WHERE ${column} > each.id) FROM each WHERE each.id IS NOT NULL)`;

const SENDERS = `${eachOf("sender", "message")}
  SELECT each.id, m.sender_name AS name, m.received_at AS at FROM each JOIN message m ON m.row =
    (SELECT row FROM message WHERE sender = each.id ORDER BY id DESC LIMIT 1)`;

const RECIPIENTS = `${eachOf("recipient", "sent")}
  SELECT each.id, m.recipient_name AS name, m.at FROM each JOIN sent m ON m.row =
    (SELECT row FROM sent WHERE recipient = each.id ORDER BY id DESC LIMIT 1)`;

const AWAITED = `${eachOf("recipient", "outbox")}
  SELECT each.id, substr(each.id, 1, ${ID_PREFIX_MIN}) AS name, 0 AS at FROM each WHERE each.id IS NOT NULL`;

/** Messages read in one go. */
const CHUNK = 500;

type SqlRow = Record<string, unknown>;

/** The history of a profile, for reading only, beside the peer that writes it or without one. */
export class History implements Disposable {
  readonly #db;
  readonly #inbox;
  readonly #spool;

  private constructor(db: DatabaseSync, inbox: string, spool: Spool) {
    this.#db = db;
    this.#inbox = resolve(inbox);
    this.#spool = spool;
  }

  /**
   * Opens the history of the profile with this state folder. Undefined if nothing was ever kept.
   *
   * @param inbox folder that paths begin with
   * @throws {UserError} if the database is of another version, or cannot be read
   */
  static open(state: string, inbox: string): History | undefined {
    const db = openForReading(state);
    return db && new History(db, inbox, new Spool(state));
  }

  /** Reads what was received, newest first. @param peer the sender, by its name in any case, its id, or the beginning of its id */
  received(peer?: string): Iterable<HistoryMessage> {
    return this.#newestFirst(RECEIVED, peer);
  }

  /**
   * Reads what was sent, what waits in the outbox first, then newest first. A message to several peers comes once for each.
   *
   * @param peer the recipient
   */
  *sent(peer?: string): Iterable<HistoryMessage> {
    yield* this.#newestFirst(WAITING, peer);
    yield* this.#newestFirst(SENT, peer);
  }

  /** Counts what waits in the outbox for each peer. @param except ids of messages that do not count */
  waiting(except: readonly string[] = []): WaitingMessages[] {
    const rows = this.#db.prepare(
      `SELECT m.recipient AS id, ${WAITING_NAME} AS name, sum(m.kind = 'document') AS documents,
         sum(m.kind = 'chat') AS chats
       FROM outbox m WHERE m.id NOT IN (SELECT value FROM json_each(?)) GROUP BY m.recipient ORDER BY name`,
    ).all(JSON.stringify(except));
    return rows.map(({ id, name, documents, chats }) => ({
      peer: { id: id as string, name: name as string },
      documents: Number(documents),
      chats: Number(chats),
    }));
  }

  /** The newest chats that came or went after `since` (milliseconds since 1970), oldest first. */
  chats(since: number, limit: number): HistoryMessage[] {
    const received = this.#messages(
      `${RECEIVED} WHERE m.kind = 'chat' AND m.received_at > ? ORDER BY m.row DESC LIMIT ?`,
      [since, limit],
    );
    const sent = this.#messages(
      `${SENT} WHERE m.row IN (SELECT max(row) FROM sent WHERE kind = 'chat' AND at > ? GROUP BY id ORDER BY 1 DESC LIMIT ?)`,
      [since, limit],
    );
    return [...received, ...sent].sort((a, b) => a.at - b.at).slice(-limit);
  }

  /** Lists with whom messages were exchanged, or wait to be, by the name that each had last; by the beginning of its id if it is not known. */
  peers(): HistoryPeer[] {
    const found = new Map<string, { name: string; at: number }>();
    for (const statement of [SENDERS, RECIPIENTS, AWAITED]) {
      for (const row of this.#db.prepare(statement).iterate()) {
        const { id, name, at } = row as { id: string; name: string; at: number };
        // What was sent to somebody without a name does not take the name away.
        const isBare = id.startsWith(name) && name.length === ID_PREFIX_MIN;
        const rank = isBare ? -1 : at;
        if (rank > (found.get(id)?.at ?? -Infinity)) found.set(id, { name, at: rank });
      }
    }
    return [...found].map(([id, { name }]) => ({ id, name }));
  }

  /** Lists whom the profile knows, blocked ones included, by name. */
  known(): KnownPeer[] {
    const all = new KnownTable(this.#db).all();
    return all.toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  }

  /**
   * Messages that this id means: the whole one, else its beginning or its end.
   *
   * @param isSent whether those that were sent are meant, rather than received ones
   * @param peer the other peer
   */
  find(id: string, isSent: boolean, peer?: string): HistoryMessage[] {
    const part = id.toUpperCase();
    if (!/^[0-9A-Z]{1,26}$/.test(part)) return [];
    const matching = (from: string, table: string) =>
      this.#messages(
        `${from} WHERE m.row IN (SELECT row FROM ${table}
           WHERE substr(id, 1, ${part.length}) = ?1 OR substr(id, -${part.length}) = ?1) ORDER BY m.row DESC LIMIT 1000`,
        [part],
        peer,
      );
    const found = isSent
      ? [...matching(WAITING, "outbox"), ...matching(SENT, "sent")]
      : [...matching(RECEIVED, "message")];
    const whole = found.filter((message) => message.id === part);
    return whole.length > 0 ? whole : found;
  }

  /** The bytes of a document, as far as the database holds them. */
  body({ direction, row, status }: HistoryMessage): Uint8Array | undefined {
    const table = direction === "received" ? "message" : status === "queued" ? "outbox" : "sent";
    const found = this.#db.prepare(`SELECT body FROM ${table} WHERE row = ?`).get(row);
    return (found?.body ?? undefined) as Uint8Array | undefined;
  }

  /** Bit by bit: whoever asks may not want all. */
  *#newestFirst(from: string, peer?: string): Iterable<HistoryMessage> {
    const statement = `${from} WHERE m.row < ? ORDER BY m.row DESC LIMIT ${CHUNK}`;
    for (let before = Number.MAX_SAFE_INTEGER;;) {
      const rows = this.#db.prepare(statement).all(before);
      yield* this.#meant(rows, peer);
      if (rows.length < CHUNK) return;
      before = Number(rows.at(-1)!.row);
    }
  }

  #messages(sql: string, values: readonly (string | number)[], peer?: string): HistoryMessage[] {
    return this.#meant(this.#db.prepare(sql).all(...values), peer);
  }

  /** The messages with this peer, if one is named. */
  #meant(rows: readonly SqlRow[], peer: string | undefined): HistoryMessage[] {
    const messages = rows.map((row) => this.#message(row));
    if (peer === undefined) return messages;
    const folded = foldLabel(peer);
    if (is.id(folded)) return messages.filter(({ peer: { id } }) => id === folded);
    return messages.filter(({ peer: { id, name } }) =>
      foldLabel(name) === folded || (folded.length >= ID_PREFIX_MIN && id.startsWith(folded))
    );
  }

  #message({ peerId, peerName, folder, file, spool = null, ...row }: SqlRow): HistoryMessage {
    const path = file === undefined || file === null || row.kept === "nothing"
      ? undefined
      : pathIn(pathIn(this.#inbox, folder as string), file as string);
    const peer = { id: peerId, name: peerName };
    const copy = spool === null ? null : this.#spool.path(spool as string);
    return withoutNulls<HistoryMessage>({ ...row, peer, path: path ?? null, copy });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
