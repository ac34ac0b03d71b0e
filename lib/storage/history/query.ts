import type { DatabaseSync } from "node:sqlite";
import { resolve } from "../../platform/std_path.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { CODE_SENT, KEPT_RECEIVED, KEPT_SENT, KEPT_WAITING, STATUS_SENT } from "./message_rows.ts";
import { openForReading } from "../database/open_database.ts";
import { WAITING_NAME } from "../tables/recipient_name.ts";

/** Most rows of an answer, and most bytes of its cells. */
export const ANSWER_ROWS = 10_000;
const ANSWER_BYTES = 64 * 1024 * 1024;

/** A cell of an answer. A blob is given as text if it is UTF-8, else as hex digits. */
export type Cell = string | number | null;

/** Result of a query. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** True if there were more rows. */
  readonly isCut: boolean;
  /** Number of documents whose body the statement reads from a view, but the database no longer has. */
  readonly withoutBody: number;
}

/** SQLite's message for an action that the authorizer denies. */
const NOT_READING = "not authorized";

/** Blanks and comments before a statement. */
const NOTHING = /^(?:[\s;]|--[^\n]*|\/\*[^]*?(?:\*\/|$))+/;

/** Pragmas that only read. */
const PRAGMAS = [
  "table_info",
  "table_xinfo",
  "table_list",
  "index_list",
  "index_info",
  "index_xinfo",
  "database_list",
  "function_list",
  "collation_list",
];

/**
 * Runs one SQL statement on the history of a profile. Undefined if the profile has no database.
 *
 * @param inbox folder that paths begin with
 * @throws {UserError} if the statement is wrong, or would do more than read (exit 2), or the database cannot be read
 */
export function answer(state: string, inbox: string, sql: string): Answer | undefined {
  const db = openForReading(state);
  if (!db) return undefined;
  try {
    db.exec("PRAGMA temp_store = MEMORY");
    db.exec(views(resolve(inbox)));
    allowReadingOnly(db);
    return { ...run(db, sql), withoutBody: countWithoutBody(db, sql) };
  } catch (error) {
    throw complaint(error as Error);
  } finally {
    db.close();
  }
}

/** Returns an error that tells the user what is wrong with a statement. */
function complaint({ message }: Error): UserError {
  if (message === NOT_READING || message.includes("prohibited")) {
    return new UserError(
      "The database is only read: `earshot inbox sql` takes one SELECT, or a PRAGMA that describes a table.",
      ExitCode.usage,
    );
  }
  const hint = /no such (?:table|column)/.test(message)
    ? "; the views are received and sent, `SELECT * FROM received LIMIT 1` shows their columns"
    : "";
  return new UserError(`The query cannot be answered: ${message}${hint}.`, ExitCode.usage);
}

/** Counts documents without a body, which is NULL in the views: answers about bodies miss them. */
function countWithoutBody(db: DatabaseSync, sql: string): number {
  if (!/\bbody\b|(?:\bselect|\bdistinct|,)\s*(?:\w+\.)?\*/i.test(sql)) return 0;
  const tables = [[/\breceived\b/i, "message"], [/\bsent\b/i, "sent"]] as const;
  return tables.filter(([view]) => view.test(sql)).reduce((sum, [, table]) => {
    const counted = db.prepare(
      `SELECT count(*) AS n FROM main.${table} WHERE kind = 'document' AND body IS NULL`,
    );
    return sum + Number(counted.get()!.n);
  }, 0);
}

function run(db: DatabaseSync, sql: string): Omit<Answer, "withoutBody"> {
  const text = sql.replace(NOTHING, "");
  // SQLite makes no statement of an empty text, and `node:sqlite` crashes when asked about that.
  if (text === "" || text.includes("\0")) throw new Error("it is empty");
  const statement = db.prepare(text) as unknown as Statement;
  refuseSecond(db, text.slice(statement.sourceSQL.length).replace(NOTHING, ""));
  const columns = unique(statement.columns().map(({ name }) => name));
  if (columns.length === 0) throw new Error(NOT_READING);
  const rows: Cell[][] = [];
  let bytes = 0;
  for (const [isEnd, ...row] of rowsOf(db, statement, columns.length)) {
    if (isEnd) return { columns, rows, isCut: false };
    if (rows.length === ANSWER_ROWS || bytes > ANSWER_BYTES) return { columns, rows, isCut: true };
    const cells = row.map(toCell);
    for (const cell of cells) bytes += typeof cell === "string" ? cell.length : 8;
    rows.push(cells);
  }
  // The rows ended early: this throws the cause.
  statement.all();
  throw new Error("it failed");
}

/**
 * Yields the rows of a statement, each after a 0, and at last one after a 1. Rows are read one by one because there may
 * be any number. `node:sqlite` then reports an error as the end; only the last row proves a complete answer.
 */
function rowsOf(db: DatabaseSync, statement: Statement, width: number): Iterable<unknown[]> {
  const sql = statement.sourceSQL.replace(/;\s*$/, "");
  if (!/^(?:select|with|values)\b/i.test(sql)) {
    return [...asArrays(statement).all().map((row) => [0n, ...row]), [1n]];
  }
  const nulls = ", NULL".repeat(width);
  const whole = db.prepare(`SELECT 0, * FROM (${sql}\n) UNION ALL SELECT 1${nulls}`) as unknown as Statement;
  return asArrays(whole).iterate();
}

function asArrays(statement: Statement): Statement {
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement;
}

/** API of `node:sqlite` that its types lack. */
interface Statement {
  readonly sourceSQL: string;
  setReturnArrays(enabled: boolean): void;
  setReadBigInts(enabled: boolean): void;
  columns(): { readonly name: string }[];
  all(): unknown[][];
  iterate(): Iterable<unknown[]>;
}

/** Throws if a second statement follows: SQLite would ignore it. */
function refuseSecond(db: DatabaseSync, rest: string): void {
  if (rest === "") return;
  db.prepare(rest);
  throw new Error("only one statement at a time");
}

function toCell(value: unknown): Cell {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : `${value}`;
  }
  if (!(value instanceof Uint8Array)) return value as Cell;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** Makes column names unique, because an object can have each only once. */
function unique(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}

function allowReadingOnly(db: DatabaseSync): void {
  (db as unknown as Authorizing).setAuthorizer((action, first, second) => {
    const isAllowed = action === Action.select || action === Action.read || action === Action.recursive ||
      (action === Action.function && second !== "load_extension") ||
      (action === Action.pragma && PRAGMAS.includes(first ?? ""));
    return isAllowed ? 0 : 1;
  });
}

/** SQLite's numbers for actions of a statement. */
const Action = { pragma: 19, read: 20, select: 21, function: 31, recursive: 33 } as const;

/** API of `node:sqlite` that its types lack. */
interface Authorizing {
  /** Calls back before each action of a statement: 0 allows it, 1 denies it. */
  setAuthorizer(callback: (action: number, first: string | null, second: string | null) => number): void;
}

/** Returns SQL for views of the history with stable names; times are text in UTC, bodies text. */
function views(inbox: string): string {
  const time = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
  const separator = Deno.build.os === "windows" ? "\\" : "/";
  const root = `'${(inbox + separator).replaceAll("'", "''")}'`;
  return `
    CREATE TEMP VIEW received AS SELECT m.id, m.sender_name AS sender, m.sender AS sender_id, m.kind, m.addressed, m.name,
      m.stream, m.size, ${time("m.received_at")} AS received_at, ${time("m.sent_at")} AS sent_at,
      iif(m.kept, ${root} || f.name || '${separator}' || coalesce(m.file, s.file), NULL) AS path, m.text,
      CAST(m.body AS TEXT) AS body, ${KEPT_RECEIVED} AS kept, q.row IS NOT NULL AS ask, r.re, r.code
    FROM message m LEFT JOIN folder f ON f.row = m.folder LEFT JOIN stream_file s ON s.row = m.stream_file
      LEFT JOIN question q ON q.row = m.row LEFT JOIN reply r ON r.row = m.row;
    CREATE TEMP VIEW sent AS SELECT m.id, m.recipient_name AS recipient, m.recipient AS recipient_id, m.kind, m.addressed,
      m.name, m.stream, m.size, ${time("m.at")} AS sent_at, ${
    time("m.ended_at")
  } AS ended_at, ${STATUS_SENT} AS status, ${CODE_SENT} AS code, m.why,
      m.text, CAST(m.body AS TEXT) AS body, ${KEPT_SENT} AS kept
    FROM main.sent m
    UNION ALL SELECT m.id, ${
    WAITING_NAME.replace("FROM sent s", "FROM main.sent s")
  }, m.recipient, m.kind, m.addressed,
      m.name, m.stream, m.size, ${time("m.at")}, NULL, 'queued', NULL, NULL,
      iif(m.kind = 'chat', CAST(m.body AS TEXT), NULL), iif(m.kind = 'document', CAST(m.body AS TEXT), NULL),
      ${KEPT_WAITING}
    FROM outbox m;`;
}
