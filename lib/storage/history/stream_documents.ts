import type { DatabaseSync } from "node:sqlite";
import { statementOf } from "../tables/rows.ts";

/** Rows that one statement looks at; fewer if a document among them is not small, bytes. */
const WINDOW = 512;
const WINDOW_OF_LARGE = 32;
const SMALL_BYTES = 4096;
/** Rows of all senders that are looked through rather than one of the sender's found by its index. */
const ROWS_FOR_ONE = 4;

/** Documents of one stream of one sender. */
export interface StreamSource {
  readonly sender: string;
  readonly stream: string;
}

/** Received document whose body the database has: its row, when it arrived (milliseconds since 1970), its value. */
export type StreamDocument = readonly [row: number, at: number, value: unknown];

/** Some documents of a stream. */
export interface DocumentWindow {
  readonly documents: readonly StreamDocument[];
  /** Number of documents whose body the database does not have (any more). */
  readonly bare: number;
  /** How far it has come: all rows beyond this one were looked at, or, of the oldest first, those up to it. */
  readonly upto: number;
}

interface WindowRow {
  readonly looked: number;
  readonly next: number | string | null;
  readonly hits: number;
  readonly bare: number | null;
  /** Number of documents with more than {@linkcode SMALL_BYTES}. */
  readonly large: number | null;
  readonly text: string | null;
}

const JSON_TEXT =
  "'[' || group_concat('[' || row || ',' || at || ',' || json || ']') FILTER (WHERE json IS NOT NULL) || ']'";
const STRINGS = "json_group_array(json_array(row, at, json)) FILTER (WHERE json IS NOT NULL)";

/** Ways to go through the rows, each with the column that tells how far it has come. */
const WAYS = {
  newest: ["row", "NOT INDEXED WHERE row < ?4 ORDER BY row DESC"],
  oldest: ["row", "NOT INDEXED WHERE row > ?4 ORDER BY row"],
  bySender: ["id", "WHERE sender = ?1 AND id < ?4 ORDER BY id DESC"],
} as const;
type Way = keyof typeof WAYS;

/**
 * Returns SQL that reads the documents of at most ?6 bytes among the next ?5 rows as one text, because a call for each
 * row would take longer than SQLite and JSON.parse together.
 */
function windowSql(text: string, way: Way): string {
  const [key, rows] = WAYS[way];
  const isHit = "sender = ?1 AND stream = ?2 AND kind = 'document' AND row > ?3";
  return `SELECT count(*) AS looked, ${way === "oldest" ? "max" : "min"}(key) AS next, count(bytes) AS hits,
      sum(bytes < 0) AS bare, sum(bytes > ${SMALL_BYTES}) AS large, ${text} AS text
    FROM (SELECT ${key} AS key, row, received_at AS at, iif(${isHit}, coalesce(length(body), -1), NULL) AS bytes,
        iif(${isHit} AND length(body) <= ?6, CAST(body AS TEXT), NULL) AS json
      FROM message ${rows} LIMIT ?5)`;
}

/**
 * Reads the documents of a stream in steps, each of which takes some milliseconds: the caller may stop between them. The
 * newest come first, as far as the sender's clock goes forward.
 *
 * @param after only rows beyond this one
 */
export function* newestFirst(
  db: DatabaseSync,
  { sender, stream }: StreamSource,
  after = 0,
): Generator<DocumentWindow, void, void> {
  const { rows } = statementOf(db, "SELECT coalesce(max(row), 0) - ? AS rows FROM message").get(after) as {
    rows: number;
  };
  // Counting stops as soon as it is clear that the index would not save work.
  const { own } = statementOf(
    db,
    "SELECT count(*) AS own FROM (SELECT 1 FROM message WHERE sender = ? LIMIT ?)",
  )
    .get(sender, Math.ceil(rows / ROWS_FOR_ONE)) as { own: number };
  const byRow = own * ROWS_FOR_ONE >= rows;
  yield* windows(
    db,
    byRow ? "newest" : "bySender",
    sender,
    stream,
    after,
    byRow ? Number.MAX_SAFE_INTEGER : "~",
  );
}

/** Reads the documents of a stream in the order of arrival, like {@linkcode newestFirst}. */
export function oldestFirst(
  db: DatabaseSync,
  { sender, stream }: StreamSource,
  after = 0,
): Generator<DocumentWindow, void, void> {
  return windows(db, "oldest", sender, stream, after, after);
}

function* windows(
  db: DatabaseSync,
  way: Way,
  sender: string,
  stream: string,
  after: number,
  begin: number | string,
): Generator<DocumentWindow, void, void> {
  const statement = statementOf(db, windowSql(JSON_TEXT, way));
  let isSmall = true;
  for (let key = begin;;) {
    const most = isSmall ? WINDOW : WINDOW_OF_LARGE;
    const values = [
      sender,
      stream,
      after,
      key,
      most,
      isSmall ? SMALL_BYTES : Number.MAX_SAFE_INTEGER,
    ] as const;
    const { looked, next, hits, bare, large, text } = statement.get(...values) as unknown as WindowRow;
    if (looked === 0) return;
    // What is parsed takes many times the room of its text.
    const hasLarge = (large ?? 0) > 0;
    if (isSmall && hasLarge) {
      isSmall = false;
      continue;
    }
    const expected = hits - (bare ?? 0);
    const documents = parsed(text, expected) ??
      oneByOne(statementOf(db, windowSql(STRINGS, way)).get(...values) as unknown as WindowRow);
    const isByRow = typeof next === "number";
    // In the order of ids, nothing is known of a row before the end.
    const upto = isByRow ? next - (way === "newest" ? 1 : 0) : Number.MAX_SAFE_INTEGER;
    yield { documents, bare: (bare ?? 0) + expected - documents.length, upto };
    // All further ones came before those that are wanted.
    if (looked < most || (way === "newest" && upto <= after)) return;
    key = next!;
    isSmall = !hasLarge;
  }
}

/** Parses the documents of a window; undefined if a body is no JSON after all. */
function parsed(text: string | null, expected: number): StreamDocument[] | undefined {
  if (text === null) return [];
  try {
    const documents = JSON.parse(text) as StreamDocument[];
    return documents.length === expected && documents.every((each) => each.length === 3)
      ? documents
      : undefined;
  } catch {
    return undefined;
  }
}

function oneByOne({ text }: WindowRow): StreamDocument[] {
  return (JSON.parse(text!) as [number, number, string][]).flatMap(([row, at, json]) => {
    try {
      return [[row, at, JSON.parse(json)] as const];
    } catch {
      return [];
    }
  });
}
