import type { Reading } from "./reading.ts";
import { columnsOf } from "./stream_columns.ts";
import type { StreamSource } from "./stream_documents.ts";
import { streamsOf } from "./streams.ts";
import { type ThinnedPoints, Thinner } from "./thinner.ts";
import { statementOf } from "../tables/rows.ts";

/** Most streams in one plot, and most lines. */
const SOURCES_MAX = 16;
const LINES_MAX = 64;
/** Fewest and most buckets. */
const WIDTH_MIN = 16;
const WIDTH_MAX = 4096;
/** How long documents may be read for one answer, milliseconds; the next one goes on. */
const PLOT_MS = 600;
/** Newest documents that come with their values as they are. */
const NEWEST = 20;
/** By how much the clock of a sender may be ahead of ours for a document of a range to be found, milliseconds. */
const AHEAD_MS = 86_400_000;

/** Lines that are wanted. */
export interface LinesRequest {
  readonly sources: readonly StreamSource[];
  /** Paths of the fields, as JSON Pointers; all of the streams if none are named. */
  readonly fields: readonly string[];
  /** Range of time, milliseconds since 1970, both ends included. */
  readonly from?: number;
  readonly to?: number;
}

/** A plot that is wanted. */
export interface PlotRequest extends LinesRequest {
  /** Number of buckets: about the width of the canvas, pixels. */
  readonly width: number;
  /** Only what came after this row. */
  readonly after?: number;
}

/** A line of a plot: a field of one of the sources. */
export interface PlotLine {
  /** Index of its source. */
  readonly source: number;
  readonly field: string;
}

/** A document with its time, milliseconds since 1970, and its numbers. */
export interface TimedNumbers {
  /** Index of its source. */
  readonly source: number;
  readonly at: number;
  /** One for each field of the source. */
  readonly values: readonly (number | null)[];
}

/** Lines as they are drawn. */
export interface Plot extends ThinnedPoints {
  readonly lines: readonly PlotLine[];
  /** The newest documents of the range by their time, newest first. */
  readonly newest: readonly TimedNumbers[];
  /** Number of documents in the range. */
  readonly documents: number;
  /** Number of documents, of any time, whose body the database does not have (any more). */
  readonly bare: number;
  /** Name of the member that is the time of each source's documents; null if it is the time of arrival. */
  readonly times: readonly (string | null)[];
  /** Newest row that was looked at: what comes later is after it. */
  readonly row: number;
  /** If documents that arrived before this time (milliseconds since 1970) are missing. */
  readonly since?: number;
  /** True if the same request would bring more of them. */
  readonly more?: true;
}

/** The plot of a history without a database. */
export const NO_PLOT: Plot = {
  x: [],
  y: [],
  bucket: 0,
  lines: [],
  newest: [],
  documents: 0,
  bare: 0,
  times: [],
  row: 0,
};

/**
 * Reads lines thinned to about the width of a canvas. Numbers that were read once are remembered; if there are many that
 * were not, the first answer has the newest only.
 *
 * @param now milliseconds of a clock that is never set
 */
export function plot(
  reading: Reading,
  request: PlotRequest,
  now: () => number = () => performance.now(),
): Plot {
  const { db } = reading;
  const { from = -Infinity, to = Infinity, after = 0, width } = request;
  const row = Number(statementOf(db, "SELECT coalesce(max(row), 0) AS row FROM message").get()!.row);
  const begin = Math.max(after, streamsOf(db).rowBefore(from - AHEAD_MS));
  const until = now() + PLOT_MS;
  const all = columnsOf(db, request.sources.slice(0, SOURCES_MAX));
  const chosen = chosenFields(all.map(({ fields }) => fields), request.fields);
  const lines = chosen.flatMap((fields, source) => fields.map((field) => ({ source, field })));
  const thinner = new Thinner(lines.length, Math.min(Math.max(width, WIDTH_MIN), WIDTH_MAX));
  const newest: TimedNumbers[] = [];
  let documents = 0, bare = 0, first = 0;
  let since: number | undefined, more: true | undefined;
  for (const [source, columns] of all.entries()) {
    // Each source gets its share of the time that is left.
    const end = now() + (until - now()) / (all.length - source);
    if (!columns.read(reading, begin, () => now() > end)) {
      since = Math.max(since ?? 0, columns.earliest);
      if (!columns.isFull) more = true;
    }
    bare += columns.bare;
    const places = chosen[source]!.map((field) => columns.fields.indexOf(field));
    const values = new Float64Array(places.length);
    columns.each((row, at, all) => {
      if (row <= after || at < from || at > to) return;
      let isEmpty = true;
      for (let i = 0; i < places.length; i++) {
        const value = all[places[i]!]!;
        values[i] = value;
        if (value === value) isEmpty = false;
      }
      if (isEmpty) return;
      documents++;
      thinner.add(at, first, values);
      if (newest.length < NEWEST || at > newest.at(-1)!.at) {
        insert(newest, { source, at, values: nullsIn(values) });
      }
    });
    first += places.length;
  }
  const times = all.map(({ time }) => time ?? null);
  return { ...thinner.result(), lines, newest, documents, bare, times, row, since, more };
}

/**
 * Returns the fields of each source that are wanted.
 *
 * @param fields that each source has
 * @param named all if there are none
 */
export function chosenFields(fields: readonly (readonly string[])[], named: readonly string[]): string[][] {
  const most = Math.floor(LINES_MAX / Math.max(1, fields.length));
  return fields.map((own) =>
    (named.length === 0 ? own : named.filter((field) => own.includes(field))).slice(0, most)
  );
}

/** Inserts a document into the newest ones, and drops the oldest of too many. */
function insert(newest: TimedNumbers[], timed: TimedNumbers): void {
  const at = newest.findIndex((each) => each.at < timed.at);
  newest.splice(at < 0 ? newest.length : at, 0, timed);
  if (newest.length > NEWEST) newest.pop();
}

function nullsIn(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => Number.isNaN(value) ? null : value);
}
