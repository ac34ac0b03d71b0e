/** Rows in the page before and after those on the screen. */
const MARGIN = 12;

/**
 * The part of a long list that is in the page: what is on the screen, and a little more. All rows have one height. The
 * list scrolls as if all of them were there.
 */
export class RowWindow {
  /** @type {HTMLElement | undefined} */
  #scroller;
  #observer = new ResizeObserver(() => {
    // Text of another size changes the size of everything.
    this.#isMeasured = false;
    this.onChange();
  });
  #height = 24;
  #isMeasured = false;

  /** @param {() => void} onChange called when other rows should be in the page */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /**
   * Takes the element that scrolls, and measures a row in it; call it after each rendering.
   *
   * @param {HTMLElement | null} scroller
   * @param {string} row selector of a row
   */
  attach(scroller, row) {
    if (scroller !== this.#scroller) {
      this.detach();
      this.#isMeasured = false;
      if (scroller === null) return;
      this.#scroller = scroller;
      scroller.addEventListener("scroll", this.onChange, { passive: true });
      this.#observer.observe(scroller);
    }
    if (this.#isMeasured) return;
    const height = this.#scroller?.querySelector(row)?.getBoundingClientRect().height ?? 0;
    this.#isMeasured = height > 0;
    if (height > 0 && Math.abs(height - this.#height) > 0.01) {
      this.#height = height;
      this.onChange();
    }
  }

  /** Lets go of the element. */
  detach() {
    this.#scroller?.removeEventListener("scroll", this.onChange);
    this.#observer.disconnect();
    this.#scroller = undefined;
  }

  /** Height of a row, CSS pixels. */
  get rowHeight() {
    return this.#height;
  }

  /** Rows that fit on the screen. */
  get page() {
    return Math.max(1, Math.floor((this.#scroller?.clientHeight ?? 0) / this.#height) - 1);
  }

  /** True while the first row is on the screen. */
  get isAtTop() {
    return (this.#scroller?.scrollTop ?? 0) < this.#height / 2;
  }

  /**
   * The rows that should be in the page: from, and the one after the last.
   *
   * @param {number} count number of all
   * @returns {{ from: number, to: number }}
   */
  range(count) {
    const top = this.#scroller?.scrollTop ?? 0;
    const height = this.#scroller?.clientHeight || 600;
    const from = Math.max(0, Math.min(count, Math.floor(top / this.#height)) - MARGIN);
    return { from, to: Math.min(count, Math.ceil((top + height) / this.#height) + MARGIN) };
  }

  /**
   * Scrolls so that a row is on the screen.
   *
   * @param {number} row
   */
  reveal(row) {
    const scroller = this.#scroller;
    if (scroller === undefined) return;
    const top = row * this.#height;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    const bottom = top + this.#height - scroller.clientHeight;
    if (bottom > scroller.scrollTop) scroller.scrollTop = bottom;
  }

  /** Scrolls to the first row. */
  toTop() {
    if (this.#scroller !== undefined) this.#scroller.scrollTop = 0;
  }
}
