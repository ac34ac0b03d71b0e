import { chosenFields, type LinesRequest } from "./plot.ts";
import { fieldName, numberAt, timeIn } from "./readings.ts";
import type { Reading } from "./reading.ts";
import { oldestFirst } from "./stream_documents.ts";
import { streamsOf } from "./streams.ts";
import { statementOf } from "../tables/rows.ts";

/** Rough size of an answer, characters: the time counts, too. */
const TEXT_MAX = 512 * 1024;

/** All points of a range, as CSV. */
export interface PointsRequest extends LinesRequest {
  /** `next` of the answer before; the first answer has the head of the table. */
  readonly next?: PointsPlace;
}

/** Place where the next answer goes on. */
export interface PointsPlace {
  /** Paths of the columns. */
  readonly columns: readonly string[];
  /** Index of the source, and the row of its document, that came last. */
  readonly source: number;
  readonly row: number;
}

/** Some lines of a table. */
export interface PointsAnswer {
  readonly text: string;
  /** Undefined after the last line. */
  readonly next?: PointsPlace;
}

/** The points of a history without a database. */
export const NO_POINTS: PointsAnswer = { text: "" };

/**
 * Reads all points of a range as CSV (RFC 4180), one line for each document, each source in the order of arrival: its
 * time, when it arrived (UTC), its sender, its stream, and the fields. It returns after a moment with what it has.
 */
export function plotPoints(
  reading: Reading,
  { sources, fields, from = -Infinity, to = Infinity, next }: PointsRequest,
): PointsAnswer {
  const shapes = sources.map((source) => streamsOf(reading.db).shape(source));
  const columns = next?.columns ??
    [...new Set(chosenFields(shapes.map((shape) => shape.fields), fields).flat())];
  const numbers = columns.map(numberAt);
  const parts = next === undefined
    ? [lineOf(["time", "arrived", "peer", "stream", ...columns.map(fieldName)])]
    : [];
  let length = 0;
  for (let n = next?.source ?? 0; n < sources.length; n++) {
    const source = sources[n]!;
    const { time } = shapes[n]!;
    const peer = nameOf(reading, source.sender);
    const after = n === next?.source ? next.row : 0;
    for (const { documents, upto } of oldestFirst(reading.db, source, after)) {
      reading.check();
      for (const [, arrived, value] of documents) {
        const at = (time === undefined ? undefined : timeIn(value, time)) ?? arrived;
        const values = numbers.map((number) => number(value));
        if (at < from || at > to || values.every((each) => each === undefined)) continue;
        const line = lineOf([
          new Date(at).toISOString(),
          new Date(arrived).toISOString(),
          peer,
          source.stream,
          ...values,
        ]);
        parts.push(line);
        length += line.length;
      }
      if (reading.isDue || length > TEXT_MAX) {
        return { text: parts.join(""), next: { columns, source: n, row: upto } };
      }
    }
  }
  return { text: parts.join("") };
}

function nameOf({ db }: Reading, sender: string): string {
  const found = statementOf(
    db,
    "SELECT sender_name AS name FROM message WHERE sender = ? ORDER BY id DESC LIMIT 1",
  )
    .get(sender);
  return (found?.name ?? sender) as string;
}

function lineOf(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(cellOf).join(",")}\r\n`;
}

/** Writes a cell. Text that a spreadsheet would take for a formula gets an apostrophe: names come from the network. */
function cellOf(cell: string | number | undefined): string {
  if (typeof cell !== "string") return `${cell ?? ""}`;
  const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
