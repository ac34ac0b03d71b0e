import type { DatabaseSync } from "node:sqlite";
import { numberAt, timeIn } from "./readings.ts";
import { newestFirst, oldestFirst, type StreamDocument, type StreamSource } from "./stream_documents.ts";
import { FIELDS_MAX, type Streams } from "./streams.ts";
import { type ThinnedPoints, Thinner } from "./thinner.ts";

/** Most streams in one plot, and most lines. */
export const SOURCES_MAX = 16;
export const LINES_MAX = 64;
/** Fewest and most buckets. */
const WIDTH_MIN = 16;
const WIDTH_MAX = 4096;
/** How long a plot may take, milliseconds. */
const PLOT_MS = 2000;
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
  readonly source: number;
  readonly row: number;
  readonly at: number;
  readonly arrived: number;
  readonly values: readonly (number | undefined)[];
}

/**
 * Reads lines thinned to about the width of a canvas. It may take some seconds, and then leaves out the oldest documents
 * and says so.
 *
 * @param now milliseconds of a clock that is never set
 */
export function plot(
  db: DatabaseSync,
  streams: Streams,
  request: PlotRequest,
  now: () => number = () => performance.now(),
): Plot {
  const readers = readersOf(streams, request);
  const newest = db.prepare("SELECT row, received_at AS at FROM message ORDER BY row DESC LIMIT 1").get();
  const { row, at } = (newest ?? { row: 0, at: 0 }) as { row: number; at: number };
  const lines = readers.flatMap(({ fields }, source) => fields.map((field) => ({ source, field })));
  const thinner = new Thinner(lines.length, Math.min(Math.max(request.width, WIDTH_MIN), WIDTH_MAX));
  const until = now() + PLOT_MS;
  let documents = 0, bare = 0, first = 0;
  let since: number | undefined;
  for (const [n, reader] of readers.entries()) {
    // Each source gets its share of the time that is left.
    const end = now() + (until - now()) / (readers.length - n);
    let earliest = at;
    for (const window of newestFirst(db, reader.source, reader.after)) {
      bare += window.bare;
      for (const document of window.documents) {
        earliest = Math.min(earliest, document[1]);
        const timed = reader.read(document);
        if (timed === undefined) continue;
        documents++;
        thinner.add(timed.at, first, timed.values);
      }
      if (now() > end) {
        since = Math.max(since ?? 0, earliest);
        break;
      }
    }
    first += reader.fields.length;
  }
  const times = readers.map(({ time }) => time ?? null);
  return {
    ...thinner.result(),
    lines,
    documents,
    bare,
    times,
    row,
    ...(since === undefined ? {} : { since }),
  };
}

/** Reads all documents of a range in steps, each source in the order of arrival. */
export function* everyPoint(
  db: DatabaseSync,
  streams: Streams,
  request: Omit<PlotRequest, "width">,
): Generator<readonly TimedNumbers[], void, void> {
  for (const { source, after, read } of readersOf(streams, request)) {
    for (const { documents } of oldestFirst(db, source, after)) {
      yield documents.map(read).filter((each) => each !== undefined);
    }
  }
}

/** Returns the fields of each source, as {@linkcode plot} and {@linkcode everyPoint} read them. */
export function fieldsOf(streams: Streams, request: Omit<PlotRequest, "width">): string[][] {
  return readersOf(streams, request).map(({ fields }) => [...fields]);
}

interface Reader {
  readonly source: StreamSource;
  readonly fields: readonly string[];
  readonly time: string | undefined;
  /** Row before the first one that may be in the range. */
  readonly after: number;
  /** Returns the numbers of a document; undefined if it is out of the range or has none of the fields. */
  read(document: StreamDocument): TimedNumbers | undefined;
}

function readersOf(
  streams: Streams,
  { sources, fields: named, from = -Infinity, to = Infinity, after = 0 }: Omit<PlotRequest, "width">,
): Reader[] {
  const most = Math.floor(LINES_MAX / Math.max(1, sources.length));
  return sources.slice(0, SOURCES_MAX).map((source, index) => {
    const shape = streams.shape(source);
    const fields = (named.length > 0 ? named : shape.fields).slice(0, Math.min(most, FIELDS_MAX));
    const numbers = fields.map(numberAt);
    const { time } = shape;
    const read = ([row, arrived, value]: StreamDocument) => {
      const at = (time === undefined ? undefined : timeIn(value, time)) ?? arrived;
      if (at < from || at > to) return undefined;
      const values = numbers.map((number) => number(value));
      if (values.every((each) => each === undefined)) return undefined;
      return { source: index, row, at, arrived, values };
    };
    return {
      source,
      fields,
      time,
      after: Math.max(after, streams.rowBefore(from - AHEAD_MS)),
      read,
    };
  });
}
