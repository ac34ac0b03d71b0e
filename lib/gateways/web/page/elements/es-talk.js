import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** The view "Talk". */
export class EsTalk extends EsElement {
  /** @override */
  view() {
    return html`<h1>Talk</h1>`;
  }
}

customElements.define("es-talk", EsTalk);
