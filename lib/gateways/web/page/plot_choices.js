// What the user chose for each plot, as long as the page is open.

import { streamKey } from "./plot_data.js";

/**
 * @import { PlottedStream } from "../../../storage/history/streams.ts"
 * @import { Range } from "./plot_range.js"
 */

/** Lines that are shown at first; the others wait in the legend. */
const SHOWN = 8;
const DAY = 86_400_000;

/** Choices of the plot of a stream: it stays the same however often the plot is opened. */
export class PlotChoice {
  /** @type {Range} */
  range;
  /** Keys of the streams beside its own. @type {readonly string[]} */
  others = [];
  /** Lines that were shown or hidden by hand. @type {Map<string, boolean>} */
  #toggled = new Map();

  /** @param {Pick<PlottedStream, "last">} stream */
  constructor({ last }) {
    this.range = last < Date.now() - DAY ? "all" : "day";
  }

  /** Tells whether a line is shown. @param {string} key @param {number} i its place in the legend */
  isShown(key, i) {
    return this.#toggled.get(key) ?? i < SHOWN;
  }

  /** Shows a line that was hidden, and the other way round. @param {string} key @param {number} i */
  toggle(key, i) {
    this.#toggled.set(key, !this.isShown(key, i));
  }

  /** Adds a stream, or takes it away. @param {string} key */
  compare(key) {
    const { others } = this;
    this.others = others.includes(key) ? others.filter((each) => each !== key) : [...others, key];
  }
}

/** @type {Map<string, PlotChoice>} */
const choices = new Map();

/** Returns what was chosen for the plot of a stream. @param {PlottedStream} stream */
export function choiceOf(stream) {
  const key = streamKey(stream);
  const choice = choices.get(key) ?? new PlotChoice(stream);
  choices.set(key, choice);
  return choice;
}
