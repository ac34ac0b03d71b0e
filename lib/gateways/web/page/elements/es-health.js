import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** The view "Health". */
export class EsHealth extends EsElement {
  /** @override */
  view() {
    return html`<h1>Health</h1>`;
  }
}

customElements.define("es-health", EsHealth);
