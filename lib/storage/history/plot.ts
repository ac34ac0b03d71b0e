import type { Reading } from "./reading.ts";
import { numberAt, timeIn } from "./readings.ts";
import { newestFirst, type StreamDocument, type StreamSource } from "./stream_documents.ts";
import { streamsOf } from "./streams.ts";
import { type ThinnedPoints, Thinner } from "./thinner.ts";

/** Most streams in one plot, and most lines. */
export const SOURCES_MAX = 16;
export const LINES_MAX = 64;
/** Fewest and most buckets. */
const WIDTH_MIN = 16;
const WIDTH_MAX = 4096;
/** How long a plot may take, milliseconds. */
const PLOT_MS = 1500;
/** Newest documents that come with their values as they are. */
const NEWEST = 20;
/** By how much the clock of a sender may be ahead of ours for a document of a range to be found, milliseconds. */
const AHEAD_MS = 86_400_000;

/** Lines that are wanted. */
export interface PlotRequest {
  readonly sources: readonly StreamSource[];
  /** Paths of the fields, as JSON Pointers; all of the streams if none are named. */
  readonly fields: readonly string[];
  /** Range of time, milliseconds since 1970, both ends included. */
  readonly from?: number;
  readonly to?: number;
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

/** Lines as they are drawn. */
export interface Plot extends ThinnedPoints {
  readonly lines: readonly PlotLine[];
  /** The newest documents of the range by their time, newest first. */
  readonly newest: readonly Omit<TimedNumbers, "row" | "arrived">[];
  /** Number of documents in the range. */
  readonly documents: number;
  /** Number of documents, of any time, whose body the database does not have (any more). */
  readonly bare: number;
  /** Name of the member that is the time of each source's documents; null if it is the time of arrival. */
  readonly times: readonly (string | null)[];
  /** Newest row that was looked at: what comes later is after it. */
  readonly row: number;
  /** If there was no time for all: the documents that arrived before (milliseconds since 1970) are left out. */
  readonly since?: number;
}

/** A document with its time, milliseconds since 1970, and its numbers. */
export interface TimedNumbers {
  /** Index of its source. */
  readonly source: number;
  readonly row: number;
  readonly at: number;
  readonly arrived: number;
  /** One for each field of the source. */
  readonly values: readonly (number | undefined)[];
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
 * Reads lines thinned to about the width of a canvas. If there is no time for all documents, the oldest are left out.
 *
 * @param now milliseconds of a clock that is never set
 */
export function plot(
  reading: Reading,
  request: PlotRequest,
  now: () => number = () => performance.now(),
): Plot {
  const { db } = reading;
  const readers = readersOf(reading, request);
  const last = db.prepare("SELECT row, received_at AS at FROM message ORDER BY row DESC LIMIT 1").get();
  const { row, at } = (last ?? { row: 0, at: 0 }) as { row: number; at: number };
  const lines = readers.flatMap(({ fields }, source) => fields.map((field) => ({ source, field })));
  const thinner = new Thinner(lines.length, Math.min(Math.max(request.width, WIDTH_MIN), WIDTH_MAX));
  const until = now() + PLOT_MS;
  const newest: TimedNumbers[] = [];
  let documents = 0, bare = 0, first = 0;
  let since: number | undefined;
  for (const [n, reader] of readers.entries()) {
    // Each source gets its share of the time that is left.
    const end = now() + (until - now()) / (readers.length - n);
    let earliest = at;
    for (const window of newestFirst(db, reader.source, reader.after)) {
      reading.check();
      bare += window.bare;
      for (const document of window.documents) {
        earliest = Math.min(earliest, document[1]);
        const timed = reader.read(document);
        if (timed === undefined) continue;
        documents++;
        thinner.add(timed.at, first, timed.values);
        if (newest.length < NEWEST || timed.at > newest.at(-1)!.at) insert(newest, timed);
      }
      if (now() > end) {
        since = Math.max(since ?? 0, earliest);
        break;
      }
    }
    first += reader.fields.length;
  }
  return {
    ...thinner.result(),
    lines,
    newest: newest.map(({ source, at, values }) => ({ source, at, values })),
    documents,
    bare,
    times: readers.map(({ time }) => time ?? null),
    row,
    ...(since === undefined ? {} : { since }),
  };
}

/** Inserts a document into the newest ones, and drops the oldest of too many. */
function insert(newest: TimedNumbers[], timed: TimedNumbers): void {
  const at = newest.findIndex((each) => each.at < timed.at);
  newest.splice(at < 0 ? newest.length : at, 0, timed);
  if (newest.length > NEWEST) newest.pop();
}

/** Reads the numbers of one source's documents. */
export interface NumberReader {
  readonly source: StreamSource;
  readonly fields: readonly string[];
  /** Name of the member that holds the time. */
  readonly time: string | undefined;
  /** Row before the first one that may be in the range. */
  readonly after: number;
  /** Returns the numbers of a document; undefined if it is out of the range or has none of the fields. */
  read(document: StreamDocument): TimedNumbers | undefined;
}

/** Returns a reader for each source; a field that only others have is left out. */
export function readersOf(
  { db }: Reading,
  { sources, fields, from = -Infinity, to = Infinity, after = 0 }: Omit<PlotRequest, "width">,
): NumberReader[] {
  const streams = streamsOf(db);
  const shapes = sources.slice(0, SOURCES_MAX).map((source) => streams.shape(source));
  const isKnown = (field: string) => shapes.some((shape) => shape.fields.includes(field));
  const most = Math.floor(LINES_MAX / Math.max(1, shapes.length));
  return shapes.map((shape, source) => {
    const named = fields.filter((field) => shape.fields.includes(field) || !isKnown(field));
    const own = (fields.length > 0 ? named : shape.fields).slice(0, most);
    const numbers = own.map(numberAt);
    const { time } = shape;
    const read = ([row, arrived, value]: StreamDocument) => {
      const at = (time === undefined ? undefined : timeIn(value, time)) ?? arrived;
      if (at < from || at > to) return undefined;
      const values = numbers.map((number) => number(value));
      if (values.every((each) => each === undefined)) return undefined;
      return { source, row, at, arrived, values };
    };
    const begin = Math.max(after, streams.rowBefore(from - AHEAD_MS));
    return { source: sources[source]!, fields: own, time, after: begin, read };
  });
}
