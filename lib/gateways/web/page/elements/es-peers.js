import { call } from "../api.js";
import { askUser } from "../ask_user.js";
import { unreadBadge } from "../badge.js";
import { EsElement } from "../element.js";
import { agoText, countText, momentText, placeText, sentenceOf, timeText } from "../format.js";
import { html, live, nothing, repeat } from "../lit.js";
import { nameOf } from "../name.js";
import { found, HOW, sinceText, stateText, TWINS } from "../peer_words.js";
import { lookAtPeers } from "../roster.js";
import { hashOf } from "../router.js";
import { chooseDocuments } from "../sending.js";
import { store } from "../store.js";

/** @import { Reading, ShownPeer, State, Visitor } from "../store.js" */
/** @import { KnownPeer } from "../../../../storage/types.ts" */

/** Number of peers from which on there is a field to search them. */
const MANY = 10;

/** Most peers that are shown at once. */
const SHOWN_MAX = 200;

/** Between two looks at how long ago something was, milliseconds. */
const TICK = 5_000;

/** Decisions about a peer. */
const DECISIONS = /** @type {const} */ ({
  trust: {
    action: "Trust",
    text:
      "Its name belongs to its key from now on. In a network of strangers, compare the id with the one that it " +
      "shows itself.",
    done: "Trusted",
  },
  forget: { action: "Forget", text: "The record of this peer is removed, even a block.", done: "Forgotten" },
  block: {
    action: "Block",
    text: "Everything from it is refused, and what waits for it is given up. Forget it to lift that.",
    done: "Blocked",
  },
});

/** The peers: a list at the side of the page, or with `full` the view "Peers", with all that is known of them. */
export class EsPeers extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["peers", "visitors", "unread", "route", "connection"];

  #search = "";
  #said = "";
  #isBad = false;
  /** Records of peers, also of those that are not here. @type {readonly KnownPeer[]} */
  #known = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  get #isFull() {
    return this.hasAttribute("full");
  }

  /** @override */
  opened() {
    this.#timer = setInterval(() => this.update(), TICK);
    if (this.#isFull) this.#lookAtKnown();
  }

  /** @override */
  closed() {
    clearInterval(this.#timer);
  }

  /** @override */
  view() {
    const { peers, visitors, unread, route, connection } = store.get();
    const up = peers.filter(({ state }) => state !== "gone").length;
    const shown = found(peers, this.#search);
    const open = route.view === "peers" ? route.parts[0] : undefined;
    const count = html`<span class="faint number">${countText(up)}</span>`;
    return html`
      <div class="peers-head toolbar">
        ${this.#isFull
          ? html`<h1>Peers ${count}</h1>`
          : html`<h2><a href=${hashOf("peers")}>Peers</a> ${count}</h2>`}
        ${peers.length < MANY && this.#search === "" ? nothing : this.#searchField()}
      </div>
      ${this.#isFull
        ? html`<p class="small ${this.#isBad ? "bad" : "good"}" role="status">${this.#said}</p>`
        : html`<a class="peer-room" href=${hashOf("talk")} aria-current=${
          isTalk("all") ? "true" : "false"
        }><span>Everyone</span>${unreadBadge(unread.all)}</a>`}
      ${peers.length === 0 && connection === "connected" ? NOBODY : nothing}
      ${shown.length === 0 && peers.length > 0
        ? html`<p class="empty">No peer has this in its name.</p>`
        : nothing}
      <ul class="peers ${this.#isFull ? "full" : ""}">${repeat(
        shown.slice(0, SHOWN_MAX),
        ({ id }) => id,
        (peer) => this.#isFull ? this.#entry(peer, peer.id === open) : sideEntry(peer, unread[peer.id]),
      )}</ul>
      ${shown.length > SHOWN_MAX
        ? html`<p class="small faint">${countText(shown.length - SHOWN_MAX)} more: search for them.</p>`
        : nothing}
      ${visitors.length > 0 ? visitorsView(visitors, this.#isFull) : nothing}
      ${this.#isFull ? this.#absent(peers) : nothing}
    `;
  }

  /** @override */
  rendered() {
    const { route } = store.get();
    if (!this.#isFull || route.view !== "peers" || route.parts[0] === this.#revealed) return;
    this.#revealed = route.parts[0];
    if (this.#revealed !== undefined) this.querySelector(".peer.open")?.scrollIntoView({ block: "nearest" });
  }

  /** The peer that was brought into sight. @type {string | undefined} */
  #revealed;

  #searchField() {
    const label = "Search peers";
    return html`
      <input type="search" class="peers-search" aria-label=${label} placeholder=${label} autocomplete="off"
        spellcheck="false" .value=${live(this.#search)} @input=${this.#searched}>
    `;
  }

  /** @param {ShownPeer} peer @param {boolean} isOpen */
  #entry(peer, isOpen) {
    const { id, kind, state, known, lastSeen, since, reading } = peer;
    return html`<li class="peer ${state} ${isOpen ? "open" : ""}">
      <a class="peer-line" href=${isOpen ? hashOf("peers") : hashOf("peers", [id])} aria-expanded=${isOpen}>
        ${dot(state)}
        <span class="peer-name cut">${nameOf(peer)}</span>
        <span class="peer-tags">${tags(peer)}</span>
        <span class="peer-heard faint small number">heard ${agoText(Date.now() - lastSeen)}</span>
        <span class="peer-note small faint"><bdi>${kind}</bdi>, ${state === "up" ? "here" : state} since ${
      sinceText(peer)
    }</span>
        ${
      state === "unreachable"
        ? html`<span class="peer-note small caution">${stateText(peer)}</span>`
        : nothing
    }
        ${
      reading === undefined
        ? nothing
        : html`<span class="peer-note small" title=${
          readingTitle(reading)
        }><bdi>${reading.stream}</bdi>: <bdi>${reading.text}</bdi></span>`
    }
      </a>
      ${
      isOpen
        ? html`
          <div class="peer-facts">
            <dl>
                      ${fact("Id", html`<code>${id}</code>`)}
                      ${fact("State", stateText(peer))}
                      ${fact(
                        "Since",
                        since === undefined ? `${sinceText(peer)}, when this page was opened` : moment(since),
                      )}
                      ${fact("Last heard", moment(lastSeen))}
                      ${fact("Kind", html`<bdi>${kind}</bdi>`)}
                      ${reading === undefined ? nothing : fact(
                        "Last reading",
                        html`<bdi>${reading.stream}</bdi>: <bdi>${reading.whole}</bdi>`,
                      )}
                      ${fact("Address", placeText(peer) || "none known")}
                      ${fact("Came through", "session: its key is proven")}
                      ${fact("Known", this.#howKnown(id, known))}
                      ${peer.twins ? fact("Beware", TWINS_TEXT) : nothing}
                    </dl>
            <div class="toolbar">
                      <a class="button" href=${hashOf("talk", [id])}>Talk</a>
                      <a class="button" href=${hashOf("ask", [id])}>Ask</a>
                      <a class="button" href=${hashOf("documents", [], { peer: id })}>Documents</a>
                      <button type="button" @click=${() =>
                        chooseDocuments({ to: [id] })}>Send a document…</button>
                      ${this.#isTrusted(id) ? nothing : this.#button("trust", peer)} ${known
                        ? this.#button("forget", peer)
                        : nothing}
                      ${this.#button("block", peer)}
                    </div>
          </div>
        `
        : nothing
    }
    </li>`;
  }

  /** @param {string} id */
  #isTrusted(id) {
    return this.#known.some((each) => each.id === id && each.how === "trusted");
  }

  /** @param {string} id @param {boolean} known */
  #howKnown(id, known) {
    const record = this.#known.find((each) => each.id === id);
    if (record === undefined) return known ? "known" : "not known: any key may use this name";
    return html`${HOW[record.how]}, since ${moment(record.since)}`;
  }

  /** @param {readonly ShownPeer[]} peers */
  #absent(peers) {
    const here = new Set(peers.map(({ id }) => id));
    const absent = found(this.#known, this.#search).filter(({ id }) => !here.has(id));
    if (absent.length === 0) return nothing;
    return html`
      <h2 class="peers-title">Known, and not here</h2>
      <ul class="peers">${absent.slice(0, SHOWN_MAX).map((record) =>
        html`<li class="peer-known toolbar">
          <span class="cut">${nameOf(record)}</span>
          <span class="small ${record.how === "blocked" ? "bad" : "faint"}">${HOW[record.how]}, since ${
          moment(record.since)
        }</span>
          ${this.#button("forget", record)}
        </li>`
      )}</ul>
    `;
  }

  /** @param {keyof typeof DECISIONS} decision @param {{ readonly id: string, readonly name: string }} peer */
  #button(decision, peer) {
    const { action } = DECISIONS[decision];
    const kind = decision === "block" ? "danger" : "";
    return html`
      <button type="button" class=${kind} aria-label=${`${action} ${peer.name}`}
        @click=${() => this.#decide(decision, peer)}>${action}</button>
    `;
  }

  /** @param {keyof typeof DECISIONS} decision @param {{ readonly id: string, readonly name: string }} peer */
  async #decide(decision, { id, name }) {
    const { action, text, done } = DECISIONS[decision];
    const title = html`${action} ${nameOf({ id, name })}?`;
    const explained = html`${text} <span class="faint">Its id is <code>${id}</code>.</span>`;
    if (!await askUser({ title, text: explained, action, isDangerous: decision === "block" })) return;
    try {
      await call(decision, { target: id });
      this.#said = `${done}: ${name} (${id}).`;
      this.#isBad = false;
    } catch (error) {
      this.#said = sentenceOf(error);
      this.#isBad = true;
    }
    this.update();
    lookAtPeers();
    this.#lookAtKnown();
  }

  async #lookAtKnown() {
    try {
      this.#known = await call("known");
      this.update();
    } catch { /* The connection is shown. */ }
  }

  /** @param {Event} event */
  #searched = (event) => {
    this.#search = /** @type {HTMLInputElement} */ (event.target).value;
    this.update();
  };
}

const TWINS_TEXT =
  "Two peers with this identity were noticed in the last 10 minutes. One of them has a copy of the key.";

const VISITORS_TEXT =
  "They have no key: anything on the network can send under these names. You cannot send to them.";

const NOBODY = html`<p class="empty">Nobody yet. Is Earshot running there, in the same group?
  <a href=${hashOf("health")}>Health</a> shows what may be wrong.</p>`;

/** @param {ShownPeer} peer @param {number | undefined} unread */
function sideEntry(peer, unread) {
  const { id, name, kind, state, twins, reading } = peer;
  const note = state !== "up"
    ? stateText(peer)
    : reading !== undefined
    ? html`<bdi>${reading.text}</bdi>`
    : html`<bdi>${kind}</bdi>`;
  return html`
    <li class="peer side-peer ${state}">
      <a class="peer-talk" href=${hashOf("talk", [id])} aria-current=${isTalk(id) ? "true" : "false"}>
          ${dot(state)}
          <span class="peer-name cut">${nameOf(peer)}</span>
          ${unreadBadge(unread)}
          <span class="peer-note small faint cut" title=${reading === undefined || state !== "up"
            ? nothing
            : readingTitle(reading)}>${note}</span>
          ${twins ? html`<span class="peer-note small caution">${TWINS}</span>` : nothing}
        </a>
      <a class="peer-more" href=${hashOf("peers", [id])} aria-label=${`About ${name}`}>⋯</a>
    </li>
  `;
}

/** @param {readonly Visitor[]} visitors @param {boolean} isFull */
function visitorsView(visitors, isFull) {
  const title = "Through the plain gateway";
  return html`
    <h2 class="peers-title">${title}</h2>
    ${isFull ? html`<p class="peers-remark small faint">${VISITORS_TEXT}</p>` : nothing}
    <ul class="peers" aria-label=${title}>${visitors.slice(0, isFull ? visitors.length : 3).map((
      { id, name, lastSeen },
    ) =>
      html`<li class="peer-known toolbar"><span class="cut">${nameOf({ id, name })}</span>
        <span class="small faint number">heard ${agoText(Date.now() - lastSeen)}</span>
        ${
        isFull
          ? html`
            <a class="button" href=${hashOf("documents", [], { peer: id })}
              aria-label=${`Documents of ${name}`}>Documents</a>
          `
          : nothing
      }</li>`
    )}</ul>
  `;
}

/** @param {ShownPeer} peer */
function tags({ known, blocked, twins, state }) {
  return [
    known ? html`<span class="tag">known</span>` : nothing,
    blocked ? html`<span class="tag caution">blocked</span>` : nothing,
    state === "gone" ? html`<span class="tag">gone</span>` : nothing,
    state === "unreachable" ? html`<span class="tag caution">unreachable</span>` : nothing,
    twins ? html`<span class="tag caution">${TWINS}</span>` : nothing,
  ];
}

/** @param {ShownPeer["state"]} state */
function dot(state) {
  return html`<span class="dot ${state}" aria-hidden="true"></span><span class="hushed">${state}: </span>`;
}

/** @param {string} title @param {unknown} text */
function fact(title, text) {
  return html`
    <div>
      <dt>${title}</dt>
      <dd>${text}</dd>
    </div>
  `;
}

/** @param {number} at */
function moment(at) {
  return html`<time datetime=${new Date(at).toISOString()} title=${momentText(at)}>${timeText(at)}</time>`;
}

/** @param {Reading} reading */
function readingTitle({ stream, whole }) {
  return `${stream}: ${whole}`;
}

/** @param {string} id */
function isTalk(id) {
  const { view, parts } = store.get().route;
  return view === "talk" && (parts[0] ?? "all") === id;
}

customElements.define("es-peers", EsPeers);
