import type { Line } from "../tables/streams.ts";
import type { ReceiveOutcome } from "../types.ts";

/** A document that a transaction put into the journal, and where its file goes. */
export interface Journaled {
  readonly row: number;
  /** Name of the folder. */
  readonly folder: string;
  readonly file: string;
  /** The line of a stream's file that it is. */
  readonly line?: Line;
  /** The file of the same folder that holds it already. */
  readonly partial?: string;
}

/** What became of an arrival, and the file that is still to be made. */
export interface Received {
  readonly outcome: ReceiveOutcome;
  readonly journaled?: Journaled;
}
