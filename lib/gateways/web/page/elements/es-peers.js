import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** The view "Peers". */
export class EsPeers extends EsElement {
  /** @override */
  view() {
    return html`<h1>Peers</h1>`;
  }
}

customElements.define("es-peers", EsPeers);
