import { EsElement } from "../element.js";
import { html } from "../lit.js";

/** Shown to somebody who comes without a token. */
export class EsEntrance extends EsElement {
  /** @override */
  view() {
    return html`
      <main class="entrance">
        <h1>Earshot</h1>
        <p>This page opens with the address that <code>earshot web</code> prints. Copy it whole, with what follows
          <code>#</code>: that is the key.</p>
      </main>
    `;
  }
}

customElements.define("es-entrance", EsEntrance);
