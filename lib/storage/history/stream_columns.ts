import type { DatabaseSync } from "node:sqlite";
import { numberAt, timeIn } from "./readings.ts";
import type { Reading } from "./reading.ts";
import { type DocumentWindow, newestFirst, type StreamSource } from "./stream_documents.ts";
import { streamsOf } from "./streams.ts";
import { statementOf } from "../tables/rows.ts";

/** Most numbers that are remembered of all streams, 8 bytes each. */
const NUMBERS_MAX = 6_000_000;
/** New rows up to which they are read at once; a stream of which there are more is begun anew. */
const NEW_MAX = 20_000;

/** Documents in a block up to which more are added to it: of those that come one by one, each would be a block. */
const BLOCK_MIN = 512;

/** Numbers of some documents: of each its row, its time and its fields. */
interface Block {
  readonly rows: Float64Array;
  /** Milliseconds since 1970. */
  readonly times: Float64Array;
  /** The fields of one document after those of another; NaN if it lacks one. */
  readonly values: Float64Array;
}

/**
 * The numbers of a stream's documents, read once: the newest first, then further back with each call. Documents whose
 * bodies leave the database meanwhile stay.
 */
export class StreamColumns {
  readonly source: StreamSource;
  readonly fields: readonly string[];
  /** Name of the member that is the time; undefined if it is the time of arrival. */
  readonly time: string | undefined;
  /** Number of documents whose body the database did not have. */
  bare = 0;
  /** When the first of them arrived, milliseconds since 1970. */
  earliest = Infinity;
  /** Numbers that it remembers. */
  size = 0;
  readonly #numbers;
  readonly #room;
  #blocks: Block[] = [];
  /** Newest row when it was begun: the older documents are those up to it. */
  readonly #begin: number;
  /** Newest row that was looked at. */
  #high: number;
  #older: Generator<DocumentWindow, void, void>;
  /** All rows beyond it were looked at. */
  #upto = Number.MAX_SAFE_INTEGER;

  /** @param room number of further numbers that may be remembered */
  constructor(db: DatabaseSync, source: StreamSource, room: () => number) {
    const { fields, time } = streamsOf(db).shape(source);
    this.source = source;
    this.fields = fields;
    this.time = time;
    this.#numbers = fields.map(numberAt);
    this.#room = room;
    this.#begin = this.#high = lastRow(db);
    this.#older = newestFirst(db, source);
  }

  /** True if there is no room for older documents. */
  isFull = false;

  /** Tells whether it has too few documents of those that came lately to be worth completing. */
  isBehind(db: DatabaseSync): boolean {
    const last = lastRow(db);
    return last < this.#high || last - this.#high > NEW_MAX;
  }

  /**
   * Reads what is new, and then what is older, until a row is reached or the time is over. Returns false if there is more.
   *
   * @param after row before the first one that is wanted
   * @param isOver true once the time is over
   */
  read(reading: Reading, after: number, isOver: () => boolean): boolean {
    const last = lastRow(reading.db);
    if (last > this.#high) {
      for (const window of newestFirst(reading.db, this.source, this.#high)) {
        reading.check();
        this.#take(window);
      }
      this.#high = last;
    }
    while (this.#upto > after && !this.isFull) {
      reading.check();
      const { value } = this.#older.next();
      // What came meanwhile is new, wherever it stands among the older ones.
      if (value) this.#take({ ...value, documents: value.documents.filter(([row]) => row <= this.#begin) });
      this.#upto = value?.upto ?? 0;
      if (this.#room() <= 0) this.isFull = this.#upto > 0;
      if (this.#upto > after && isOver()) return false;
    }
    return this.#upto <= after;
  }

  /** Calls `take` with the row, the time and the fields of each document, in no order. The array is used again. */
  each(take: (row: number, at: number, values: Float64Array) => void): void {
    const width = this.fields.length;
    for (const { rows, times, values } of this.#blocks) {
      for (let i = 0; i < rows.length; i++) {
        take(rows[i]!, times[i]!, values.subarray(i * width, (i + 1) * width));
      }
    }
  }

  #take({ documents, bare }: DocumentWindow): void {
    this.bare += bare;
    if (documents.length === 0) return;
    const count = documents.length;
    const width = this.fields.length;
    const block = {
      rows: new Float64Array(count),
      times: new Float64Array(count),
      values: new Float64Array(count * width),
    };
    documents.forEach(([row, arrived, value], i) => {
      this.earliest = Math.min(this.earliest, arrived);
      block.rows[i] = row;
      block.times[i] = (this.time === undefined ? undefined : timeIn(value, this.time)) ?? arrived;
      for (let n = 0; n < width; n++) block.values[i * width + n] = this.#numbers[n]!(value) ?? NaN;
    });
    const last = this.#blocks.at(-1);
    if (last === undefined || last.rows.length + count > BLOCK_MIN) this.#blocks.push(block);
    else this.#blocks[this.#blocks.length - 1] = joined(last, block);
    this.size += count * (width + 2);
  }
}

function joined(a: Block, b: Block): Block {
  return {
    rows: concatenated(a.rows, b.rows),
    times: concatenated(a.times, b.times),
    values: concatenated(a.values, b.values),
  };
}

function concatenated(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The columns of the streams of a database that were asked for last. */
class ColumnCache {
  readonly #columns = new Map<string, StreamColumns>();

  constructor(private readonly db: DatabaseSync) {}

  /** Returns the columns of streams, with their present fields. */
  get(sources: readonly StreamSource[]): StreamColumns[] {
    this.#room(0);
    return sources.map((source) => {
      const key = `${source.sender} ${source.stream}`;
      const known = this.#columns.get(key);
      this.#columns.delete(key);
      const isCurrent = known !== undefined && known.size <= NUMBERS_MAX && !known.isBehind(this.db) &&
        isSame(known, streamsOf(this.db).shape(source));
      const columns = isCurrent
        ? known
        : new StreamColumns(this.db, source, () => this.#room(sources.length));
      this.#columns.set(key, columns);
      return columns;
    });
  }

  /** Makes room by forgetting those that were not asked for lately, but none of the last ones. */
  #room(last: number): number {
    let size = 0;
    for (const columns of this.#columns.values()) size += columns.size;
    for (const [key, columns] of this.#columns) {
      if (size <= NUMBERS_MAX || this.#columns.size <= last) break;
      this.#columns.delete(key);
      size -= columns.size;
    }
    return NUMBERS_MAX - size;
  }
}

const caches = new WeakMap<DatabaseSync, ColumnCache>();

/** Returns the columns of streams; they remember what they read. */
export function columnsOf(db: DatabaseSync, sources: readonly StreamSource[]): StreamColumns[] {
  let cache = caches.get(db);
  if (cache === undefined) caches.set(db, cache = new ColumnCache(db));
  return cache.get(sources);
}

function isSame(
  columns: StreamColumns,
  { fields, time }: { readonly fields: readonly string[]; readonly time?: string },
): boolean {
  return columns.time === time && columns.fields.length === fields.length &&
    columns.fields.every((field, i) => field === fields[i]);
}

function lastRow(db: DatabaseSync): number {
  return (statementOf(db, "SELECT coalesce(max(row), 0) AS row FROM message").get() as { row: number }).row;
}
