import type { DatabaseSync } from "node:sqlite";
import { is } from "../../protocol/fields.ts";
import { foldLabel } from "../../protocol/label.ts";
import { ID_PREFIX_MIN } from "../../protocol/limits.ts";
import { openForReading } from "../database/open_database.ts";
import { bareName, WAITING_NAME } from "../tables/recipient_name.ts";
import { KnownTable } from "../tables/known.ts";
import type { KnownPeer } from "../types.ts";
import {
  type HistoryMessage,
  type HistoryPeer,
  Places,
  RECEIVED,
  SENT,
  type SqlRow,
  WAITING,
} from "./message_rows.ts";
import { statementOf } from "../tables/rows.ts";

export type { HistoryMessage, HistoryPeer, Kept } from "./message_rows.ts";

/** Number of messages that wait for a peer. */
export interface WaitingMessages {
  readonly peer: HistoryPeer;
  readonly documents: number;
  readonly chats: number;
}

/** Yields each peer once, by stepping through the index: a table may hold any number of messages of one peer. */
const eachOf = (column: string, table: string) =>
  `WITH RECURSIVE each(id) AS (SELECT min(${column}) FROM ${table}
     UNION ALL SELECT (SELECT min(${column}) FROM ${table} WHERE ${column} > each.id) FROM each WHERE each.id IS NOT NULL)`;

const SENDERS = `${eachOf("sender", "message")}
  SELECT each.id, m.sender_name AS name, m.received_at AS at FROM each JOIN message m ON m.row =
    (SELECT row FROM message WHERE sender = each.id ORDER BY id DESC LIMIT 1)`;

const RECIPIENTS = `${eachOf("recipient", "sent")}
  SELECT each.id, m.recipient_name AS name, m.at FROM each JOIN sent m ON m.row = coalesce(
    (SELECT row FROM sent WHERE recipient = each.id AND recipient_name <> ${
  bareName("each.id")
} ORDER BY id DESC LIMIT 1),
    (SELECT row FROM sent WHERE recipient = each.id ORDER BY id DESC LIMIT 1))`;

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

/** The history of a profile, read-only; a peer may be writing to it at the same time. */
export class History implements Disposable {
  readonly #db;
  readonly #places;

  private constructor(db: DatabaseSync, places: Places) {
    this.#db = db;
    this.#places = places;
  }

  /**
   * Opens the history of the profile with this state folder. Undefined if it has no database.
   *
   * @param inbox folder that paths begin with
   * @throws {UserError} if the database has another version, or cannot be read
   */
  static open(state: string, inbox: string): History | undefined {
    const db = openForReading(state);
    return db && new History(db, new Places(state, inbox));
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
    return Number(statementOf(this.#db, "SELECT coalesce(max(row), 0) AS row FROM message").get()!.row);
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
   * Reads up to `limit` received messages in the order of their arrival.
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
    const { pending } = statementOf(
      this.#db,
      `SELECT ?1 > (SELECT value FROM meta WHERE key = 'synced row')
         OR EXISTS (SELECT 1 FROM unsynced WHERE row = ?1) AS pending`,
    ).get(row)!;
    return Number(pending) === 1;
  }

  /** Counts the waiting messages for each peer. @param except ids of messages that do not count */
  waiting(except: readonly string[] = []): WaitingMessages[] {
    const rows = statementOf(
      this.#db,
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
    const found = statementOf(this.#db, `SELECT body FROM ${table} WHERE row = ?`).get(row);
    return (found?.body ?? undefined) as Uint8Array | undefined;
  }

  /** Reads in steps: the caller may not want all. */
  *#newestFirst(from: string, peer?: string): Iterable<HistoryMessage> {
    const statement = `${from} WHERE m.row < ? ORDER BY m.row DESC LIMIT ${CHUNK}`;
    for (let before = Number.MAX_SAFE_INTEGER;;) {
      const rows = statementOf(this.#db, statement).all(before);
      yield* this.#meant(rows, peer);
      if (rows.length < CHUNK) return;
      before = Number(rows.at(-1)!.row);
    }
  }

  #messages(sql: string, values: readonly (string | number)[], peer?: string): HistoryMessage[] {
    return this.#meant(statementOf(this.#db, sql).all(...values), peer);
  }

  /** Filters the messages of this peer, if one is given. */
  #meant(rows: readonly SqlRow[], peer: string | undefined): HistoryMessage[] {
    return this.#ofPeer(rows.map((row) => this.#places.message(row)), peer);
  }

  #ofPeer(messages: readonly HistoryMessage[], peer: string | undefined): HistoryMessage[] {
    if (peer === undefined) return [...messages];
    const isMeant = peerFilter(peer);
    return messages.filter((message) => isMeant(message.peer));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
