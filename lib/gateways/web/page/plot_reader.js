// Reads the points of a plot, and keeps them up to date while it is seen.

import { get } from "./api.js";
import { sentenceOf } from "./format.js";
import { PlotData } from "./plot_data.js";

/** Least time between two readings of what is new, milliseconds, and points after which all are read anew. */
const PAUSE = 1_000;
const ADDED_MAX = 1_000;

/**
 * Part of a plot that its reader uses.
 *
 * @typedef {object} ReaderPlot
 * @property {() => readonly string[]} sources keys of the streams in it
 * @property {() => { from?: number, to?: number, width: number }} range that is asked of the history, and its pixels
 * @property {() => boolean} isSeen
 * @property {(isAll: boolean) => void} read called after a reading; true if all points are others
 */

/** Points of a plot as they are in the history, with at most one request under way. */
export class PlotReader {
  data = new PlotData();
  /** True once something was read. */
  isRead = false;
  /** Why nothing could be read. */
  problem = "";
  #plot;
  /** True if what it has is older than what there is. */
  #isStale = true;
  /** Request that is under way. @type {AbortController | undefined} */
  #request;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {ReaderPlot} plot */
  constructor(plot) {
    this.#plot = plot;
  }

  /** Ends what is under way; a plot that is opened again reads all. */
  close() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#request?.abort();
    this.#request = undefined;
    this.#isStale = true;
  }

  /** Takes what is here as old, and reads all, now or when the plot is seen. */
  stale() {
    this.#isStale = true;
    this.refresh();
  }

  /** Reads all if what is here is old and the plot is seen. */
  refresh() {
    if (this.#isStale && this.#plot.isSeen()) this.#read();
  }

  /** Reads what is new, a moment later: much may come at once. */
  readLater() {
    if (!this.#plot.isSeen()) {
      this.#isStale = true;
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#request !== undefined) return this.readLater();
        this.#read(!this.#isStale && this.data.added < ADDED_MAX);
      }, PAUSE);
    }
  }

  /** Reads all points of the range, or what is new. @param {boolean} [isNew] */
  async #read(isNew = false) {
    this.#request?.abort();
    const request = this.#request = new AbortController();
    const sources = this.#plot.sources();
    this.#isStale = false;
    let isAll = !isNew;
    try {
      const after = isNew ? this.data.row : undefined;
      const asked = { source: sources, ...this.#plot.range(), after };
      const plot = await get("/api/plot", asked, { signal: request.signal });
      if (isNew && !this.data.append(plot, sources)) this.#isStale = true;
      if (!isNew) this.data.replace(plot, sources);
      this.problem = "";
      this.isRead = true;
    } catch (error) {
      if (request.signal.aborted) return;
      isAll = false;
      this.problem = sentenceOf(error);
    }
    if (this.#request === request) this.#request = undefined;
    this.#plot.read(isAll);
    if (this.#isStale) this.readLater();
    else if (isAll && this.data.isMore && this.#plot.isSeen()) this.#read();
  }
}
