// Parts of a plot beside its canvas: what it says, its table, the streams that can be added.

import { countText, momentText } from "./format.js";
import { html, nothing, repeat } from "./lit.js";
import { exactText, valueText } from "./plot_canvas.js";
import { fieldName, streamKey } from "./plot_data.js";
import { FOLLOWING } from "./plot_range.js";

/**
 * @import { PlottedStream } from "../../../storage/history/streams.ts"
 * @import { Look, PlotData } from "./plot_data.js"
 * @import { Range } from "./plot_range.js"
 */

/** Most streams in one plot. */
const SOURCES_MAX = 16;

/** How far a key or button moves the range, a share of it, and how it stretches it. */
const STEP = 0.25;
const CLOSER = 0.5;

/** How each key moves and stretches the range. @type {Readonly<Record<string, readonly [by: number, factor?: number]>>} */
export const KEYS = {
  ArrowLeft: [-STEP],
  ArrowRight: [STEP],
  "+": [0, CLOSER],
  "=": [0, CLOSER],
  "-": [0, 1 / CLOSER],
};

/**
 * Actions of the buttons of a plot.
 *
 * @typedef {object} PlotActions
 * @property {(range: Range) => void} show
 * @property {(by: number, factor?: number) => void} move
 * @property {() => void} exportPoints
 * @property {() => void} exportPicture
 */

/**
 * Shows the buttons of a plot.
 *
 * @param {Range} range that is shown
 * @param {PlotActions} actions
 */
export function plotTools(range, { show, move, exportPoints, exportPicture }) {
  return html`
    <div class="plot-tools" role="group" aria-label="Range and export">
      ${FOLLOWING.map(([each, text]) =>
        html`
          <button type="button" aria-pressed=${each === range ? "true" : "false"}
            @click=${() => show(each)}>${text}</button>
        `
      )}
      <span class="plot-moves">
        ${button("◀", "Earlier", () => move(-STEP))}
        ${button("▶", "Later", () => move(STEP))}
        ${button("+", "Zoom in", () => move(0, CLOSER))}
        ${button("−", "Zoom out", () => move(0, 1 / CLOSER))}
      </span>
      <span class="plot-exports">
        ${button("CSV", "Export as CSV", exportPoints)}
        ${button("PNG", "Export as PNG", exportPicture)}
      </span>
    </div>
  `;
}

/** @param {string} text @param {string} title @param {() => void} action */
function button(text, title, action) {
  return html`<button type="button" aria-label=${title} title=${title} @click=${action}>${text}</button>`;
}

/**
 * Says what is not in the picture, and what its time is.
 *
 * @param {PlotData} data
 * @param {number | undefined} pointed the point under the pointer
 */
export function remarksOf({ bare, since, isMore, bucket, times, added, x }, pointed) {
  const remarks = [];
  const at = x[pointed ?? -1];
  if (at !== undefined) remarks.push(momentText(at));
  else if (bucket > 0) {
    const newest = added > 0 ? "; the newest ones as they came" : "";
    remarks.push(
      `Each point on the screen shows the least, the greatest and the last value of ${
        spanText(bucket)
      }${newest}.`,
    );
  }
  if (times.length > 0 && times.every((time) => time === null)) remarks.push("By the time of arrival.");
  if (bare > 0) {
    remarks.push(`${countText(bare)} documents are left out: the history no longer has what is in them.`);
  }
  if (since !== undefined) {
    remarks.push(
      isMore
        ? `Reading what came before ${momentText(since)} …`
        : `There is too much for one plot: what came before ${momentText(since)} is left out.`,
    );
  }
  return remarks;
}

/**
 * Describes the picture for those who do not see it.
 *
 * @param {readonly number[]} x
 * @param {readonly { label: string, extremes: { min: number, max: number } | undefined }[]} lines
 */
export function descriptionOf(x, lines) {
  if (x.length === 0) return "Plot without points";
  const texts = lines.map(({ label, extremes }) =>
    extremes === undefined
      ? `${label} without values`
      : `${label} from ${valueText(extremes.min)} to ${valueText(extremes.max)}`
  );
  return `Plot from ${momentText(x[0] ?? 0)} to ${momentText(x.at(-1) ?? 0)}: ${texts.join("; ")}`;
}

/**
 * Shows a line in the legend.
 *
 * @param {{ label: string, look: Look, value: number | null | undefined, isShown: boolean, axis: number }} line `axis`: 0
 *   the left one, 1 the right one, beyond that there is none
 * @param {() => void} toggle
 */
export function legendItem({ label, look, value, isShown, axis }, toggle) {
  const side = axis === 1 ? "right axis" : axis > 1 ? "own scale" : "";
  return html`
    <li>
      <button type="button" aria-pressed=${isShown ? "true" : "false"} @click=${toggle}>
        <svg class="plot-sample plot-color-${look.color} plot-dash-${look.dash}" viewBox="0 0 22 8"
          aria-hidden="true">
          <line x1="0" y1="4" x2="22" y2="4"></line>
        </svg>
        <bdi class="cut">${label}</bdi>
        <span class="number plot-value">${typeof value === "number" ? valueText(value) : "–"}</span>
        ${side === "" ? nothing : html`<span class="faint small">${side}</span>`}
      </button>
    </li>
  `;
}

/**
 * Shows the newest values as they came.
 *
 * @param {PlotData["newest"]} newest
 * @param {readonly string[]} fields
 * @param {string} title of the plot
 * @param {((key: string) => string) | undefined} nameOf returns the name of a stream, if there are several
 */
export function valuesTable(newest, fields, title, nameOf) {
  return html`
    <div class="plot-table" tabindex="0" role="region" aria-label="Newest values of ${title}">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            ${nameOf === undefined ? nothing : html`<th scope="col">From</th>`}
            ${fields.map((field) => html`<th scope="col"><bdi>${fieldName(field)}</bdi></th>`)}
          </tr>
        </thead>
        <tbody>${newest.map(({ key, at, values }) =>
          html`<tr>
            <td class="number">${momentText(at)}</td>
            ${nameOf === undefined ? nothing : html`<td><bdi>${nameOf(key)}</bdi></td>`}
            ${fields.map((field) => html`<td class="number">${exact(values.get(`${key}${field}`))}</td>`)}
          </tr>`
        )}</tbody>
      </table>
    </div>
  `;
}

/**
 * Lists the streams that can be added to a plot: those with its name, or one of its fields.
 *
 * @param {PlottedStream} stream of the plot
 * @param {readonly PlottedStream[]} all
 */
export function comparable(stream, all) {
  const fields = new Set(stream.fields);
  return all.filter((each) =>
    streamKey(each) !== streamKey(stream) &&
    (each.stream === stream.stream || each.fields.some((field) => fields.has(field)))
  );
}

/**
 * Shows streams that can be added to a plot.
 *
 * @param {readonly PlottedStream[]} others
 * @param {readonly string[]} chosen keys of those that are in it
 * @param {(key: string) => void} toggle
 */
export function othersList(others, chosen, toggle) {
  return html`
    <ul>${repeat(others, streamKey, (each) => {
      const key = streamKey(each);
      const isChosen = chosen.includes(key);
      return html`<li><label><input type="checkbox" .checked=${isChosen}
        ?disabled=${!isChosen && chosen.length >= SOURCES_MAX - 1} @change=${() => toggle(key)}>
        <bdi>${each.sender.name}</bdi> · <bdi>${each.stream}</bdi></label></li>`;
    })}</ul>
  `;
}

/** @param {number | undefined} value */
function exact(value) {
  return value === undefined ? "" : exactText(value);
}

/** @param {number} ms */
function spanText(ms) {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
