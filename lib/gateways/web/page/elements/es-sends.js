import { EsElement } from "../element.js";
import { countText, sizeText } from "../format.js";
import { html, ifDefined, nothing, repeat } from "../lit.js";
import { onSends, sends } from "../sending.js";
import { endedText, partText } from "../sends.js";
import { store } from "../store.js";

/** @import { Part, Send } from "../sends.js" */

/** `es-sends`: what this tab sends, with its progress and what became of it. */
export class EsSends extends EsElement {
  /** @type {(() => void)[]} */
  #ends = [];
  #isFolded = false;
  /** Number of those that were there at the last change. */
  #count = 0;
  /** The view of the page in which it was open. */
  #view = "";
  /** Results of those that ended last. */
  #said = "";
  /** @type {WeakSet<Send>} */
  #told = new WeakSet();

  /** @override */
  opened() {
    this.#ends = [
      onSends(() => {
        const { all } = sends;
        this.#said = endedText(all, this.#told) || this.#said;
        if (all.length > this.#count) this.#isFolded = false;
        this.#count = all.length;
        this.update();
      }),
      store.subscribe(["route"], () => this.#leave()),
    ];
    this.#view = store.get().route.view;
  }

  /** @override */
  closed() {
    for (const end of this.#ends) end();
  }

  /** Whoever goes on to another view has seen what became of it. */
  #leave() {
    const { view } = store.get().route;
    if (view === this.#view) return;
    this.#view = view;
    if (this.#isFolded || sends.all.some(({ isEnded }) => !isEnded)) return;
    this.#isFolded = true;
    this.update();
  }

  /** @override */
  view() {
    const { all } = sends;
    const running = all.filter(({ isEnded }) => !isEnded).length;
    // The live region has to be there before anything is said in it.
    const live = html`<div class="hushed" role="status">${this.#said}</div>`;
    if (all.length === 0) return live;
    const title = running > 0 ? `Sending ${countText(running)}` : "Sent";
    return html`
      ${live}
            <section class="sends" aria-label="Sending">
              <header>
                <h2>${title}</h2>
                <button type="button" aria-expanded=${!this.#isFolded} @click=${this.#fold}>${this.#isFolded
                  ? "Show"
                  : "Hide"}</button>
                ${running < all.length
                  ? html`<button type="button" @click=${() => sends.clear()}>Clear</button>`
                  : nothing}
              </header>
              ${this.#isFolded
                ? nothing
                : html`<ul>${repeat(all.toReversed(), (send) => send, (send) => this.#item(send))}</ul>`}
            </section>
    `;
  }

  /** @param {Send} send */
  #item(send) {
    const { parcel, state, error, uploaded, parts } = send;
    const { size } = parcel.file;
    return html`
      <li class="send" data-state=${state}>
        <div class="send-head">
          <bdi class="send-name">${parcel.name}</bdi>
          <span class="faint">${sizeText(size)}</span>
          ${state === "ended" || send.isCancelled
            ? nothing
            : html`<button type="button" aria-label=${`Cancel ${parcel.name}`} @click=${() =>
              sends.cancel(send)}>Cancel</button>`}
        </div>
        ${state === "uploading"
          ? html`<progress max=${size} value=${uploaded} aria-label=${`Reading ${parcel.name}`}></progress>`
          : nothing}
        ${error === undefined ? nothing : html`<p class="bad">${error}</p>`}
        <ul>${parts.map((part) => this.#part(send, part))}</ul>
      </li>
    `;
  }

  /**
   * @param {Send} send
   * @param {Part} part
   */
  #part(send, part) {
    const { error, parcel: { file: { size } } } = send;
    const { result } = part;
    const isUnderWay = send.state === "delivering" && result === undefined;
    const text = partText(send, part);
    return html`
      <li class=${result === undefined ? "part" : `part outcome-${result.status}`}>
        ${error === undefined && result === undefined ? html`<bdi>${part.to.name}</bdi>` : nothing}
        ${isUnderWay
          ? html`
            <progress max=${size} value=${ifDefined(part.bytes > 0 ? part.bytes : undefined)}
              aria-label=${`${send.parcel.name} to ${part.to.name}`}></progress>
          `
          : nothing}
        <span class="part-text">${text}</span>
      </li>
    `;
  }

  #fold() {
    this.#isFolded = !this.#isFolded;
    this.update();
  }
}

customElements.define("es-sends", EsSends);
