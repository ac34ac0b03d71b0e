import { get } from "../api.js";
import { EsElement } from "../element.js";
import { onEvent, onGap } from "../events.js";
import { compareNames, countText, sentenceOf } from "../format.js";
import { html, nothing, repeat } from "../lit.js";
import { streamKey } from "../plot_data.js";
import { EsPlot } from "./es-plot.js";

/** @import { PlottedStream } from "../../../../storage/history/streams.ts" */

/** Least time between two looks at the streams, milliseconds. */
const PAUSE = 3_000;
/** Plots that may be on the screen at first. */
const FIRST = 4;
/** Streams from which on one can be searched. */
const SEARCHED = 6;

/** The view "Plots": each stream whose documents have numbers by itself. */
export class EsPlots extends EsElement {
  /** @type {readonly PlottedStream[] | undefined} */
  #streams;
  /** True while the history is being looked through. */
  #isMore = true;
  #leftOut = 0;
  #search = "";
  #problem = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isLooking = false;
  /** True if something came while the tab was hidden. */
  #isBehind = false;
  /** @type {(() => void)[]} */
  #ends = [];

  /** @override */
  opened() {
    this.#ends = [
      onEvent((line) => this.#heard(line)),
      onGap(() => {
        this.#look();
        for (const plot of this.#plots()) plot.missed();
      }),
    ];
    document.addEventListener("visibilitychange", this.#shown);
    this.#look();
  }

  /** @override */
  closed() {
    for (const end of this.#ends) end();
    document.removeEventListener("visibilitychange", this.#shown);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @override */
  view() {
    const streams = this.#streams;
    const words = this.#search.toLowerCase().split(/\s+/);
    const shown = streams?.filter(({ sender, stream }) => {
      const text = `${sender.name} ${stream}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    return html`
      <div class="plots-head">
        <h1>Plots</h1>
        ${(streams?.length ?? 0) < SEARCHED ? nothing : html`
          <input type="search" aria-label="Search streams and peers" placeholder="Search streams and peers"
            .value=${this.#search} @input=${this.#searched}>
        `}
      </div>
      ${this.#problem === "" ? nothing : html`<p class="notice bad" role="alert">${this.#problem}</p>`}
      ${streams === undefined || (streams.length === 0 && this.#isMore)
        ? this.#problem === "" ? html`<p class="empty">Looking for streams …</p>` : nothing
        : streams.length === 0
        ? html`<p class="empty">There are no streams with numbers yet. A board's readings appear here by themselves, and
          so do documents that are sent as a stream: <code>earshot send --stream NAME</code>.</p>`
        : shown?.length === 0
        ? html`<p class="empty">No stream matches.</p>`
        : nothing}
      <div class="plots">${repeat(
        shown ?? [],
        streamKey,
        (stream, at) => html`<es-plot .stream=${stream} .all=${streams} .isFirst=${at < FIRST}></es-plot>`,
      )}</div>
      ${this.#leftOut === 0
        ? nothing
        : html`<p class="empty">${
          countText(this.#leftOut)
        } more streams, of which nothing came lately, are not shown.</p>`}
    `;
  }

  /** @returns {readonly EsPlot[]} */
  #plots() {
    return [...this.querySelectorAll("es-plot")].filter((each) => each instanceof EsPlot);
  }

  /** @param {Event} event */
  #searched({ target }) {
    this.#search = /** @type {HTMLInputElement} */ (target).value;
    this.update();
  }

  /** @param {any} line of the events */
  #heard({ event, stream, from }) {
    if (event !== "document" || typeof stream !== "string") return;
    // A sender without a key has its name for an id.
    const key = streamKey({ sender: { id: from?.id ?? from?.name ?? "", name: "" }, stream });
    for (const plot of this.#plots()) plot.heard(key);
    if (document.hidden) this.#isBehind = true;
    else this.#lookLater();
  }

  /** A hidden tab asks for nothing until it is looked at again. */
  #shown = () => {
    if (document.hidden || !this.#isBehind) return;
    this.#isBehind = false;
    this.#lookLater();
  };

  /** Looks at the streams a moment later: they have one document more, or are more. */
  #lookLater() {
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#look();
      }, PAUSE);
    }
  }

  async #look() {
    if (this.#isLooking) return this.#lookLater();
    this.#isLooking = true;
    try {
      const { streams, more = false, leftOut = 0 } = await get("/api/streams");
      this.#streams = streams.toSorted(compare);
      this.#isMore = more;
      this.#leftOut = leftOut;
      this.#problem = "";
    } catch (error) {
      this.#problem = sentenceOf(error);
    }
    this.#isLooking = false;
    this.update();
    if (this.#isMore && this.#problem === "" && this.isConnected) this.#look();
  }
}

/** By name, so that no plot changes its place. @param {PlottedStream} a @param {PlottedStream} b */
function compare(a, b) {
  return compareNames(a.sender.name, b.sender.name) || compareNames(a.stream, b.stream) ||
    (a.sender.id < b.sender.id ? -1 : 1);
}

customElements.define("es-plots", EsPlots);
