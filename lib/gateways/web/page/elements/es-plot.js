import { get, post } from "../api.js";
import { EsElement } from "../element.js";
import { agoText, countText, momentText } from "../format.js";
import { html, nothing, repeat } from "../lit.js";
import { exactText, PlotCanvas, valueText } from "../plot_canvas.js";
import { fieldName, looksOf, PlotData, scalesOf, streamKey } from "../plot_data.js";
import { askedOf, boundsOf, FOLLOWING, moved } from "../plot_range.js";

/**
 * @import { PlottedStream } from "../../../../storage/history/streams.ts"
 * @import { DrawnLine } from "../plot_canvas.js"
 * @import { Line } from "../plot_data.js"
 * @import { Range } from "../plot_range.js"
 */

/** Most streams in one plot. */
const SOURCES_MAX = 16;
/** Lines that are shown at first; the others wait in the legend. */
const SHOWN = 8;
/** Least time between two readings of what is new, milliseconds, and points after which all are read anew. */
const PAUSE = 1_000;
const ADDED_MAX = 1_000;
/** How often a plot moves on while nothing comes, milliseconds. */
const MOVE_EVERY = 15_000;
/** How far a key or button moves and stretches the range. */
const STEP = 0.25;
const CLOSER = 0.5;
const DAY = 86_400_000;

/** Number of plots that were made. */
let count = 0;

/**
 * What the user chose for each plot, as long as the page is open.
 *
 * @type {Map<string, { range: Range, others: readonly string[], toggled: ReadonlyMap<string, boolean> }>}
 */
const choices = new Map();

/** A plot: a line for each number of a stream, and of other streams that the user adds. */
export class EsPlot extends EsElement {
  /** The stream. @type {PlottedStream | undefined} */
  #stream;
  /** All streams, of which others can be added. @type {readonly PlottedStream[]} */
  #all = [];
  #number = ++count;
  #data = new PlotData();
  /** @type {DrawnLine[]} */
  #lines = [];
  /** @type {PlotCanvas | undefined} */
  #canvas;
  #isVisible = false;
  /** True if what it has is older than what there is. */
  #isStale = true;
  #isRead = false;
  #problem = "";
  /** Request that is under way. @type {AbortController | undefined} */
  #request;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #mover;
  /** @type {number | undefined} */
  #pointed;
  #watched = new IntersectionObserver((entries) => this.#seen(entries.at(-1)?.isIntersecting ?? false), {
    rootMargin: "200px",
  });

  /** @param {PlottedStream} stream */
  set stream(stream) {
    this.#stream = stream;
    this.update();
  }

  /** @param {readonly PlottedStream[]} all */
  set all(all) {
    this.#all = all;
    this.update();
  }

  /** Takes note of a document of a stream that has just come. @param {string} key */
  heard(key) {
    if (this.#sources.includes(key) && typeof this.#choice.range !== "object") this.#readLater();
  }

  /** Takes note that documents may have come unheard. */
  missed() {
    this.#stale();
  }

  /** @override */
  opened() {
    this.#watched.observe(this);
    this.#mover = setInterval(() => this.#isVisible && !document.hidden && this.#draw(), MOVE_EVERY);
    document.addEventListener("visibilitychange", this.#shown);
  }

  /** @override */
  closed() {
    this.#watched.disconnect();
    document.removeEventListener("visibilitychange", this.#shown);
    clearInterval(this.#mover);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#request?.abort();
    this.#request = undefined;
    this.#canvas?.close();
    this.#canvas = undefined;
    this.#isVisible = false;
    this.#isStale = true;
  }

  /** @override */
  view() {
    const stream = this.#stream;
    if (stream === undefined) return nothing;
    const { range } = this.#choice;
    const title = `plot-${this.#number}`;
    return html`
      <section aria-labelledby=${title}>
        <div class="plot-head">
          <h2 id=${title}><bdi>${stream.sender.name}</bdi> · <bdi>${stream.stream}</bdi></h2>
          <p class="faint small">${countText(stream.documents)} documents, the last one ${agoText(
            Math.max(0, Date.now() - this.#last(stream)),
          )}</p>
        </div>
        <div class="plot-tools" role="group" aria-label="Range and export">
          ${FOLLOWING.map(([each, text]) =>
            html`
              <button type="button" aria-pressed=${each === range ? "true" : "false"}
                @click=${() => this.#show(each)}>${text}</button>
            `
          )}
          <span class="plot-moves">
            ${this.#button("◀", "Earlier", () => this.#move(-STEP))}
            ${this.#button("▶", "Later", () => this.#move(STEP))}
            ${this.#button("+", "Zoom in", () => this.#move(0, CLOSER))}
            ${this.#button("−", "Zoom out", () => this.#move(0, 1 / CLOSER))}
          </span>
          <span class="plot-exports">
            ${this.#button("CSV", "Export as CSV", () => this.#exportPoints())}
            ${this.#button("PNG", "Export as PNG", () => this.#exportPicture())}
          </span>
        </div>
        ${this.#problem === "" ? nothing : html`<p class="notice bad" role="alert">${this.#problem}</p>`}
        <div class="plot-frame">
          <div class="plot-canvas" tabindex="0" role="img" aria-label=${this.#description()} @keydown=${this
            .#pressed}
            title="Drag to zoom, Shift and drag to move. Keys: arrows move, + and − zoom, 0 shows all."
            @pointerdown=${this.#dragged}></div>
          ${this.#data.x.length > 0
            ? nothing
            : html`<p class="plot-empty faint">${this.#isRead ? "Nothing in this range." : "Reading …"}</p>`}
        </div>
        <ul class="plot-legend" aria-label="Lines">${repeat(
          this.#data.lines,
          ({ key }) => key,
          (line, i) => this.#legendOf(line, i),
        )}</ul>
        ${this.#remarks().map((text) => html`<p class="faint small">${text}</p>`)}
        ${this.#othersView(stream)}
        <details class="plot-values">
          <summary>Newest values</summary>
          ${this.#tableView()}
        </details>
      </section>
    `;
  }

  /** @override */
  rendered() {
    if (this.#isVisible && this.#isStale && this.#stream !== undefined) this.#read();
  }

  get #choice() {
    const key = this.#stream === undefined ? "" : streamKey(this.#stream);
    let choice = choices.get(key);
    if (choice === undefined) {
      const isOld = (this.#stream?.last ?? 0) < Date.now() - DAY;
      choice = { range: isOld ? "all" : "day", others: [], toggled: new Map() };
      choices.set(key, choice);
    }
    return choice;
  }

  /** Keys of the streams that are in it. */
  get #sources() {
    return this.#stream === undefined ? [] : [streamKey(this.#stream), ...this.#choice.others];
  }

  /** @param {Partial<{ range: Range, others: readonly string[], toggled: ReadonlyMap<string, boolean> }>} patch */
  #choose(patch) {
    if (this.#stream !== undefined) choices.set(streamKey(this.#stream), { ...this.#choice, ...patch });
  }

  /** @param {PlottedStream} stream */
  #last({ last }) {
    return Math.max(last, this.#data.newest[0]?.at ?? 0);
  }

  /** @param {boolean} isVisible */
  #seen(isVisible) {
    this.#isVisible = isVisible;
    if (isVisible && this.#isStale) this.#read();
  }

  #shown = () => {
    if (!document.hidden) this.#stale();
  };

  #stale() {
    this.#isStale = true;
    if (this.#isVisible && !document.hidden) this.#read();
  }

  /** @param {Range} range */
  #show(range) {
    this.#choose({ range });
    // What is there already is shown at once, and the rest when it comes.
    this.#draw();
    this.#stale();
    this.update();
  }

  /** @param {number} by @param {number} [factor] */
  #move(by, factor) {
    this.#show(moved(this.#bounds, by, factor));
  }

  get #bounds() {
    return boundsOf(this.#choice.range, this.#data.x, Date.now());
  }

  #readLater() {
    if (!this.#isVisible || document.hidden) {
      this.#isStale = true;
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#request !== undefined) return this.#readLater();
        this.#read(!this.#isStale && this.#data.added < ADDED_MAX);
      }, PAUSE);
    }
  }

  /** Reads all points of the range, or what is new. @param {boolean} [isNew] */
  async #read(isNew = false) {
    this.#request?.abort();
    const request = this.#request = new AbortController();
    const sources = this.#sources;
    const { range } = this.#choice;
    const width = Math.max(100, Math.round(this.#place?.clientWidth ?? 1000));
    this.#isStale = false;
    let isAll = !isNew;
    try {
      const after = isNew ? this.#data.row : undefined;
      const plot = await get("/api/plot", { source: sources, ...askedOf(range, Date.now()), width, after }, {
        signal: request.signal,
      });
      if (isNew && !this.#data.append(plot, sources)) this.#isStale = true;
      if (!isNew) this.#data.replace(plot, sources);
      this.#problem = "";
      this.#isRead = true;
    } catch (error) {
      if (request.signal.aborted) return;
      isAll = false;
      this.#problem = error instanceof Error ? error.message : `${error}`;
    }
    if (this.#request === request) this.#request = undefined;
    if (isAll) this.#arrange();
    this.#draw();
    this.update();
    if (this.#isStale) this.#readLater();
    else if (isAll && this.#data.isMore && this.#isVisible) this.#read();
  }

  /** Gives the lines their looks and scales. */
  #arrange() {
    const { lines } = this.#data;
    // The order of the fields is that of a sample, and may be another one the next time.
    const looks = looksOf(
      this.#sources.flatMap((each) =>
        lines.filter(({ source }) => source === each).sort((a, b) => a.field < b.field ? -1 : 1)
      ),
    );
    const scales = scalesOf(lines.map((_, i) => this.#data.extremes(i)));
    this.#lines = lines.map((line, i) => ({
      label: this.#label(line),
      look: looks.get(line.key) ?? { color: 0, dash: 0 },
      scale: scales[i] ?? 0,
      isShown: true,
    }));
  }

  /** Draws what it has. */
  #draw() {
    const place = this.#place;
    if (place === null || this.#lines.length === 0) return;
    this.#canvas ??= new PlotCanvas(place, this.#data, {
      selected: (from, to) => this.#show({ from, to }),
      pointed: (index) => {
        this.#pointed = index;
        this.update();
      },
    });
    this.#lines = this.#lines.map((line, i) => ({ ...line, isShown: this.#isShown(i) }));
    this.#canvas.draw(this.#lines, this.#bounds);
  }

  /** @returns {HTMLElement | null} */
  get #place() {
    return this.querySelector(".plot-canvas");
  }

  /** @param {number} i index of a line */
  #isShown(i) {
    return this.#choice.toggled.get(this.#data.lines[i]?.key ?? "") ?? i < SHOWN;
  }

  /** @param {number} i index of a line */
  #toggle(i) {
    const toggled = new Map(this.#choice.toggled);
    toggled.set(this.#data.lines[i]?.key ?? "", !this.#isShown(i));
    this.#choose({ toggled });
    this.#draw();
    this.update();
  }

  /** Names the line, with its stream if there are several. @param {Line} line */
  #label({ source, field }) {
    const name = fieldName(field);
    if (this.#choice.others.length === 0) return name;
    return `${name} · ${this.#nameOf(source)}`;
  }

  /** @param {string} key of a stream */
  #nameOf(key) {
    const found = this.#all.find((each) => streamKey(each) === key);
    if (found === undefined) return key;
    return found.stream === this.#stream?.stream ? found.sender.name : `${found.sender.name} ${found.stream}`;
  }

  /** Returns the value of a line under the pointer, or its last one. @param {number} i */
  #valueOf(i) {
    const { x } = this.#data;
    const at = this.#data.nearest(i, Math.min(this.#pointed ?? Infinity, x.length - 1));
    return this.#data.y[i]?.[at];
  }

  /** @param {Line} line @param {number} i */
  #legendOf(line, i) {
    const { look, scale } = this.#lines[i] ?? { look: { color: 0, dash: 0 }, scale: 0 };
    const value = this.#valueOf(i);
    const isOf = this.#lines.filter(({ isShown }) => isShown).map((each) => each.scale);
    const scales = [...new Set(this.#lines.map((each) => each.scale))];
    const side = scales.indexOf(scale) === 1 ? "right axis" : scales.indexOf(scale) > 1 ? "own scale" : "";
    return html`
      <li><button type="button" aria-pressed=${this.#isShown(i) ? "true" : "false"} @click=${() =>
        this.#toggle(i)}>
        <svg class="plot-sample plot-color-${look.color} plot-dash-${look
          .dash}" viewBox="0 0 22 8" aria-hidden="true">
          <line x1="0" y1="4" x2="22" y2="4"></line>
        </svg>
        <bdi class="cut">${this.#label(line)}</bdi>
        <span class="number plot-value">${typeof value === "number" ? valueText(value) : "–"}</span>
        ${side !== "" && isOf.length > 1 ? html`<span class="faint small">${side}</span>` : nothing}
      </button></li>
    `;
  }

  /** Says what is not in the picture, and what its time is. */
  #remarks() {
    const { bare, since, isMore, bucket, times, added, x } = this.#data;
    const remarks = [];
    const pointed = x[this.#pointed ?? -1];
    if (pointed !== undefined) remarks.push(momentText(pointed));
    else if (bucket > 0) {
      remarks.push(
        `Each point on the screen shows the least, the greatest and the last value of ${spanText(bucket)}${
          added > 0 ? "; the newest ones as they came" : ""
        }.`,
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

  /** Describes the picture for those who do not see it. */
  #description() {
    const { lines, x } = this.#data;
    if (x.length === 0) return "Plot without points";
    const texts = lines.filter((_, i) => this.#isShown(i)).map((line) => {
      const extremes = this.#data.extremes(lines.indexOf(line));
      return extremes === undefined
        ? `${this.#label(line)} without values`
        : `${this.#label(line)} from ${valueText(extremes.min)} to ${valueText(extremes.max)}`;
    });
    return `Plot from ${momentText(x[0] ?? 0)} to ${momentText(x.at(-1) ?? 0)}: ${texts.join("; ")}`;
  }

  /** @param {PlottedStream} stream */
  #othersView(stream) {
    const own = streamKey(stream);
    const fields = new Set(stream.fields);
    const others = this.#all.filter((each) =>
      streamKey(each) !== own &&
      (each.stream === stream.stream || each.fields.some((field) => fields.has(field)))
    );
    if (others.length === 0) return nothing;
    const chosen = this.#choice.others;
    return html`
      <details class="plot-others">
        <summary>Compare with ${chosen.length === 0 ? "others" : `others (${chosen.length})`}</summary>
        <ul>${repeat(others, streamKey, (each) => {
          const key = streamKey(each);
          const isChosen = chosen.includes(key);
          return html`<li><label><input type="checkbox" .checked=${isChosen}
            ?disabled=${!isChosen && chosen.length >= SOURCES_MAX - 1} @change=${() => this.#compare(key)}>
            <bdi>${each.sender.name}</bdi> · <bdi>${each.stream}</bdi></label></li>`;
        })}</ul>
      </details>
    `;
  }

  /** Adds a stream, or takes it away. @param {string} key */
  #compare(key) {
    const { others } = this.#choice;
    this.#choose({ others: others.includes(key) ? others.filter((each) => each !== key) : [...others, key] });
    this.#stale();
    this.update();
  }

  #tableView() {
    const { newest, lines } = this.#data;
    const shown = lines.filter((_, i) => this.#isShown(i));
    const fields = [...new Set(shown.map(({ field }) => field))];
    const isSeveral = this.#choice.others.length > 0;
    return html`
      <div class="plot-table" tabindex="0" role="region"
        aria-label="Newest values of ${this.#stream?.sender.name} · ${this.#stream?.stream}">
        <table>
          <thead>
            <tr>
            <th scope="col">Time</th>
            ${isSeveral ? html`<th scope="col">From</th>` : nothing}
            ${fields.map((field) => html`<th scope="col"><bdi>${fieldName(field)}</bdi></th>`)}
          </tr>
          </thead>
          <tbody>${newest.map(({ key, at, values }) =>
            html`<tr>
              <td class="number">${momentText(at)}</td>
              ${isSeveral ? html`<td><bdi>${this.#nameOf(key)}</bdi></td>` : nothing}
              ${
              fields.map((field) => {
                const value = values.get(`${key}${field}`);
                return html`<td class="number">${value === undefined ? "" : exactText(value)}</td>`;
              })
            }
            </tr>`
          )}</tbody>
        </table>
      </div>
    `;
  }

  /** @param {string} text @param {string} title @param {() => void} action */
  #button(text, title, action) {
    return html`<button type="button" aria-label=${title} title=${title} @click=${action}>${text}</button>`;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.#move(-STEP),
      ArrowRight: () => this.#move(STEP),
      "+": () => this.#move(0, CLOSER),
      "=": () => this.#move(0, CLOSER),
      "-": () => this.#move(0, 1 / CLOSER),
      "0": () => this.#show("all"),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  /** Moves the range with the pointer while Shift is pressed. @param {PointerEvent} event */
  #dragged(event) {
    if (!event.shiftKey || event.button !== 0) return;
    const area = this.querySelector(".u-over");
    if (area === null) return;
    // No mouse event follows, with which uPlot would begin to select.
    event.preventDefault();
    const { from, to } = this.#bounds;
    const begin = event.clientX;
    const width = area.clientWidth;
    /** @param {PointerEvent} move */
    const follow = (move) => {
      const by = (begin - move.clientX) / width * (to - from);
      this.#choose({ range: { from: from + by, to: to + by } });
      this.#draw();
    };
    const end = () => {
      removeEventListener("pointermove", follow);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (typeof this.#choice.range === "object") this.#show(this.#choice.range);
    };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  async #exportPoints() {
    try {
      const { from, to } = askedOf(this.#choice.range, Date.now());
      const { path } = await post("/api/plot/export", { sources: this.#sources, from, to });
      download(path, "");
      this.#problem = "";
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : `${error}`;
    }
    this.update();
  }

  async #exportPicture() {
    const stream = this.#stream;
    const picture = await this.#canvas?.picture(`${stream?.sender.name} · ${stream?.stream}`);
    if (!picture) return;
    const url = URL.createObjectURL(picture);
    download(url, `earshot-${stream?.stream.replace(/[^\w.-]+/g, "_")}.png`);
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

/** @param {string} url @param {string} name empty if the server names it */
function download(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** @param {number} ms */
function spanText(ms) {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

customElements.define("es-plot", EsPlot);
