import { EsElement } from "../element.js";
import { html } from "../lit.js";
import { hashOf, VIEWS } from "../router.js";
import { store } from "../store.js";

/** @import { State } from "../store.js" */

/** The whole page: the menu, the strip of the doctor, the open view, the peers at its side. */
export class EsApp extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["route", "connection", "unread", "status"];

  /** @override */
  view() {
    const { route } = store.get();
    return html`
      <nav aria-label="Views">
        ${VIEWS.map(([view, title]) =>
          html`<a href=${hashOf(view)} aria-current=${view === route.view ? "page" : "false"}>${title}</a>`
        )}
      </nav>
      <main class="view view-${route.view}">${viewOf(route.view)}</main>
      <aside aria-label="Peers">
        <es-peers></es-peers>
      </aside>
    `;
  }
}

/** @param {string} view */
function viewOf(view) {
  switch (view) {
    case "documents":
      return html`<es-documents></es-documents>`;
    case "outbox":
      return html`<es-outbox></es-outbox>`;
    case "plots":
      return html`<es-plots></es-plots>`;
    case "ask":
      return html`<es-ask></es-ask>`;
    case "peers":
      return html`<es-peers></es-peers>`;
    case "health":
      return html`<es-health></es-health>`;
    default:
      return html`<es-talk></es-talk>`;
  }
}

customElements.define("es-app", EsApp);
