import { documentContent } from "./document.ts";
import { lastRows } from "./last_rows.ts";
import { NO_PLOT, plot } from "./plot.ts";
import { NO_POINTS, plotPoints } from "./plot_points.ts";
import { streamsOf } from "./streams.ts";
import { messagesPage, NO_MESSAGES } from "./messages_page.ts";
import { NO_OUTBOX, outboxPage } from "./outbox_page.ts";
import type { Reading } from "./reading.ts";

/** A query: how it reads, and its answer if there is no database yet. */
interface Query<P, R> {
  readonly read: (reading: Reading, params: P) => R;
  readonly none: R;
}

/**
 * Table of the queries that the thread for the history answers. Parameters and answers are copied between threads. Each
 * bounds the size of its answer, and works in steps of a few milliseconds with {@linkcode Reading.check} between them.
 */
const QUERIES = {
  /** Rows received and sent last. */
  lastRows: query(lastRows, { row: 0, sent: 0 }),
  /** The streams whose documents have numbers. */
  streams: query(({ db }, _params: Record<never, never>) => streamsOf(db).list(), { streams: [] }),
  /** Lines as they are drawn. */
  plot: query(plot, NO_PLOT),
  /** All points of lines, some at a time. */
  plotPoints: query(plotPoints, NO_POINTS),
  /** A page of messages, newest first. */
  messages: query(messagesPage, NO_MESSAGES),
  /** A document, or the text of a chat, and where the whole is; undefined if there is no history. */
  document: query(documentContent, undefined),
  /** A page of what waits in the outbox. */
  outbox: query(outboxPage, NO_OUTBOX),
};

function query<P, R, N extends R | undefined>(read: Query<P, R>["read"], none: N): Query<P, R | N> {
  return { read, none };
}

/** Name of a query. */
export type QueryName = keyof typeof QUERIES;

/** Parameters of a query. */
export type QueryParams<N extends QueryName> = typeof QUERIES[N] extends Query<infer P, unknown> ? P : never;

/** Answer to a query. */
export type QueryAnswer<N extends QueryName> = typeof QUERIES[N] extends Query<never, infer R> ? R : never;

/** Answers a query. @param reading undefined if there is no database yet */
export function answerQuery<N extends QueryName>(
  reading: Reading | undefined,
  name: N,
  params: QueryParams<N>,
): QueryAnswer<N> {
  const { read, none } = QUERIES[name] as unknown as Query<QueryParams<N>, QueryAnswer<N>>;
  return reading === undefined ? none : read(reading, params);
}
