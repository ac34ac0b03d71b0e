import type { DatabaseSync } from "node:sqlite";
import { resolve } from "../../platform/std_path.ts";
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
  /** Its label, or the name by which the user knew it. */
  readonly name: string;
}

/** Place where the body or text of a message is stored. */
export type Kept = "database" | "file" | "nothing";

/** A message of the history. */
export interface HistoryMessage {
  readonly direction: "received" | "sent";
  /** Row of its table. */
  readonly row: number;
  readonly id: string;
  readonly kind: "document" | "chat";
  /** Sender of a received message, recipient of a sent one. */
  readonly peer: HistoryPeer;
  /** Recipients of a chat. */
  readonly to?: "all" | "you";
  /** Name of a document, as its sender gave it; empty for a chat. */
  readonly name: string;
  readonly stream?: string;
  /** Size, bytes. */
  readonly size: number;
  /** When it was received, or handed in to be sent, milliseconds since 1970. */
  readonly at: number;
  /** When a received message was sent by the sender's clock, milliseconds since 1970. */
  readonly sentAt?: number;
  /** Text of a chat. */
  readonly text?: string;
  /** Path of a received document, or of its stream's file; the file may be gone. */
  readonly path?: string;
  /** Offset of a line in its file, bytes. */
  readonly offset?: number;
  /** Path of the copy of a large document that waits in the outbox. */
  readonly copy?: string;
  /** Where its body or text is stored. A file belongs to its owner, who may have changed or removed it. */
  readonly kept: Kept;
  /** SHA-256 of a large document that was received, hex. */
  readonly sha256?: string;
  /** 1 if it is a question. */
  readonly question?: 1;
  /** Id of the question that a received document answers. */
  readonly re?: string;
  /** Outcome of a sent message. */
  readonly status?: "delivered" | "refused" | "expired" | "queued";
  /** Why it was refused; of a received answer, why it is no real one. */
  readonly code?: string;
  readonly why?: string;
}

/** Number of messages that wait for a peer. */
export interface WaitingMessages {
  readonly peer: HistoryPeer;
  readonly documents: number;
  readonly chats: number;
}

/** SQL for the place of the body or text of a row `m` of message, sent or outbox, see {@linkcode Kept}. */
export const KEPT_RECEIVED =
  "iif(m.kind = 'chat' OR m.body IS NOT NULL, 'database', iif(m.kept, 'file', 'nothing'))";
export const KEPT_SENT = "iif(m.kind = 'chat' OR m.body IS NOT NULL, 'database', 'nothing')";
export const KEPT_WAITING = "iif(m.spool IS NULL, 'database', 'file')";

const RECEIVED =
  `SELECT 'received' AS direction, m.row, m.id, m.kind, m.sender AS peerId, m.sender_name AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.received_at AS at, m.sent_at AS sentAt, m.text,
    ${KEPT_RECEIVED} AS kept, f.name AS folder, coalesce(m.file, s.file) AS file, m.offset, l.sha256,
    iif(q.row IS NULL, NULL, 1) AS question, r.re, r.code
  FROM message m LEFT JOIN folder f ON f.row = m.folder LEFT JOIN stream_file s ON s.row = m.stream_file
    LEFT JOIN large l ON l.row = m.row LEFT JOIN question q ON q.row = m.row LEFT JOIN reply r ON r.row = m.row`;

const SENT =
  `SELECT 'sent' AS direction, m.row, m.id, m.kind, m.recipient AS peerId, m.recipient_name AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.at, m.text, m.status, m.code, m.why, ${KEPT_SENT} AS kept
  FROM sent m`;

/** SQL for the name by which the user knows the recipient of a waiting message. */
export const WAITING_NAME = `coalesce((SELECT name FROM known k WHERE k.id = m.recipient),
  nullif(nullif(m.recipient_name, m.recipient), substr(m.recipient, 1, 6)),
  (SELECT recipient_name FROM sent s WHERE s.recipient = m.recipient ORDER BY id DESC LIMIT 1),
  (SELECT sender_name FROM message r WHERE r.sender = m.recipient ORDER BY id DESC LIMIT 1), substr(m.recipient, 1, 6))`;

const WAITING =
  `SELECT 'sent' AS direction, m.row, m.id, m.kind, m.recipient AS peerId, ${WAITING_NAME} AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.at, m.spool,
    iif(m.kind = 'chat', CAST(m.body AS TEXT), NULL) AS text, 'queued' AS status, ${KEPT_WAITING} AS kept
  FROM outbox m`;

/** Yields each peer once, by stepping through the index: a table may hold any number of messages of one peer. */
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

/** Returns a function that tells whether a peer is meant by its name in any case, its id, or the beginning of its id. */
export function peerFilter(peer: string): (one: HistoryPeer) => boolean {
  const folded = foldLabel(peer);
  if (is.id(folded)) return ({ id }) => id === folded;
  return ({ id, name }) =>
    foldLabel(name) === folded || (folded.length >= ID_PREFIX_MIN && id.startsWith(folded));
}

/** Messages read at a time. */
const CHUNK = 500;

type SqlRow = Record<string, unknown>;

/** The history of a profile, read-only; a peer may be writing to it at the same time. */
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
   * Opens the history of the profile with this state folder. Undefined if it has no database.
   *
   * @param inbox folder that paths begin with
   * @throws {UserError} if the database has another version, or cannot be read
   */
  static open(state: string, inbox: string): History | undefined {
    const db = openForReading(state);
    return db && new History(db, inbox, new Spool(state));
  }

  /**
   * Reads received messages, newest first.
   *
   * @param peer the sender: its name in any case, its id, or the beginning of its id
   * @param stream the stream of documents
   */
  *received(peer?: string, stream?: string): Iterable<HistoryMessage> {
    for (const message of this.#newestFirst(RECEIVED, peer)) {
      if (stream === undefined || message.stream === stream) yield message;
    }
  }

  /** Row of the message received last; 0 if there is none. Rows are in the order of arrival and never used again. */
  get lastRow(): number {
    return Number(this.#db.prepare("SELECT coalesce(max(row), 0) AS row FROM message").get()!.row);
  }

  /** Reads up to `limit` messages that were received after the one with this row, in the order of arrival. */
  receivedAfter(row: number, limit: number): HistoryMessage[] {
    return this.#messages(`${RECEIVED} WHERE m.row > ? ORDER BY m.row LIMIT ?`, [row, limit]);
  }

  /** Returns the messages of a peer and a stream; see {@linkcode received}. */
  selected(messages: readonly HistoryMessage[], peer?: string, stream?: string): HistoryMessage[] {
    const ofPeer = this.#ofPeer(messages, peer);
    return stream === undefined ? ofPeer : ofPeer.filter((message) => message.stream === stream);
  }

  /**
   * Reads sent messages: first those in the outbox, then the others, newest first. A message to several peers comes
   * once for each.
   *
   * @param peer the recipient
   */
  *sent(peer?: string): Iterable<HistoryMessage> {
    yield* this.#newestFirst(WAITING, peer);
    yield* this.#newestFirst(SENT, peer);
  }

  /**
   * Reads received messages in the order of their arrival.
   *
   * @param after row of the message before
   */
  arrivals(after: number, limit: number): HistoryMessage[] {
    return this.#messages(`${RECEIVED} WHERE m.row > ? ORDER BY m.row LIMIT ?`, [after, limit]);
  }

  /** Reads a received message again; undefined if the history no longer has it. */
  arrival(row: number): HistoryMessage | undefined {
    return this.#messages(`${RECEIVED} WHERE m.row = ?`, [row])[0];
  }

  /** Tells whether a received document may not be in its place in the inbox yet. */
  isPending(row: number): boolean {
    const { pending } = this.#db.prepare(
      `SELECT ?1 > (SELECT value FROM meta WHERE key = 'synced row')
         OR EXISTS (SELECT 1 FROM unsynced WHERE row = ?1) AS pending`,
    ).get(row)!;
    return Number(pending) === 1;
  }

  /** Counts the waiting messages for each peer. @param except ids of messages that do not count */
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

  /** Returns the last `limit` chats since `since` (milliseconds since 1970), oldest first. */
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

  /**
   * Lists the peers of all messages, waiting ones included, by their latest names; a peer without a name by the
   * beginning of its id.
   */
  peers(): HistoryPeer[] {
    const found = new Map<string, { name: string; at: number }>();
    for (const statement of [SENDERS, RECIPIENTS, AWAITED]) {
      for (const row of this.#db.prepare(statement).iterate()) {
        const { id, name, at } = row as { id: string; name: string; at: number };
        // A message sent to a peer without a name does not replace its name.
        const isBare = id.startsWith(name) && name.length === ID_PREFIX_MIN;
        const rank = isBare ? -1 : at;
        if (rank > (found.get(id)?.at ?? -Infinity)) found.set(id, { name, at: rank });
      }
    }
    return [...found].map(([id, { name }]) => ({ id, name }));
  }

  /** Lists all records of peers, blocked ones included, by name. */
  known(): KnownPeer[] {
    const all = new KnownTable(this.#db).all();
    return all.toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  }

  /**
   * Finds messages by their whole id, or else by its beginning or end.
   *
   * @param isSent true: only sent messages; false: only received ones
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

  /** Returns the bytes of a document, if they are in the database. */
  body({ direction, row, status }: HistoryMessage): Uint8Array | undefined {
    const table = direction === "received" ? "message" : status === "queued" ? "outbox" : "sent";
    const found = this.#db.prepare(`SELECT body FROM ${table} WHERE row = ?`).get(row);
    return (found?.body ?? undefined) as Uint8Array | undefined;
  }

  /** Reads in steps: the caller may not want all. */
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

  /** Filters the messages of this peer, if one is given. */
  #meant(rows: readonly SqlRow[], peer: string | undefined): HistoryMessage[] {
    return this.#ofPeer(rows.map((row) => this.#message(row)), peer);
  }

  #ofPeer(messages: readonly HistoryMessage[], peer: string | undefined): HistoryMessage[] {
    if (peer === undefined) return [...messages];
    const isMeant = peerFilter(peer);
    return messages.filter((message) => isMeant(message.peer));
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
