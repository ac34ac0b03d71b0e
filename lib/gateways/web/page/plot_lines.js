// The lines of a plot: what each is called, how it looks, and what it says.

import { fieldName, looksOf, scalesOf } from "./plot_data.js";
import { descriptionOf, legendItem } from "./plot_parts.js";

/**
 * @import { DrawnLine } from "./plot_canvas.js"
 * @import { PlotChoice } from "./plot_choices.js"
 * @import { Line, PlotData } from "./plot_data.js"
 */

/**
 * Part of a plot that its lines use.
 *
 * @typedef {object} LinedPlot
 * @property {() => PlotData} data
 * @property {() => readonly string[]} sources keys of its streams
 * @property {() => PlotChoice} choice
 * @property {(key: string) => string} nameOf returns the name of a stream
 */

/** The lines of a plot. */
export class PlotLines {
  #plot;
  /** @type {readonly Omit<DrawnLine, "isShown">[]} */
  #lines = [];

  /** @param {LinedPlot} plot */
  constructor(plot) {
    this.#plot = plot;
  }

  /** Gives the lines their looks and scales, after all points were read. */
  arrange() {
    const data = this.#plot.data();
    // The order of the fields is that of a sample, and may be another one the next time.
    const looks = looksOf(
      this.#plot.sources().flatMap((each) =>
        data.lines.filter(({ source }) => source === each).sort((a, b) => a.field < b.field ? -1 : 1)
      ),
    );
    const scales = scalesOf(data.lines.map((_, i) => data.extremes(i)));
    this.#lines = data.lines.map((line, i) => ({
      label: this.#label(line),
      look: looks.get(line.key) ?? { color: 0, dash: 0 },
      scale: scales[i] ?? 0,
    }));
  }

  /** The lines as they are drawn. @returns {readonly DrawnLine[]} */
  get drawn() {
    return this.#lines.map((line, i) => ({ ...line, isShown: this.isShown(i) }));
  }

  /** Tells whether a line is shown. @param {number} i its index */
  isShown(i) {
    return this.#plot.choice().isShown(this.#key(i), i);
  }

  /** Shows a line that was hidden, and the other way round. @param {number} i its index */
  toggle(i) {
    this.#plot.choice().toggle(this.#key(i), i);
  }

  /**
   * Shows a line in the legend, with its value under the pointer or its last one.
   *
   * @param {number} i its index
   * @param {number | undefined} pointed index of the point under the pointer
   * @param {() => void} toggle
   */
  legend(i, pointed, toggle) {
    const { look = { color: 0, dash: 0 }, scale = 0 } = this.#lines[i] ?? {};
    const scales = [...new Set(this.#lines.map((each) => each.scale))];
    const data = this.#plot.data();
    const line = data.lines[i];
    const at = data.nearest(i, Math.min(pointed ?? Infinity, data.x.length - 1));
    return legendItem({
      label: line === undefined ? "" : this.#label(line),
      look,
      value: data.y[i]?.[at],
      isShown: this.isShown(i),
      axis: scales.indexOf(scale),
    }, toggle);
  }

  /** Describes the plot for those who do not see it. */
  description() {
    const data = this.#plot.data();
    const described = data.lines.map((line, i) => ({ label: this.#label(line), extremes: data.extremes(i) }));
    return descriptionOf(data.x, described.filter((_, i) => this.isShown(i)));
  }

  /** @param {number} i */
  #key(i) {
    return this.#plot.data().lines[i]?.key ?? "";
  }

  /** Names a line, with its stream if there are several. @param {Line} line */
  #label({ source, field }) {
    const name = fieldName(field);
    return this.#plot.sources().length > 1 ? `${name} · ${this.#plot.nameOf(source)}` : name;
  }
}
