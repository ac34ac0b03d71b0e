// What all elements of the page have in common.

import { render } from "./lit.js";
import { store } from "./store.js";

/** @import { State } from "./store.js" */

/**
 * An element that renders itself into the page (no shadow: there is one stylesheet), at most once a frame: when it is
 * opened, after a change in the store of what `keys` names, and after `update()`.
 */
export class EsElement extends HTMLElement {
  /** Members of the store that it shows. @type {readonly (keyof State)[]} */
  static keys = [];

  #frame = 0;
  #unsubscribe = () => {};

  connectedCallback() {
    const { keys } = /** @type {typeof EsElement} */ (this.constructor);
    this.#unsubscribe = store.subscribe(keys, () => this.update());
    this.opened();
    this.#render();
  }

  disconnectedCallback() {
    this.#unsubscribe();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.closed();
  }

  /** Called when it comes into the page. */
  opened() {}

  /** Called when it leaves the page: ends what it began. */
  closed() {}

  /** Returns what it shows, a template of lit-html. @returns {unknown} */
  view() {
    return "";
  }

  /** Called after it was rendered. */
  rendered() {}

  /** Renders it in the next frame. */
  update() {
    if (this.#frame !== 0 || !this.isConnected) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  #render() {
    render(this.view(), this, { host: this });
    this.rendered();
  }
}
