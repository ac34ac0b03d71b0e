// The drawing of a plot, with uPlot.

import uPlot from "/packages/uplot/uPlot.js";
import { lazily } from "./format.js";
import { DASHES } from "./plot_data.js";

/** @import { Look, PlotData } from "./plot_data.js" */

/** Width of lines, and of the picture's margin, pixels. */
const LINE = 1.6;
const MARGIN = 16;
/** Length of the sample of a line in the picture's legend, and height of its rows, pixels. */
const SAMPLE = 22;
const ROW = 20;
/** Longest tick text's width per character, and least width of an axis, pixels. */
const CHARACTER = 7;
const AXIS_MIN = 44;

const DAY = 86_400_000;
const numbers = lazily(() => new Intl.NumberFormat(undefined, { maximumSignificantDigits: 6 }));
const largeNumbers = lazily(() =>
  new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 4 })
);
const exactNumbers = lazily(() =>
  new Intl.NumberFormat(undefined, { maximumSignificantDigits: 12, useGrouping: false })
);
const clock = lazily(() => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }));
const clockSeconds = lazily(() => new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }));
const dayMonth = lazily(() => new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }));
const dayMonthYear = lazily(() =>
  new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" })
);

/** Formats a value. @param {number} value */
export function valueText(value) {
  return Math.abs(value) >= 1e6 ? largeNumbers().format(value) : numbers().format(value);
}

/** Formats a value with all digits that mean something. @param {number} value */
export function exactText(value) {
  return exactNumbers().format(value);
}

/**
 * A line as it is drawn.
 *
 * @typedef {{ label: string, look: Look, scale: number, isShown: boolean }} DrawnLine
 */

/** A canvas with the lines of a plot. */
export class PlotCanvas {
  #place;
  #data;
  #on;
  #lines = /** @type {readonly DrawnLine[]} */ ([]);
  #range = { from: 0, to: 1 };
  /** @type {any} */
  #plot;
  #theme = matchMedia("(prefers-color-scheme: dark)");
  #resized = new ResizeObserver(() => this.#resize());

  /**
   * @param {HTMLElement} place
   * @param {PlotData} data
   * @param {{ selected: (from: number, to: number) => void, pointed: (index: number | undefined) => void }} on told of a
   *   selected range (milliseconds since 1970) and of the point under the pointer
   */
  constructor(place, data, on) {
    this.#place = place;
    this.#data = data;
    this.#on = on;
    this.#theme.addEventListener("change", this.#restyle);
    this.#resized.observe(place);
  }

  close() {
    this.#theme.removeEventListener("change", this.#restyle);
    this.#resized.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  /**
   * Draws the data as it is now.
   *
   * @param {readonly DrawnLine[]} lines
   * @param {{ from: number, to: number }} range of time that is shown, milliseconds since 1970
   */
  draw(lines, range) {
    const before = this.#lines;
    this.#lines = lines;
    this.#range = range;
    const isSame = this.#plot !== undefined && lines.length === before.length &&
      lines.every(({ label, look, scale }, i) =>
        label === before[i]?.label && scale === before[i].scale && look.color === before[i].look.color &&
        look.dash === before[i].look.dash
      );
    if (!isSame) return this.#restyle();
    this.#plot.batch(() => {
      lines.forEach(({ isShown }, i) => {
        if (isShown !== before[i]?.isShown) this.#plot.setSeries(i + 1, { show: isShown });
      });
      this.#plot.setData([this.#data.x, ...this.#data.y], false);
      this.#plot.setScale("x", { min: range.from, max: range.to });
    });
  }

  /** Returns a picture of the plot with its title and legend. @param {string} title @returns {Promise<Blob | null>} */
  picture(title) {
    const canvas = /** @type {HTMLCanvasElement} */ (this.#plot.ctx.canvas);
    const ratio = canvas.width / this.#plot.width;
    const shown = this.#lines.filter(({ isShown }) => isShown);
    const picture = document.createElement("canvas");
    const context = /** @type {CanvasRenderingContext2D} */ (picture.getContext("2d"));
    const width = canvas.width / ratio + 2 * MARGIN;
    const font = `13px ${this.#css("--text")}`;
    context.font = font;
    /** @type {{ line: DrawnLine, x: number, row: number }[]} */
    const places = [];
    let x = MARGIN, row = 0;
    for (const line of shown) {
      const length = SAMPLE + 6 + context.measureText(line.label).width + 18;
      if (x > MARGIN && x + length > width - MARGIN) [x, row] = [MARGIN, row + 1];
      places.push({ line, x, row });
      x += length;
    }
    const top = MARGIN + 22;
    const legend = (row + 1) * ROW;
    picture.width = width * ratio;
    picture.height = (top + canvas.height / ratio + legend + MARGIN) * ratio;
    context.scale(ratio, ratio);
    context.fillStyle = this.#css("--surface");
    context.fillRect(0, 0, width, picture.height / ratio);
    context.fillStyle = this.#css("--ink");
    context.textBaseline = "middle";
    context.font = `600 15px ${this.#css("--text")}`;
    context.fillText(title, MARGIN, MARGIN + 4, width - 2 * MARGIN);
    context.drawImage(canvas, MARGIN, top, canvas.width / ratio, canvas.height / ratio);
    context.font = font;
    context.lineWidth = 2;
    for (const { line, x, row } of places) {
      const y = top + canvas.height / ratio + row * ROW + ROW / 2;
      context.strokeStyle = this.#css(`--plot-${line.look.color}`);
      context.setLineDash([...DASHES[line.look.dash] ?? []]);
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + SAMPLE, y);
      context.stroke();
      context.fillText(line.label, x + SAMPLE + 6, y, width - x - SAMPLE - MARGIN);
    }
    return new Promise((resolve) => picture.toBlob(resolve, "image/png"));
  }

  /** @param {string} name of a variable of style.css */
  #css(name) {
    return getComputedStyle(this.#place).getPropertyValue(name).trim();
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.#place;
    if (
      this.#plot !== undefined && width > 0 && (width !== this.#plot.width || height !== this.#plot.height)
    ) {
      this.#plot.setSize({ width, height });
    }
  }

  /** Makes it anew, in the colours of the page. */
  #restyle = () => {
    if (this.#lines.length === 0) return;
    this.#plot?.destroy();
    const { clientWidth: width, clientHeight: height } = this.#place;
    const ink = this.#css("--faint");
    const grid = { stroke: this.#css("--line"), width: 1 };
    const font = `12px ${this.#css("--text")}`;
    const scales = [...new Set(this.#lines.map(({ scale }) => scale))];
    const axis = { stroke: ink, grid, ticks: { ...grid, size: 4 }, font, gap: 4 };
    this.#plot = new uPlot(
      {
        width: Math.max(width, 50),
        height: Math.max(height, 50),
        ms: 1,
        legend: { show: false },
        padding: [10, scales.length > 1 ? 0 : 12, 0, 0],
        cursor: {
          y: false,
          drag: { x: true, y: false, setScale: false },
          points: { size: 7 },
          /** @param {any} _ @param {number} series @param {number} index */
          dataIdx: (_, series, index) => series === 0 ? index : this.#data.nearest(series - 1, index),
        },
        scales: {
          x: { time: true, range: () => [this.#range.from, this.#range.to] },
          ...Object.fromEntries(scales.map((scale) => [`y${scale}`, { auto: true }])),
        },
        axes: [
          { ...axis, space: 80, values: timeTexts, size: 38 },
          // Further scales have no axis: their values are in the legend.
          ...scales.slice(0, 2).map((scale, i) => ({
            ...axis,
            scale: `y${scale}`,
            side: i === 0 ? 3 : 1,
            grid: i === 0 ? grid : { show: false },
            /** @param {any} _ @param {number[]} splits */
            values: (_, splits) => splits.map(valueText),
            /** @param {any} _ @param {string[] | null} values */
            size: (_, values) =>
              Math.max(AXIS_MIN, 14 + CHARACTER * Math.max(0, ...(values ?? []).map((text) => text.length))),
          })),
        ],
        series: [
          {},
          ...this.#lines.map(({ label, look, scale, isShown }) => ({
            label,
            scale: `y${scale}`,
            show: isShown,
            stroke: this.#css(`--plot-${look.color}`),
            width: LINE,
            dash: [...DASHES[look.dash] ?? []],
            spanGaps: true,
            points: { size: 5 },
          })),
        ],
        hooks: {
          setSelect: [/** @param {any} plot */ (plot) => this.#selected(plot)],
          setCursor: [/** @param {any} plot */ (plot) => this.#on.pointed(plot.cursor.idx ?? undefined)],
        },
      },
      [this.#data.x, ...this.#data.y],
      this.#place,
    );
  };

  /** @param {any} plot */
  #selected(plot) {
    const { left, width } = plot.select;
    if (width < 5) return;
    const [from, to] = [left, left + width].map((x) => Math.round(plot.posToVal(x, "x")));
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.#on.selected(from ?? 0, to ?? 0);
  }
}

/**
 * Formats times at an axis; the first one and the first of a day with the day.
 *
 * @param {any} _
 * @param {number[]} splits
 * @param {number} _axis
 * @param {number} _space
 * @param {number} step
 */
function timeTexts(_, splits, _axis, _space, step) {
  let before = "";
  const year = new Date().getFullYear();
  return splits.map((at) => {
    const date = new Date(at);
    const day = (date.getFullYear() === year ? dayMonth : dayMonthYear)().format(at);
    if (step >= DAY) return day;
    const text = (step >= 60_000 ? clock : clockSeconds)().format(at);
    const isNew = day !== before;
    before = day;
    return isNew ? `${text}\n${day}` : text;
  });
}
