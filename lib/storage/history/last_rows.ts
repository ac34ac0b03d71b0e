import type { Reading } from "./reading.ts";
import { statementOf } from "../tables/rows.ts";

/** The last rows of the history; 0 if there is none. Rows are never used again. */
export interface LastRows {
  /** Row of the message received last. */
  readonly row: number;
  /** Row of the sent message that ended last. */
  readonly sent: number;
}

/** Returns the last rows of the history: what comes later has higher ones. */
export function lastRows({ db }: Reading, _params: Record<never, never>): LastRows {
  const { row, sent } = statementOf(
    db,
    "SELECT (SELECT coalesce(max(row), 0) FROM message) AS row, (SELECT coalesce(max(row), 0) FROM sent) AS sent",
  ).get()!;
  return { row: Number(row), sent: Number(sent) };
}
