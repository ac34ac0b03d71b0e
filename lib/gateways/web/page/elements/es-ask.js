import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** The view "Ask". */
export class EsAsk extends EsElement {
  /** @override */
  view() {
    return html`<h1>Ask</h1>`;
  }
}

customElements.define("es-ask", EsAsk);
