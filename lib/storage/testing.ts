/**
 * A step in the life of a document: its transaction about to be committed; committed, with no file made; a file written
 * but not in place; a file in place, or lines appended; all files of a batch in place, and the acknowledgement not yet
 * allowed; files durable, and their rows not yet marked so. Of a document in parts, before the first of these: a part
 * written; some of it durable; all of it.
 */
export type Step =
  | "received"
  | "committed"
  | "written"
  | "linked"
  | "placed"
  | "durable"
  | "part"
  | "part-synced"
  | "whole";

/** Step at which a store stands still for ever, once it was passed so often. */
export interface StopAt {
  readonly step: Step;
  readonly passes: number;
}

/** For tests: the store stands still for ever at a step of its work, and `stopped` is called. */
export interface StorageTesting {
  readonly stopAt: Step;
  /** How often the step is passed before; 0. */
  readonly passes?: number;
  readonly stopped: (step: Step) => void;
}
