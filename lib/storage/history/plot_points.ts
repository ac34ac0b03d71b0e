import type { PlotRequest } from "./plot.ts";
import { readersOf, type TimedNumbers } from "./plot.ts";
import { fieldName } from "./readings.ts";
import type { Reading } from "./reading.ts";
import { oldestFirst } from "./stream_documents.ts";

/** Rough size of an answer, characters: the time counts, too. */
const TEXT_MAX = 512 * 1024;

/** All points of a range, as CSV. */
export interface PointsRequest extends Omit<PlotRequest, "width" | "after"> {
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
export function plotPoints(reading: Reading, { next, ...request }: PointsRequest): PointsAnswer {
  const readers = readersOf(reading, next === undefined ? request : { ...request, fields: next.columns });
  const columns = next?.columns ?? [...new Set(readers.flatMap(({ fields }) => fields))];
  const parts = next === undefined
    ? [lineOf(["time", "arrived", "peer", "stream", ...columns.map(fieldName)])]
    : [];
  let length = 0;
  for (let n = next?.source ?? 0; n < readers.length; n++) {
    const { source, fields, after, read } = readers[n]!;
    const peer = nameOf(reading, source.sender);
    const places = columns.map((column) => fields.indexOf(column));
    for (
      const { documents, upto } of oldestFirst(reading.db, source, n === next?.source ? next.row : after)
    ) {
      reading.check();
      const text = documents.map(read).filter((each) => each !== undefined)
        .map((each) =>
          lineOf([...cellsOf(each, peer, source.stream), ...places.map((place) => each.values[place])])
        )
        .join("");
      parts.push(text);
      length += text.length;
      if (reading.isDue || length > TEXT_MAX) {
        return { text: parts.join(""), next: { columns, source: n, row: upto } };
      }
    }
  }
  return { text: parts.join("") };
}

function cellsOf({ at, arrived }: TimedNumbers, peer: string, stream: string): string[] {
  return [new Date(at).toISOString(), new Date(arrived).toISOString(), peer, stream];
}

function nameOf({ db }: Reading, sender: string): string {
  const found = db.prepare(
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
