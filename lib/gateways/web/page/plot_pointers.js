// Pointers that move a plot: a mouse with Shift, and fingers.

import { pinched } from "./plot_range.js";

/** How far one finger moves before the plot follows, pixels: a tap shows a value. */
const SLOP = 8;

/**
 * Follows the pointer from where it is pressed until it is let go.
 *
 * @param {PointerEvent} event
 * @param {(x: number) => void} moved told by how many pixels it moved to the right
 * @param {() => void} ended
 */
export function followPointer(event, moved, ended) {
  // No mouse event follows, with which uPlot would begin to select.
  event.preventDefault();
  const over = new AbortController();
  const { signal } = over;
  addEventListener("pointermove", ({ clientX }) => moved(clientX - event.clientX), { signal });
  for (const type of ["pointerup", "pointercancel"]) {
    addEventListener(type, () => {
      over.abort();
      ended();
    }, { signal });
  }
}

/**
 * Part of a plot that fingers use.
 *
 * @typedef {object} TouchedPlot
 * @property {() => { left: number, width: number } | undefined} area where its lines are, pixels
 * @property {() => { from: number, to: number }} bounds that are shown
 * @property {(range: { from: number, to: number }) => void} moved called while fingers move
 * @property {() => void} ended called once they are lifted, if they moved
 */

/** One or two fingers on a plot: one moves it through time, two stretch it as well. */
export class PlotFingers {
  #plot;
  /** Where each finger is, pixels, by pointer. @type {Map<number, number>} */
  #places = new Map();
  /** Where they were, and what was shown, when the last one was put down or lifted. */
  #begin = { places: /** @type {number[]} */ ([]), range: { from: 0, to: 1 } };
  #hasMoved = false;
  /** @type {AbortController | undefined} */
  #over;

  /** @param {TouchedPlot} plot */
  constructor(plot) {
    this.#plot = plot;
  }

  /** Puts a finger down; further ones do nothing. @param {PointerEvent} event */
  put({ pointerId, clientX }) {
    if (this.#places.size === 2) return;
    if (this.#over === undefined) this.#listen();
    this.#places.set(pointerId, clientX);
    this.#beginAgain();
  }

  /** Lets go of all. */
  release() {
    this.#over?.abort();
    this.#over = undefined;
    this.#places.clear();
    this.#hasMoved = false;
  }

  #listen() {
    this.#over = new AbortController();
    const { signal } = this.#over;
    addEventListener("pointermove", ({ pointerId, clientX }) => this.#move(pointerId, clientX), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      addEventListener(type, ({ pointerId }) => this.#lift(pointerId), { signal });
    }
  }

  #beginAgain() {
    this.#begin = { places: [...this.#places.values()], range: this.#plot.bounds() };
  }

  /** @param {number} pointer @param {number} x */
  #move(pointer, x) {
    const area = this.#plot.area();
    if (!this.#places.has(pointer) || area === undefined || area.width === 0) return;
    this.#places.set(pointer, x);
    const { places, range } = this.#begin;
    const now = [...this.#places.values()];
    const isTap = now.length === 1 && Math.abs((now[0] ?? 0) - (places[0] ?? 0)) < SLOP;
    if (isTap && !this.#hasMoved) return;
    this.#hasMoved = true;
    /** @param {number} place */
    const shareOf = (place) => (place - area.left) / area.width;
    this.#plot.moved(pinched(range, places.map(shareOf), now.map(shareOf)));
  }

  /** @param {number} pointer */
  #lift(pointer) {
    if (!this.#places.delete(pointer)) return;
    if (this.#places.size > 0) return this.#beginAgain();
    const hasMoved = this.#hasMoved;
    this.release();
    if (hasMoved) this.#plot.ended();
  }
}
