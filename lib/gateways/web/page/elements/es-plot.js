import { EsElement } from "../element.js";
import { agoText, countText, sentenceOf } from "../format.js";
import { html, nothing, repeat } from "../lit.js";
import { PlotCanvas } from "../plot_canvas.js";
import { choiceOf, PlotChoice } from "../plot_choices.js";
import { streamKey } from "../plot_data.js";
import { savePicture, savePoints } from "../plot_exports.js";
import { PlotLines } from "../plot_lines.js";
import { comparable, KEYS, othersList, plotTools, remarksOf, valuesTable } from "../plot_parts.js";
import { followPointer, PlotFingers } from "../plot_pointers.js";
import { askedOf, boundsOf, moved } from "../plot_range.js";
import { PlotReader } from "../plot_reader.js";

/**
 * @import { PlottedStream } from "../../../../storage/history/streams.ts"
 * @import { Range } from "../plot_range.js"
 */

/** How often a plot moves on while nothing comes, milliseconds. */
const MOVE_EVERY = 15_000;
/** Number of plots that were made. */
let count = 0;

/** Plots that nobody has looked at yet. @type {EsPlot[]} */
const incomplete = [];
/** Pause before the first of them is completed, milliseconds: those on the screen come first. */
const LATER = 500;

/** Completes a plot a moment later, each by itself: of many plots, few are looked at. @param {EsPlot} plot */
function completeLater(plot) {
  const next = () => {
    incomplete.shift()?.complete();
    if (incomplete.length > 0) setTimeout(next);
  };
  if (incomplete.push(plot) === 1) setTimeout(next, LATER);
}

/** A plot: a line for each number of a stream, and of other streams that the user adds. */
export class EsPlot extends EsElement {
  /** The stream. @type {PlottedStream | undefined} */
  #stream;
  /** All streams, of which others can be added. @type {readonly PlottedStream[]} */
  #all = [];
  /** Choice of columns and time that is shown. @type {PlotChoice} */
  #choice = new PlotChoice({ last: 0 });
  #number = ++count;
  /** Classes of the details that are open. @type {Set<string>} */
  #open = new Set();
  #reader = new PlotReader({
    sources: () => this.#sources,
    range: () => ({
      ...askedOf(this.#choice.range, Date.now()),
      width: Math.max(100, Math.round(this.#place?.clientWidth ?? 1000)),
    }),
    // To read, it has to know its width.
    isSeen: () => this.#isVisible && !document.hidden && this.#place !== null,
    read: (isAll) => {
      if (isAll) this.#lines.arrange();
      this.#draw();
      this.update();
    },
  });
  #fingers = new PlotFingers({
    area: () => this.querySelector(".u-over")?.getBoundingClientRect(),
    bounds: () => this.#bounds,
    moved: (range) => this.#slide(range),
    ended: () => this.#show(this.#choice.range),
  });
  #lines = new PlotLines({
    data: () => this.#data,
    sources: () => this.#sources,
    choice: () => this.#choice,
    nameOf: (key) => this.#nameOf(key),
  });
  /** @type {PlotCanvas | undefined} */
  #canvas;
  #isVisible = false;
  /** True once it is rendered with all its parts. */
  #isWhole = false;
  /** Why an export failed. */
  #problem = "";
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
    this.#choice = choiceOf(stream);
    this.update();
  }

  /** @param {boolean} isFirst true to render all its parts at once */
  set isFirst(isFirst) {
    this.#isWhole ||= isFirst;
  }

  /** @param {readonly PlottedStream[]} all */
  set all(all) {
    this.#all = all;
    this.update();
  }

  /** Takes note of a document of a stream that has just come. @param {string} key */
  heard(key) {
    if (this.#sources.includes(key) && typeof this.#choice.range !== "object") this.#reader.readLater();
  }

  /** Takes note that documents may have come unheard. */
  missed() {
    this.#reader.stale();
  }

  /** @override */
  opened() {
    this.#watched.observe(this);
    if (!this.#isWhole) completeLater(this);
    this.#mover = setInterval(() => this.#isVisible && !document.hidden && this.#draw(), MOVE_EVERY);
    document.addEventListener("visibilitychange", this.#shown);
  }

  /** @override */
  closed() {
    this.#watched.disconnect();
    document.removeEventListener("visibilitychange", this.#shown);
    clearInterval(this.#mover);
    this.#reader.close();
    this.#fingers.release();
    this.#canvas?.close();
    this.#canvas = undefined;
    this.#isVisible = false;
  }

  /** @override */
  view() {
    const stream = this.#stream;
    if (stream === undefined) return nothing;
    const title = `plot-${this.#number}`;
    return html`
      <section aria-labelledby=${title}>
        <div class="plot-head">
          <h2 id=${title}><bdi>${stream.sender.name}</bdi> · <bdi>${stream.stream}</bdi></h2>
          <p class="faint small">${countText(stream.documents)} ${stream.documents === 1
            ? "document"
            : "documents"}, the last one ${agoText(
              Math.max(0, Date.now() - this.#last(stream)),
            )}</p>
        </div>
        ${this.#isWhole ? this.#bodyView(stream) : nothing}
      </section>
    `;
  }

  /** @param {PlottedStream} stream */
  #bodyView(stream) {
    const { range } = this.#choice;
    const problem = this.#problem || this.#reader.problem;
    return html`
      ${plotTools(range, {
        show: (each) => this.#show(each),
        move: (by, factor) => this.#move(by, factor),
        exportPoints: () => this.#exportPoints(),
        exportPicture: () => this.#exportPicture(),
      })}
      ${problem === "" ? nothing : html`<p class="notice bad" role="alert">${problem}</p>`}
      <div class="plot-frame">
        <div class="plot-canvas" tabindex="0" role="img" aria-label=${this.#lines.description()}
          @keydown=${this.#pressed}
          title="Drag to zoom, Shift and drag to move. Keys: arrows move, + and − zoom, 0 shows all."
          @pointerdown=${this.#dragged}></div>
        ${this.#data.x.length > 0
          ? nothing
          : html`<p class="plot-empty faint">${
            this.#reader.isRead ? "Nothing in this range." : "Reading …"
          }</p>`}
      </div>
      <ul class="plot-legend" aria-label="Lines">${repeat(
        this.#data.lines,
        ({ key }) => key,
        (_, i) => this.#lines.legend(i, this.#pointed, () => this.#toggle(i)),
      )}</ul>
      ${remarksOf(this.#data, this.#pointed).map((text) => html`<p class="faint small">${text}</p>`)}
      ${this.#othersView(stream)}
      ${this.#details("plot-values", "Newest values", () => this.#tableView())}
    `;
  }

  /** @override */
  rendered() {
    this.#reader.refresh();
  }

  get #data() {
    return this.#reader.data;
  }

  /** Keys of the streams that are in it. */
  get #sources() {
    return this.#stream === undefined ? [] : [streamKey(this.#stream), ...this.#choice.others];
  }

  /** @param {PlottedStream} stream */
  #last({ last }) {
    return Math.max(last, this.#data.newest[0]?.at ?? 0);
  }

  /** @param {boolean} isVisible */
  #seen(isVisible) {
    this.#isVisible = isVisible;
    if (isVisible) this.complete();
    this.#reader.refresh();
  }

  /** Renders all its parts. */
  complete() {
    this.#isWhole = true;
    this.update();
  }

  #shown = () => {
    if (!document.hidden) this.#reader.stale();
  };

  /** @param {Range} range */
  #show(range) {
    this.#choice.range = range;
    // What is there already is shown at once, and the rest when it comes.
    this.#draw();
    this.#reader.stale();
    this.update();
  }

  /** Shows a range while it moves: what comes into it is read at the end. @param {{ from: number, to: number }} range */
  #slide(range) {
    this.#choice.range = range;
    this.#draw();
  }

  /** @param {number} by @param {number} [factor] */
  #move(by, factor) {
    this.#show(moved(this.#bounds, by, factor));
  }

  get #bounds() {
    return boundsOf(this.#choice.range, this.#data.x, Date.now());
  }

  /** Draws what it has. */
  #draw() {
    const place = this.#place;
    if (place === null || this.#lines.drawn.length === 0) return;
    this.#canvas ??= new PlotCanvas(place, this.#data, {
      selected: (from, to) => this.#show({ from, to }),
      pointed: (index) => {
        this.#pointed = index;
        this.update();
      },
    });
    this.#canvas.draw(this.#lines.drawn, this.#bounds);
  }

  /** @returns {HTMLElement | null} */
  get #place() {
    return this.querySelector(".plot-canvas");
  }

  /** @param {number} i index of a line */
  #toggle(i) {
    this.#lines.toggle(i);
    this.#draw();
    this.update();
  }

  /** @param {string} key of a stream */
  #nameOf(key) {
    const found = this.#all.find((each) => streamKey(each) === key);
    if (found === undefined) return key;
    return found.stream === this.#stream?.stream ? found.sender.name : `${found.sender.name} ${found.stream}`;
  }

  /** @param {PlottedStream} stream */
  #othersView(stream) {
    const others = comparable(stream, this.#all);
    if (others.length === 0) return nothing;
    const { others: chosen } = this.#choice;
    const summary = `Compare with others${chosen.length === 0 ? "" : ` (${chosen.length})`}`;
    return this.#details(
      "plot-others",
      summary,
      () => othersList(others, chosen, (key) => this.#compare(key)),
    );
  }

  get #title() {
    return `${this.#stream?.sender.name} · ${this.#stream?.stream}`;
  }

  /** Adds a stream, or takes it away. @param {string} key */
  #compare(key) {
    this.#choice.compare(key);
    this.#reader.stale();
    this.update();
  }

  #tableView() {
    const { newest, lines } = this.#data;
    const fields = [...new Set(lines.filter((_, i) => this.#lines.isShown(i)).map(({ field }) => field))];
    const isSeveral = this.#choice.others.length > 0;
    return valuesTable(newest, fields, this.#title, isSeveral ? (key) => this.#nameOf(key) : undefined);
  }

  /**
   * Shows something that is made only while it is open: there may be many plots, with many streams to choose from.
   *
   * @param {string} name
   * @param {string} summary
   * @param {() => unknown} content
   */
  #details(name, summary, content) {
    return html`
      <details class=${name} @toggle=${/** @param {Event} event */ (event) => this.#toggled(name, event)}>
        <summary>${summary}</summary>
        ${this.#open.has(name) ? content() : nothing}
      </details>
    `;
  }

  /** @param {string} name @param {Event} event */
  #toggled(name, { target }) {
    if (/** @type {HTMLDetailsElement} */ (target).open) this.#open.add(name);
    else this.#open.delete(name);
    this.update();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = KEYS[event.key];
    if (step !== undefined) this.#move(...step);
    else if (event.key === "0") this.#show("all");
    else return;
    event.preventDefault();
  }

  /** Moves the range with fingers, or with the mouse while Shift is pressed. @param {PointerEvent} event */
  #dragged(event) {
    if (event.pointerType === "touch") return this.#fingers.put(event);
    const width = this.querySelector(".u-over")?.clientWidth ?? 0;
    if (!event.shiftKey || event.button !== 0 || width === 0) return;
    const { from, to } = this.#bounds;
    followPointer(event, (x) => {
      const by = x / width * (from - to);
      this.#slide({ from: from + by, to: to + by });
    }, () => this.#show(this.#choice.range));
  }

  async #exportPoints() {
    try {
      await savePoints(this.#sources, askedOf(this.#choice.range, Date.now()));
      this.#problem = "";
    } catch (error) {
      this.#problem = sentenceOf(error);
    }
    this.update();
  }

  async #exportPicture() {
    const picture = await this.#canvas?.picture(this.#title);
    if (picture) savePicture(picture, this.#stream?.stream ?? "");
  }
}

customElements.define("es-plot", EsPlot);
