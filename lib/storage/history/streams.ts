import type { DatabaseSync } from "node:sqlite";
import type { HistoryPeer } from "./history.ts";
import { type ReadingShape, shapeOf } from "./readings.ts";
import { newestFirst, type StreamSource } from "./stream_documents.ts";
import { statementOf } from "../tables/rows.ts";

/** Most fields of a stream. */
export const FIELDS_MAX = 64;
/** Most streams that are remembered, and most that are listed: those with the newest documents. */
const STREAMS_MAX = 4096;
const LISTED_MAX = 500;

/** Newest documents of a sample, and older ones. */
const SAMPLE_NEW = 50;
const SAMPLE_OLD = 14;
/** Documents after which a new sample is taken. */
const SAMPLE_EVERY = 50;
/** Steps in which the newest documents are looked for. */
const SAMPLE_STEPS = 40;

/** Rows counted by one statement. */
const COUNTED = 8192;
/** How long one call may take, milliseconds; the next one goes on. */
const CALL_MS = 500;
/** How long counts hold although messages left the history, milliseconds. */
const COUNTS_MS = 600_000;

/** A stream whose documents have numbers. */
export interface PlottedStream {
  readonly sender: HistoryPeer;
  readonly stream: string;
  /** Number of documents in the history. */
  readonly documents: number;
  /** When the last one arrived, milliseconds since 1970. */
  readonly last: number;
  /** Paths of the members that are numbers, as JSON Pointers. */
  readonly fields: readonly string[];
}

export interface StreamList {
  /** The one with the newest document first. */
  readonly streams: readonly PlottedStream[];
  /** True if the history was not looked through yet: the next call goes on. */
  readonly more?: true;
  /** Number of further streams, with numbers or without. */
  readonly leftOut?: number;
}

interface Counted {
  readonly source: StreamSource;
  name: string;
  documents: number;
  last: number;
  /** Row of the newest document. */
  row: number;
  /** Rows of some older ones. */
  readonly older: number[];
  shape?: ReadingShape;
  /** Number of documents at the time of the sample. */
  sampled: number;
}

/**
 * The streams of the received documents. There is no index of streams: the rows are counted once, the newest first, and
 * then those that have come since.
 */
export class Streams {
  readonly #db;
  readonly #now;
  #streams = new Map<string, Counted>();
  /** Rows from `low` to `high` are counted. */
  #low = 0;
  #high = -1;
  #countedAt = -Infinity;

  /** @param now milliseconds of a clock that is never set */
  constructor(db: DatabaseSync, now: () => number = () => performance.now()) {
    this.#db = db;
    this.#now = now;
  }

  /** Lists the streams whose documents have numbers. If it would take long, it leaves out some. */
  list(): StreamList {
    const until = this.#now() + CALL_MS;
    const isComplete = this.#count(until);
    const all = [...this.#streams.values()].sort((a, b) => b.row - a.row);
    const listed = all.slice(0, LISTED_MAX);
    // However little time is left, each call brings something.
    let samples = 0, isSampled = true;
    for (const each of listed) {
      if (this.#isSampled(each)) continue;
      if (samples > 0 && this.#now() > until) isSampled = each.shape !== undefined && isSampled;
      else this.#sample(each), samples++;
    }
    const streams = listed.filter(({ shape }) => (shape?.fields.length ?? 0) > 0).map((
      { source: { sender, stream }, name, documents, last, shape },
    ) => ({ sender: { id: sender, name }, stream, documents, last, fields: shape!.fields }));
    return {
      streams,
      more: isComplete && isSampled ? undefined : true,
      leftOut: all.length > listed.length ? all.length - listed.length : undefined,
    };
  }

  /** Returns the fields and the time of a stream; no fields if it has no documents. */
  shape(source: StreamSource): ReadingShape {
    const known = this.#streams.get(keyOf(source));
    if (known === undefined) return shapeOf(this.#newest(source), FIELDS_MAX);
    if (!this.#isSampled(known)) this.#sample(known);
    return known.shape!;
  }

  /**
   * Returns a row before all that arrived at or after a time by our clock, as the notes of lived time tell it; 0 if they
   * do not.
   *
   * @param ms milliseconds since 1970
   */
  rowBefore(ms: number): number {
    if (ms === -Infinity) return 0;
    // Between two notes the machine may have slept for any time: those before the note in question may be meant, too.
    const { row } = statementOf(
      this.#db,
      `WITH later AS (SELECT min(message) AS first FROM lived WHERE wall >= ?)
       SELECT max(message) AS row FROM lived, later WHERE later.first IS NULL OR message < later.first`,
    ).get(ms) as { row: number | null };
    return Math.max(0, (row ?? 1) - 1);
  }

  /** Counts rows that are not counted yet. Returns false if the time was too short for all. */
  #count(until: number): boolean {
    const { first, last } = statementOf(
      this.#db,
      "SELECT coalesce((SELECT min(row) FROM message), 0) AS first, coalesce((SELECT max(row) FROM message), 0) AS last",
    ).get() as { first: number; last: number };
    const isOver = this.#now() - this.#countedAt > COUNTS_MS && first > this.#low;
    if (last < this.#high || this.#high < 0 || isOver) {
      this.#streams = new Map();
      [this.#low, this.#high, this.#countedAt] = [last + 1, last, this.#now()];
    }
    while (this.#high < last) {
      const upto = Math.min(last, this.#high + COUNTED);
      this.#countRows(this.#high, upto);
      this.#high = upto;
      if (this.#now() > until) return false;
    }
    while (this.#low > first) {
      const from = Math.max(first, this.#low - COUNTED);
      this.#countRows(from - 1, this.#low - 1);
      this.#low = from;
      if (this.#now() > until) break;
    }
    return this.#low <= first;
  }

  #countRows(after: number, upto: number): void {
    const rows = statementOf(
      this.#db,
      `SELECT sender, stream, sender_name AS name, count(*) AS documents, max(row) AS row, received_at AS last
       FROM message NOT INDEXED WHERE row > ? AND row <= ? AND kind = 'document' AND stream IS NOT NULL
       GROUP BY sender, stream`,
    ).all(after, upto) as unknown as (StreamSource & Omit<Counted, "source" | "older" | "sampled">)[];
    for (const { sender, stream, name, documents, row, last } of rows) {
      const source = { sender, stream };
      const known = this.#streams.get(keyOf(source));
      if (known === undefined) {
        this.#streams.set(keyOf(source), { source, name, documents, last, row, older: [], sampled: -1 });
        continue;
      }
      known.documents += documents;
      known.older.push(Math.min(row, known.row));
      if (known.older.length > SAMPLE_OLD) known.older.splice(known.older.length >> 1, 1);
      if (row > known.row) Object.assign(known, { name, last, row });
    }
    if (this.#streams.size > STREAMS_MAX) {
      const newest = [...this.#streams].sort(([, a], [, b]) => b.row - a.row);
      this.#streams = new Map(newest.slice(0, STREAMS_MAX));
    }
  }

  #isSampled({ shape, documents, sampled }: Counted): boolean {
    return shape !== undefined && documents - sampled < SAMPLE_EVERY &&
      (sampled >= SAMPLE_NEW || documents === sampled);
  }

  /** Fields that were there once stay, so that the lines of a plot do not change their places. */
  #sample(stream: Counted): void {
    const older = statementOf(
      this.#db,
      `SELECT CAST(body AS TEXT) AS json FROM message WHERE row IN (SELECT value FROM json_each(?)) AND body IS NOT NULL`,
    ).all(JSON.stringify(stream.older)).flatMap(({ json }) => {
      try {
        return [JSON.parse(json as string) as unknown];
      } catch {
        return [];
      }
    });
    const { fields, time } = shapeOf([...this.#newest(stream.source), ...older], FIELDS_MAX);
    const all = new Set([...(stream.shape?.fields ?? []), ...fields]);
    if (time !== undefined) all.delete(`/${time}`);
    stream.shape = { fields: [...all].slice(0, FIELDS_MAX), time };
    stream.sampled = stream.documents;
  }

  #newest(source: StreamSource): unknown[] {
    const found: unknown[] = [];
    let steps = 0;
    for (const { documents } of newestFirst(this.#db, source)) {
      found.push(
        ...documents.toSorted((a, b) => b[0] - a[0]).slice(0, SAMPLE_NEW - found.length).map((each) =>
          each[2]
        ),
      );
      if (found.length >= SAMPLE_NEW || ++steps >= SAMPLE_STEPS) break;
    }
    return found;
  }
}

/** The streams of each database that is open. */
const opened = new WeakMap<DatabaseSync, Streams>();

/** Returns the streams of a database; they remember what they counted. */
export function streamsOf(db: DatabaseSync): Streams {
  let streams = opened.get(db);
  if (streams === undefined) opened.set(db, streams = new Streams(db));
  return streams;
}

function keyOf({ sender, stream }: StreamSource): string {
  return `${sender} ${stream}`;
}
