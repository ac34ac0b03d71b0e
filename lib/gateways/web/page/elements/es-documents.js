import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** The view "Documents". */
export class EsDocuments extends EsElement {
  /** @override */
  view() {
    return html`<h1>Documents</h1>`;
  }
}

customElements.define("es-documents", EsDocuments);
