import { EsElement } from "../element.js";
import { countText, nameClass, sizeText } from "../format.js";
import { JsonTextError, JsonTree } from "../json_tree.js";
import { html, nothing, repeat } from "../lit.js";
import { sends } from "../sending.js";
import { fileFault, shortName } from "../sends.js";
import { store } from "../store.js";

/**
 * @import { PeerRef } from "../../../../peer/types.ts"
 * @import { Choice } from "../sending.js"
 * @import { Parcel } from "../sends.js"
 * @import { ShownPeer, State } from "../store.js"
 */

/** Peers that are targets of their own while something is dragged; the others can be chosen in the window. */
const TARGETS = 11;
/** Nothing is dragged any more if nothing was heard of it for this long, milliseconds. */
const STILL_MS = 1_000;
/** Most files at once. */
const FILES_MAX = 200;

/** `es-drop`: takes files that are dropped on the page, and is the window that sends documents. */
export class EsDrop extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["peers"];

  #isDragged = false;
  /** Ends the dragging: a browser does not always tell that it is over. @type {ReturnType<typeof setTimeout> | undefined} */
  #still;
  /** Target below the pointer: an id, `all`, or empty to choose. @type {string | undefined} */
  #target;
  #isOpen = false;
  /** @type {readonly File[]} */
  #files = [];
  /** Ids of the chosen peers. @type {ReadonlySet<string>} */
  #to = new Set();
  #isEveryone = false;
  #isTyped = false;
  #text = "";
  #name = "document.json";
  #stream = "";
  /** Sentence about what is wrong. */
  #fault = "";
  #ended = new AbortController();

  /** @override */
  opened() {
    const { signal } = this.#ended = new AbortController();
    const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ listener) =>
      addEventListener(type, listener, { signal });
    on("dragenter", (event) => this.#over(event));
    on("dragover", (event) => this.#over(event));
    on("dragleave", (event) => this.#left(event));
    on("drop", (event) => this.#dropped(event));
    on("es-send", (event) => this.#choose(event.detail));
  }

  /** @override */
  closed() {
    this.#ended.abort();
    clearTimeout(this.#still);
  }

  /** @override */
  view() {
    return html`${this.#isDragged ? this.#targets() : nothing} ${this.#window()}`;
  }

  /** @override */
  rendered() {
    const dialog = this.querySelector("dialog");
    if (dialog === null || dialog.open === this.#isOpen) return;
    if (this.#isOpen) dialog.showModal();
    else dialog.close();
  }

  #targets() {
    const here = up();
    return html`
      <div class="drop-targets" aria-hidden="true">
        <p>Drop JSON files on whom they are for</p>
        <div class="drop-tiles">
          ${this.#tile(
            "all",
            here.length === 0 ? "Nobody is here" : `Everyone here (${countText(here.length)})`,
          )}
          ${here.slice(0, TARGETS).map((peer) => this.#tile(peer.id, peer.name))}
          ${this.#tile("", "Choose…")}
        </div>
      </div>
    `;
  }

  /**
   * @param {string} id
   * @param {string} title
   */
  #tile(id, title) {
    return html`<div class="drop-tile" data-target=${id} ?data-over=${
      id === this.#target
    }><bdi>${title}</bdi></div>`;
  }

  #window() {
    return html`
      <dialog class="send-window" aria-labelledby="send-title" @close=${this.#closed}>
        <form method="dialog" @submit=${this.#submitted}>
          <h2 id="send-title">Send a document</h2>
          ${this.#recipients()} ${this.#contents()}
          <label class="send-stream">Stream, if it belongs to one
            <input name="stream" maxlength="128" autocomplete="off" .value=${this.#stream}
              @input=${this.#field((value) => this.#stream = value)}>
          </label>
          <p class="bad send-fault" role="alert">${this.#fault}</p>
          <div class="send-buttons">
            <button type="button" @click=${this.#close}>Cancel</button>
            <button type="submit" class="primary">Send</button>
          </div>
        </form>
      </dialog>
    `;
  }

  #recipients() {
    const { peers } = store.get();
    const here = up().length;
    return html`
      <fieldset class="send-to">
        <legend>To</legend>
        ${peers.length === 0
          ? html`<p class="faint">Nobody yet. Is Earshot running there, in the same group?</p>`
          : html`<label class="send-peer"><input type="checkbox" name="all" .checked=${this.#isEveryone}
            ?disabled=${here === 0} @change=${this.#everyone}> Everyone here (${countText(here)})</label>`}
        ${repeat(
          peers,
          ({ id }) => id,
          (peer) =>
            html`<label class="send-peer"><input type="checkbox" name="to" value=${peer.id}
            .checked=${this.#isEveryone && peer.state === "up" || this.#to.has(peer.id)}
            ?disabled=${this.#isEveryone && peer.state === "up"} @change=${this.#picked}>
          <bdi class=${nameClass(peer.id)}>${peer.name}</bdi>${
              peer.state === "up" ? nothing : html`
                <span class="faint">away: goes to the outbox</span>
              `
            }</label>`,
        )}
      </fieldset>
    `;
  }

  #contents() {
    return html`
      <fieldset class="send-what">
        <legend>What</legend>
        <div class="send-kinds">
          <label><input type="radio" name="kind" .checked=${!this.#isTyped}
            @change=${() => this.#change(() => this.#isTyped = false)}> Files</label>
          <label><input type="radio" name="kind" .checked=${this.#isTyped}
            @change=${() => this.#change(() => this.#isTyped = true)}> Type or paste JSON</label>
        </div>
        ${this.#isTyped ? this.#typed() : this.#chosen()}
      </fieldset>
    `;
  }

  #typed() {
    return html`
      <label>Name <input name="name" maxlength="128" autocomplete="off" .value=${this.#name}
        @input=${this.#field((value) => this.#name = value)}></label>
      <label class="send-text">JSON <textarea name="json" rows="7" spellcheck="false" .value=${this.#text}
        @input=${this.#field((value) => this.#text = value)}></textarea></label>
    `;
  }

  #chosen() {
    return html`
      <label class="button send-file">Choose files…<input class="hushed" type="file" name="files" multiple
        @change=${this.#filesChosen}></label>
      <ul class="send-files">
        ${this.#files.map((file) =>
          html`<li><bdi>${file.name}</bdi> <span class="faint">${sizeText(file.size)}</span>
          <button type="button" aria-label=${`Leave out ${file.name}`}
            @click=${() =>
            this.#change(() => this.#files = this.#files.filter((each) => each !== file))}>✕</button></li>`
        )}
      </ul>
    `;
  }

  /** @param {Choice} choice */
  #choose({ to = [], files = [] }) {
    this.#isEveryone = to.includes("all");
    this.#to = new Set(to.filter((id) => id !== "all"));
    const here = up();
    const [only] = here;
    // With one peer there is nothing to choose.
    if (to.length === 0 && here.length === 1 && only !== undefined) this.#to = new Set([only.id]);
    if (files.length > 0) this.#isTyped = false;
    this.#files = files;
    this.#fault = "";
    this.#isOpen = true;
    this.update();
  }

  /** @param {Event} event */
  #submitted(event) {
    event.preventDefault();
    const stream = this.#stream.trim() || undefined;
    const files = this.#isTyped ? this.#typedFile() : this.#files;
    if (files !== undefined && this.#send(files, stream)) {
      if (this.#isTyped) this.#text = "";
      this.#close();
    }
    this.update();
  }

  /** The JSON that was typed, as a file; undefined if it is none, which is said. */
  #typedFile() {
    try {
      new JsonTree(this.#text);
    } catch (error) {
      this.#fault = this.#text.trim() === ""
        ? "Type some JSON first."
        : error instanceof JsonTextError
        ? error.message
        : String(error);
      return undefined;
    }
    return [new File([this.#text], this.#name.trim() || "document.json")];
  }

  /**
   * Sends files to the chosen peers; false if something is wrong, which is said.
   *
   * @param {readonly File[]} files
   * @param {string} [stream]
   */
  #send(files, stream) {
    const { peers } = store.get();
    const chosen = peers.filter(({ id, state }) => this.#to.has(id) || this.#isEveryone && state === "up");
    const here = chosen.filter(({ state }) => state === "up");
    const away = chosen.filter(({ state }) => state !== "up");
    const faults = files.map((file) => fileFault(file, stream)).filter((fault) => fault !== undefined);
    if (chosen.length === 0) this.#fault = "Choose who is to get it.";
    else if (files.length === 0) this.#fault = "Choose a file, or type some JSON.";
    else if (files.length > FILES_MAX) {
      this.#fault = `These are ${files.length} files: send at most ${FILES_MAX} at once.`;
    } else this.#fault = faults.join(" ");
    if (this.#fault !== "") return false;
    sends.add(files.flatMap((file) => [
      ...parcel(file, here, stream, false),
      ...parcel(file, away, stream, true),
    ]));
    return true;
  }

  #close() {
    this.#isOpen = false;
    this.update();
  }

  #closed() {
    // The key Escape closes it, too.
    this.#isOpen = false;
  }

  /** @param {() => void} change */
  #change(change) {
    change();
    this.#fault = "";
    this.update();
  }

  /** @param {(value: string) => void} set */
  #field(set) {
    return (/** @type {Event} */ event) =>
      this.#change(() => set(/** @type {HTMLInputElement | HTMLTextAreaElement} */ (event.target).value));
  }

  /** @param {Event} event */
  #everyone(event) {
    const { checked } = /** @type {HTMLInputElement} */ (event.target);
    this.#change(() => this.#isEveryone = checked);
  }

  /** @param {Event} event */
  #picked(event) {
    const { checked, value } = /** @type {HTMLInputElement} */ (event.target);
    const to = new Set(this.#to);
    if (checked) to.add(value);
    else to.delete(value);
    this.#change(() => this.#to = to);
  }

  /** @param {Event} event */
  #filesChosen(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const files = [...input.files ?? []];
    // The same file may be chosen again later.
    input.value = "";
    this.#change(() => this.#files = [...this.#files, ...files]);
  }

  /** @param {DragEvent} event */
  #over(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (this.#isOpen) return;
    // It comes again and again, even while the pointer rests.
    clearTimeout(this.#still);
    this.#still = setTimeout(() => this.#drag(false), STILL_MS);
    this.#drag(true, targetOf(event));
  }

  /** @param {DragEvent} event */
  #left(event) {
    if (event.relatedTarget === null) this.#drag(false);
  }

  /**
   * @param {boolean} isDragged
   * @param {string} [target]
   */
  #drag(isDragged, target) {
    if (isDragged === this.#isDragged && target === this.#target) return;
    this.#isDragged = isDragged;
    this.#target = target;
    this.update();
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    clearTimeout(this.#still);
    this.#drag(false);
    const files = [...event.dataTransfer?.files ?? []];
    if (this.#isOpen) this.#change(() => this.#files = [...this.#files, ...files]);
    else {
      const target = targetOf(event);
      this.#choose({ to: target ? [target] : [], files });
      // Whoever aimed at a peer has chosen; if anything is wrong the window says so.
      if (target && this.#send(files)) this.#isOpen = false;
    }
    this.update();
  }
}

/**
 * @param {File} file
 * @param {readonly PeerRef[]} to
 * @param {string | undefined} stream
 * @param {boolean} queue
 * @returns {Parcel[]}
 */
function parcel(file, to, stream, queue) {
  if (to.length === 0) return [];
  return [{ file, name: shortName(file.name), to: to.map(({ id, name }) => ({ id, name })), stream, queue }];
}

/** Peers that are here. @returns {readonly ShownPeer[]} */
function up() {
  return store.get().peers.filter(({ state }) => state === "up");
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") === true;
}

/** @param {DragEvent} event */
function targetOf(event) {
  const tile = event.target instanceof Element ? event.target.closest("[data-target]") : null;
  return tile instanceof HTMLElement ? tile.dataset.target : undefined;
}

customElements.define("es-drop", EsDrop);
