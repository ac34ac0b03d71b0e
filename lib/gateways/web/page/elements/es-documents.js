import { get } from "../api.js";
import { DocumentPages, keyOf } from "../document_pages.js";
import { documentRow } from "../document_row.js";
import { emptyText, filterParams, filtersOf, partOf, searchingText } from "../document_words.js";
import { EsElement } from "../element.js";
import { onEvent, onGap } from "../events.js";
import { compareNames, countText } from "../format.js";
import { classMap, html, ifDefined, nothing, repeat } from "../lit.js";
import { hashOf } from "../router.js";
import { RowWindow } from "../row_window.js";
import { chooseDocuments, onSends, sends } from "../sending.js";
import { store } from "../store.js";
import "./es-document.js";

/**
 * @import { HistoryMessage } from "../../../../storage/history/history.ts"
 * @import { Filters } from "../document_pages.js"
 * @import { State } from "../store.js"
 */

/** Pause before a text is searched, and before the history is asked for what came in, milliseconds. */
const TYPING_MS = 150;
const ARRIVALS_MS = 300;

/** Rows before the end of what was read, from which on more is read. */
const AHEAD = 30;

/** The view "Documents": what came in and what was sent, and the document that is open. */
export class EsDocuments extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["route", "peers"];

  #pages = new DocumentPages(
    (params, signal) => get("/api/messages", params, { signal }),
    () => this.update(),
  );
  #window = new RowWindow(() => this.update());
  /** @type {(() => void)[]} */
  #ends = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #arrivals;
  /** Filters that are shown, as text. */
  #shown = "";
  /** Key of the row with the focus. */
  #active = "";
  /** Message that is open, if it was in the list. @type {HistoryMessage | undefined} */
  #open;
  /** @type {readonly { sender: { id: string, name: string }, stream: string }[]} */
  #streams = [];
  /** Place of the document that is looked up: nothing else is known of it. */
  #looked = "";
  /** Number of documents that this tab sent and that have ended. */
  #sent = 0;
  #isPointed = false;

  /** @override */
  opened() {
    this.#ends = [
      onEvent((line) => this.#heard(line)),
      onGap(() => this.#arrived()),
      // What goes to the outbox is no event.
      onSends(() => {
        const sent = sends.all.filter(({ isEnded }) => isEnded).length;
        if (sent !== this.#sent) this.#arrived();
        this.#sent = sent;
      }),
    ];
    this.#readStreams();
  }

  /** @override */
  closed() {
    for (const end of this.#ends) end();
    clearTimeout(this.#typing);
    clearTimeout(this.#arrivals);
    this.#arrivals = undefined;
    this.#pages.close();
    this.#window.detach();
    this.#shown = "";
  }

  /** @override */
  view() {
    const filters = filtersOf(store.get().route.params);
    const wanted = { ...filters, search: filters.search.trim() };
    const asText = JSON.stringify(wanted);
    if (asText !== this.#shown) {
      this.#shown = asText;
      this.#active = "";
      this.#window.toTop();
      this.#pages.show(wanted);
    }
    const [direction = "", row = ""] = store.get().route.parts;
    const isOpen = row !== "";
    return html`
      <div class=${classMap({ documents: true, "has-open": isOpen })}>
        <section class="documents-list" aria-label="List of documents">
          <div class="documents-head">
            <h1>Documents</h1>
            <button type="button" class="primary" @click=${() => chooseDocuments()}>Send…</button>
          </div>
          ${this.#filters(filters)} ${this.#list(wanted)}
        </section>
        <section class="documents-open" aria-label="Open document">
          ${isOpen
            ? html`
              <a class="back" href=${hashOf("documents", [], filterParams(filters))}>← All documents</a>
              <es-document .message=${this.#messageAt(direction, Number(row))}></es-document>
            `
            : html`<p class="empty">Choose a document to read it here. Drop a JSON file anywhere on this page to send it.</p>`}
        </section>
      </div>
    `;
  }

  /** @override */
  rendered() {
    const search = this.querySelector("input");
    // Nothing that is being typed is lost.
    if (search !== null && search !== document.activeElement) {
      search.value = filtersOf(store.get().route.params).search;
    }
    this.#window.attach(this.querySelector(".documents-rows"), ".document-row");
    const { to } = this.#window.range(this.#pages.documents.length);
    const { documents, isReading, isWhole, error } = this.#pages;
    if (!isReading && !isWhole && error === undefined && to + AHEAD > documents.length) this.#pages.more();
  }

  /** @param {Filters} filters */
  #filters({ direction, peer, stream }) {
    const peers = this.#peerOptions(peer);
    // One may have come since the streams were read, or have no numbers.
    const streams = [
      ...new Set(
        [...this.#streams, ...this.#pages.streams.values()].filter(({ sender }) =>
          peer === "" || sender.id === peer
        )
          .map((each) => each.stream).concat(stream || []),
      ),
    ].sort();
    return html`
      <form class="filters" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <input type="search" name="search" aria-label="Search in names and contents"
          placeholder="Search names and contents" maxlength="200" @input=${this.#searched}>
        <select aria-label="Direction" @change=${this.#chooser("direction")}>
          ${[["both", "In and out"], ["received", "Received"], ["sent", "Sent"]].map(([value, title]) =>
            html`<option value=${value} ?selected=${value === direction}>${title}</option>`
          )}
        </select>
        <select aria-label="Peer" @change=${this.#chooser("peer")}>
          <option value="" ?selected=${peer === ""}>All peers</option>
          ${peers.map(({ id, name }) => html`<option value=${id} ?selected=${id === peer}>${name}</option>`)}
        </select>
        <select aria-label="Stream" @change=${this.#chooser("stream")}>
          <option value="" ?selected=${stream === ""}>All streams</option>
          ${streams.map((name) => html`<option value=${name} ?selected=${name === stream}>${name}</option>`)}
        </select>
      </form>
    `;
  }

  /** @param {string} chosen */
  #peerOptions(chosen) {
    const names = new Map(this.#streams.map(({ sender }) => [sender.id, sender.name]));
    for (const { id, name } of store.get().peers) names.set(id, name);
    if (chosen !== "" && !names.has(chosen)) {
      names.set(chosen, this.#pages.documents.find(({ peer }) => peer.id === chosen)?.peer.name ?? chosen);
    }
    return [...names].map(([id, name]) => ({ id, name })).sort((a, b) => compareNames(a.name, b.name));
  }

  /**
   * @param {Filters} filters
   * @returns {unknown}
   */
  #list(filters) {
    const { documents, fresh, hasMoreFresh, isReading, isWhole, error } = this.#pages;
    if (fresh.length > 0 && this.#mayMove()) {
      const added = this.#pages.takeFresh();
      if (added > 0) return this.#list(filters);
    }
    const { from, to } = this.#window.range(documents.length);
    const { rowHeight } = this.#window;
    const shown = documents.slice(from, to);
    const activeAt = shown.findIndex((message) => keyOf(message) === this.#active);
    const count = `${countText(fresh.length)}${hasMoreFresh ? "+" : ""}`;
    return html`
      <div class="documents-frame" @pointerenter=${() => this.#isPointed = true} @pointerleave=${this.#left}>
        ${fresh.length === 0
          ? nothing
          : html`<button type="button" class="fresh" @click=${this.#takeFresh}>↑ ${count} new</button>`}
        <div class="documents-rows" role="listbox" tabindex="0" aria-label="Documents, newest first"
          aria-activedescendant=${ifDefined(activeAt < 0 ? undefined : `document-${from + activeAt}`)}
          @keydown=${this.#pressed} @click=${this.#clicked}>
          <div class="rows" role="none" .style=${`height: ${documents.length * rowHeight}px`}>
            <div class="rows-shown" role="none" .style=${`transform: translateY(${from * rowHeight}px)`}>
              ${repeat(shown, keyOf, (message, at) => this.#row(message, from + at, isWhole))}
            </div>
          </div>
        </div>
        <p class="documents-state" role="status">${error !== undefined
          ? html`<span class="bad">${error}</span> <button type="button" @click=${() =>
            this.#pages.more()}>Try again</button>`
          : isReading || (documents.length === 0 && !isWhole)
          ? filters.search === "" ? html`<span aria-hidden="true">Reading…</span>` : searchingText(documents)
          : isWhole && documents.length === 0
          ? emptyText(filters)
          : isWhole
          ? `${countText(documents.length)} ${
            documents.length === 1 ? "document" : "documents"
          }, that is all.`
          : nothing}</p>
      </div>
    `;
  }

  /**
   * @param {HistoryMessage} message
   * @param {number} at
   * @param {boolean} isWhole
   */
  #row(message, at, isWhole) {
    const [direction, row] = store.get().route.parts;
    return documentRow(message, at, {
      count: isWhole ? this.#pages.documents.length : -1,
      isOpen: partOf(message) === direction && String(message.row) === row,
      isActive: keyOf(message) === this.#active,
    });
  }

  /** @param {any} line of the events */
  #heard(line) {
    if (line.event === "document" || line.event === "ask") this.#arrived();
    else if (["delivered", "refused", "withdrawn"].includes(line.event)) {
      const { id, to, code, why } = line;
      this.#pages.settle(id, to.id, { status: line.event, code, why });
      this.#arrived();
    }
  }

  #arrived() {
    if (this.#arrivals !== undefined) return;
    this.#arrivals = setTimeout(() => {
      // Before it is read: what comes meanwhile asks for another reading.
      this.#arrivals = undefined;
      this.#pages.refresh();
    }, ARRIVALS_MS);
  }

  /** True if nobody reads or aims at the list: what is new may push the rest down. */
  #mayMove() {
    return this.#window.isAtTop && !this.#isPointed &&
      this.querySelector(".documents-rows") !== document.activeElement;
  }

  #left() {
    this.#isPointed = false;
    this.update();
  }

  #takeFresh() {
    this.#pages.takeFresh();
    this.#window.toTop();
    /** @type {HTMLElement | null} */ (this.querySelector(".documents-rows"))?.focus({ preventScroll: true });
  }

  /** @param {Event} event */
  #searched(event) {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#filter({ search: value }), TYPING_MS);
  }

  /** @param {keyof Filters} key */
  #chooser(key) {
    return (/** @type {Event} */ event) => {
      const { value } = /** @type {HTMLSelectElement} */ (event.target);
      this.#filter(key === "peer" ? { peer: value, stream: "" } : { [key]: value });
    };
  }

  /** @param {Partial<Filters>} change */
  #filter(change) {
    const { route } = store.get();
    const filters = { ...filtersOf(route.params), ...change };
    // Filters are no places to go back to.
    location.replace(hashOf("documents", route.parts, filterParams(filters)));
  }

  async #readStreams() {
    try {
      const { streams } = await get("/api/streams");
      this.#streams = streams;
      this.update();
    } catch { /* The filter then has those that are chosen. */ }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const { documents } = this.#pages;
    const at = documents.findIndex((message) => keyOf(message) === this.#active);
    const page = this.#window.page;
    /** @type {Record<string, number>} */
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    const active = documents[at];
    if (step !== undefined && documents.length > 0) {
      this.#activate(Math.max(0, Math.min(documents.length - 1, at + step)));
    } else if ((event.key === "Enter" || event.key === " ") && active !== undefined) {
      this.#openMessage(active);
    } else return;
    event.preventDefault();
  }

  /** @param {number} at */
  #activate(at) {
    const message = this.#pages.documents[at];
    if (message === undefined) return;
    this.#active = keyOf(message);
    this.#window.reveal(at);
    this.update();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const row = /** @type {Element} */ (event.target).closest(".document-row");
    const message = row instanceof HTMLElement ? this.#pages.documents[Number(row.dataset.at)] : undefined;
    if (message === undefined) return;
    this.#active = keyOf(message);
    this.#openMessage(message);
  }

  /** @param {HistoryMessage} message */
  #openMessage(message) {
    this.#open = message;
    location.hash = hashOf("documents", [partOf(message), String(message.row)], store.get().route.params);
  }

  /**
   * The message that the address names: as it is in the list, or as it was there.
   *
   * @param {string} part
   * @param {number} row
   */
  #messageAt(part, row) {
    const fits = (/** @type {HistoryMessage | undefined} */ message) =>
      message !== undefined && message.row === row && partOf(message) === part;
    const found = this.#pages.documents.find(fits) ?? (fits(this.#open) ? this.#open : undefined);
    // One that was sent has another row once it has left the outbox.
    const key = this.#open && keyOf(this.#open);
    const same = fits(this.#open)
      ? this.#pages.documents.find((message) => keyOf(message) === key)
      : undefined;
    const known = same ?? found;
    if (known === undefined) this.#look(part, row);
    return known ?? { direction: part === "received" ? "received" : "sent", row, part };
  }

  /**
   * Looks up a document that is not in the list: the page of messages that begins with its row.
   *
   * @param {string} part
   * @param {number} row
   */
  async #look(part, row) {
    const place = `${part} ${row}`;
    if (this.#looked === place) return;
    this.#looked = place;
    const direction = part === "received" ? part : "sent";
    const before = ["received", "sent", "queued"].map((each) => each === part ? row + 1 : 0).join(".");
    try {
      const { messages } = await get("/api/messages", { kind: "document", direction, before, limit: 1 });
      if (this.#looked === place && messages[0]?.row === row) this.#open = messages[0];
      this.update();
    } catch { /* Its contents, or what is wrong with them, are shown all the same. */ }
  }
}

customElements.define("es-documents", EsDocuments);
