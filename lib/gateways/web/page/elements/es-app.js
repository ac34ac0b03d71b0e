import { unreadBadge } from "../badge.js";
import { EsElement } from "../element.js";
import { isPlain } from "../format.js";
import { html, nothing, svg } from "../lit.js";
import { hashOf, VIEWS } from "../router.js";
import { store } from "../store.js";

/** @import { Connection, State } from "../store.js" */

/** Sentences about the connection, unless all is well. @type {Partial<Record<Connection, readonly [text: string, isBad: boolean]>>} */
const CONNECTIONS = {
  away: [
    "The peer behind this page has left or is starting anew. This page goes on as soon as it is back.",
    false,
  ],
  lost: ["The connection to earshot web is lost; trying again. Is it still running?", true],
  denied: [
    "earshot web was started anew, and this page has the old key. Open the address that it prints now.",
    true,
  ],
};

const WAVES =
  "M11 21a7 7 0 0 1 0-10M21 11a7 7 0 0 1 0 10M6.5 25.5a13.4 13.4 0 0 1 0-19M25.5 6.500a13.4 13.4 0 0 1 0 19";

/** The whole page: the menu, what is wrong, the open view, the peers at its side. */
export class EsApp extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["route", "connection", "unread", "status", "peers"];

  #end = () => {};

  /** @override */
  opened() {
    // A hidden tab renders nothing, and its title is all that can be seen of it.
    this.#end = store.subscribe(["route", "unread"], showTitle);
    showTitle();
  }

  /** @override */
  closed() {
    this.#end();
  }

  /** @override */
  rendered() {
    // On a phone, the menu is wider than the page.
    const { view } = store.get().route;
    if (view === this.#view) return;
    this.#view = view;
    this.querySelector(".views [aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #view = "";

  /** @override */
  view() {
    const { route, connection, status, peers, unread } = store.get();
    const up = peers.filter(({ id, state }) => state !== "gone" && !isPlain(id)).length;
    const chats = sum(unread);
    return html`
      <header class="head">
        <div class="brand">
          ${svg`
            <svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3"
              stroke-linecap="round">
              <path d=${WAVES} />
              <circle cx="16" cy="16" r="1.5" />
            </svg>
          `} Earshot
          ${status === undefined
            ? nothing
            : html`<span class="self faint small cut" title=${status.id}><bdi>${status.name}</bdi> in
            <bdi>${status.group}</bdi></span>`}
        </div>
        <nav class="views" aria-label="Views">${VIEWS.map(([view, title]) =>
          html`<a href=${hashOf(view)} class=${view === "peers" ? "only-narrow" : ""} aria-current=${
            view === route.view ? "page" : "false"
          }>${title}${view === "talk" ? unreadBadge(chats) : nothing}${
            view === "peers" && up > 0 ? html`<span class="faint number">${up}</span>` : nothing
          }</a>`
        )}</nav>
      </header>
      <div class="strips">
        <div role="status">${connectionStrip(connection)}</div>
        <es-health></es-health>
      </div>
      <main class="view view-${route.view}">${viewOf(route.view)}</main>
      <aside class="side" aria-label="Peers">
        <es-peers></es-peers>
      </aside>
    `;
  }
}

/** @param {Connection} connection */
function connectionStrip(connection) {
  const said = CONNECTIONS[connection];
  if (said === undefined) return nothing;
  return html`
    <div class="strip ${said[1] ? "bad" : ""}">
      <p>${said[0]}</p>
    </div>
  `;
}

function showTitle() {
  const { route, unread } = store.get();
  const chats = sum(unread);
  document.title = `${chats > 0 ? `(${chats}) ` : ""}${titleOf(route.view)} · Earshot`;
}

/** @param {Readonly<Record<string, number>>} unread */
function sum(unread) {
  return Object.values(unread).reduce((total, count) => total + count, 0);
}

/** @param {string} view */
function titleOf(view) {
  return VIEWS.find(([name]) => name === view)?.[1] ?? "";
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
      return html`<es-peers full></es-peers>`;
    case "health":
      return html`<es-health full></es-health>`;
    default:
      return html`<es-talk></es-talk>`;
  }
}

customElements.define("es-app", EsApp);
