import type { SQLInputValue } from "node:sqlite";
import { type HistoryMessage, RECEIVED, SENT, WAITING } from "./message_rows.ts";
import type { Reading } from "./reading.ts";
import type { SearchText } from "./search_text.ts";
import { statementOf } from "../tables/rows.ts";

/** Rows looked at in one statement: with bodies of 64 KiB, some 30 milliseconds. */
const STEP = 512;

/** Which messages are read. */
export interface MessageFilter {
  readonly kind?: "document" | "chat";
  /** Id of the sender or recipient. */
  readonly peer?: string;
  readonly stream?: string;
  /** Of chats: those to everybody, or those to one. */
  readonly to?: "all" | "you";
  /** Only answers to questions, all of which were received. */
  readonly answers?: boolean;
}

interface Table {
  readonly name: "message" | "sent" | "outbox";
  readonly select: string;
  readonly peer: string;
  /** Column that grows with the row. */
  readonly time: string;
  readonly text: string;
  readonly body: string;
  /** The index of the chats. */
  readonly chats?: string;
  /** Where the answers among its rows are, in place of it. */
  readonly answers?: string;
}

const TEXT_HERE = { text: "m.text", body: "m.body" };

/** The tables with messages. */
export const TABLES = {
  received: {
    name: "message",
    select: RECEIVED,
    peer: "m.sender",
    time: "m.received_at",
    ...TEXT_HERE,
    chats: "message_chat",
    answers: "reply a CROSS JOIN message m ON m.row = a.row",
  },
  sent: {
    name: "sent",
    select: SENT,
    peer: "m.recipient",
    time: "m.ended_at",
    ...TEXT_HERE,
    chats: "sent_chat",
  },
  waiting: {
    name: "outbox",
    select: WAITING,
    peer: "m.recipient",
    time: "m.at",
    text: "m.body",
    body: "m.body",
  },
} satisfies Record<string, Table>;

/** A message that was found, and where it is in the order of time. */
export interface Found {
  readonly message: HistoryMessage;
  readonly time: number;
}

/** The messages of one table that fit, newest first, found step by step. */
export class MessageSource {
  /** The newest row of the table. */
  readonly newest: number;
  /** Found, not taken, newest first. */
  readonly found: Found[] = [];
  readonly #table: Table;
  readonly #select: string;
  readonly #where: string;
  readonly #values: readonly SQLInputValue[];
  readonly #from: string;
  /** Rows from here on were looked at. */
  #position: number;
  /** The frontier, if it was read. */
  #frontier: [number | undefined] | undefined;

  /**
   * @param table key of {@linkcode TABLES}
   * @param before row above those that are read
   * @param after row below those that are read
   */
  constructor(
    private readonly reading: Reading,
    readonly key: keyof typeof TABLES,
    filter: MessageFilter,
    private readonly search: SearchText | undefined,
    before: number | undefined,
    private readonly after: number,
  ) {
    const table = this.#table = TABLES[key] as Table;
    const { kind, peer, stream, to, answers } = filter;
    const where: [string, SQLInputValue | undefined][] = [
      // Without the sign, SQLite might look at all messages of the peer in each step.
      [`+${table.peer} = ?`, peer],
      ["m.stream = ?", stream],
      ["m.addressed = ?", to],
    ];
    const given = where.filter((each): each is [string, SQLInputValue] => each[1] !== undefined);
    const condition = search?.condition(table.body, table.text);
    // A constant: with a parameter, SQLite could not use the index of the chats.
    const kinds = kind === undefined ? [] : [kind === "chat" ? "m.kind = 'chat'" : "m.kind = 'document'"];
    this.#where = [...kinds, ...given.map(([sql]) => sql), ...condition ? [condition.sql] : []].map((sql) =>
      ` AND ${sql}`
    ).join("");
    this.#values = [...given.map(([, value]) => value), ...condition?.values ?? []];
    const plain = `FROM ${table.name} m`;
    this.#from = answers && table.answers
      ? `FROM ${table.answers}`
      : kind === "chat" && table.chats
      ? `${plain} INDEXED BY ${table.chats}`
      : plain;
    this.#select = table.select.replace(plain, this.#from);
    this.newest = this.#number(`SELECT coalesce(max(row), 0) AS n FROM ${table.name}`)!;
    this.#position = before ?? this.newest + 1;
  }

  /** Row above those that were neither taken nor passed over. */
  get position(): number {
    const next = this.found[0]?.message.row;
    return next === undefined ? this.#position : next + 1;
  }

  /** Time of the next row that was not looked at; undefined if there is none. */
  get frontier(): number | undefined {
    this.#frontier ??= [
      this.#number(`SELECT ${this.#table.time} AS n ${this.#range} LIMIT 1`, this.#position, this.after),
    ];
    return this.#frontier[0];
  }

  /** Looks at some more rows, until `count` messages are found. */
  scan(count: number): void {
    const next = `SELECT m.row AS n ${this.#range} LIMIT 1 OFFSET ${STEP}`;
    const last = this.#number(next, this.#position, this.after);
    const low = last ?? this.after;
    const rows = statementOf(
      this.reading.db,
      `${this.#select} WHERE m.row < ? AND m.row > ?${this.#where} ORDER BY m.row DESC LIMIT ?`,
    ).all(this.#position, low, ...this.#values, count);
    const messages = rows.map((row) => this.reading.places.message(row));
    for (const message of messages) {
      if (this.search?.isLoose && !this.search.isIn(message, this.#body(message.row))) continue;
      const time = this.key === "sent" ? message.endedAt! : message.at;
      this.found.push({ message, time });
    }
    this.#frontier = undefined;
    this.#position = messages.length === count ? messages.at(-1)!.row : low + 1;
  }

  get #range(): string {
    const chats = this.#from.includes(" INDEXED BY ") ? " AND m.kind = 'chat'" : "";
    // SQLite does not know that the rows of answers are in the order of their messages, and would sort all of them.
    const row = this.#from.includes("reply a") ? "a.row" : "m.row";
    return `${this.#from} WHERE m.row < ? AND m.row > ?${chats} ORDER BY ${row} DESC`;
  }

  #body(row: number): Uint8Array | undefined {
    const found = statementOf(this.reading.db, `SELECT body FROM ${this.#table.name} WHERE row = ?`).get(row);
    return (found?.body ?? undefined) as Uint8Array | undefined;
  }

  #number(sql: string, ...values: number[]): number | undefined {
    const row = statementOf(this.reading.db, sql).get(...values);
    return row && Number(row.n);
  }
}
