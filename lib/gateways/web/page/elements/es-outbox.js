import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** The view "Outbox". */
export class EsOutbox extends EsElement {
  /** @override */
  view() {
    return html`<h1>Outbox</h1>`;
  }
}

customElements.define("es-outbox", EsOutbox);
