import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** The view "Plots". */
export class EsPlots extends EsElement {
  /** @override */
  view() {
    return html`<h1>Plots</h1>`;
  }
}

customElements.define("es-plots", EsPlots);
