// A readable view of JSON: a tree that opens and closes, of which only what is on the screen is in the page.

import { copy } from "../clipboard.js";
import { EsElement } from "../element.js";
import { countText } from "../format.js";
import { JsonRows, pressKey } from "../json_rows.js";
import { html, ifDefined, nothing, repeat } from "../lit.js";
import { RowWindow } from "../row_window.js";
import { visible } from "../visible_text.js";

/** @import { JsonTree } from "../json_tree.js" */

/** Rows that are open at first. */
const OPEN_FIRST = 200;
/** Most of a value in a row, and of a text below the tree, UTF-16 units. */
const ROW_MAX = 240;
const TEXT_MAX = 20_000;

/** Number of trees so far, which keeps the ids of their rows apart. */
let trees = 0;

/** `es-json`: shows a {@linkcode JsonTree}. */
export class EsJson extends EsElement {
  /** @type {JsonRows | undefined} */
  #rows;
  #active = 0;
  #window = new RowWindow(() => this.update());
  #said = "";
  /** Values with repeated names, of the objects that were shown. @type {Map<number, Set<number>>} */
  #duplicates = new Map();
  #reveals = false;
  #id = `json-${trees++}`;

  /** Sets the tree that is shown. @param {JsonTree | undefined} tree */
  set tree(tree) {
    if (tree === this.#rows?.tree) return;
    this.#rows = tree && new JsonRows(tree);
    this.#rows?.openSome(OPEN_FIRST);
    this.#active = 0;
    this.#said = "";
    this.#duplicates.clear();
    this.#window.toTop();
    this.update();
  }

  get tree() {
    return this.#rows?.tree;
  }

  /** @override */
  closed() {
    this.#window.detach();
  }

  /** @override */
  rendered() {
    this.#window.attach(this.querySelector(".json-tree"), ".json-row");
    if (!this.#reveals || this.#rows === undefined) return;
    this.#reveals = false;
    this.#window.reveal(this.#rows.rowOf(this.#active));
  }

  /** @override */
  view() {
    const rows = this.#rows;
    if (rows === undefined) return nothing;
    const { from, to } = this.#window.range(rows.length);
    const shown = Array.from({ length: to - from }, (_, index) => rows.at(from + index));
    const { rowHeight } = this.#window;
    const isShown = shown.includes(this.#active);
    return html`
      <div class="json-tools">
        <button type="button" @click=${() => this.#change((all) => all.openAll())}>Open all</button>
        <button type="button" @click=${() => this.#change((all) => all.closeAll())}>Close all</button>
        <span class="json-count">${countText(rows.tree.size)} ${rows.tree.size === 1
          ? "value"
          : "values"}</span>
      </div>
      <div class="json-tree" role="tree" tabindex="0" aria-label="JSON"
        aria-activedescendant=${ifDefined(isShown ? this.#idOf(this.#active) : undefined)}
        @keydown=${this.#pressed} @click=${this.#clicked}>
        <div class="rows" role="none" .style=${`height: ${rows.length * rowHeight}px`}>
          <div class="rows-shown" role="none" .style=${`transform: translateY(${from * rowHeight}px)`}>
            ${repeat(shown, (node) => node, (node) => this.#row(rows, node))}
          </div>
        </div>
      </div>
      ${this.#below(rows.tree)}
    `;
  }

  /**
   * @param {JsonRows} rows
   * @param {number} node
   */
  #row(rows, node) {
    const { tree } = rows;
    const hasChildren = tree.hasChildren(node);
    const isOpen = rows.isOpen(node);
    const depth = tree.depth(node);
    const parent = tree.parent(node);
    const expanded = hasChildren ? String(isOpen) : undefined;
    return html`
      <div class="json-row" role="treeitem" id=${this.#idOf(node)} data-node=${node}
        aria-level=${depth + 1} aria-setsize=${parent < 0 ? 1 : tree.count(parent)}
        aria-posinset=${tree.position(node) + 1} aria-selected=${node === this.#active}
        aria-expanded=${ifDefined(expanded)}
        .style=${`--level: ${depth}`}><span class="json-twisty" aria-hidden="true">${hasChildren
          ? (isOpen ? "▾" : "▸")
          : ""}</span>${this.#label(tree, node)}${this.#value(tree, node, isOpen)}</div>
    `;
  }

  /**
   * @param {JsonTree} tree
   * @param {number} node
   */
  #label(tree, node) {
    const name = tree.name(node);
    if (name === undefined) {
      return node === 0 ? nothing : html`<span class="json-index">${tree.position(node)}</span>`;
    }
    const twice = this.#isDuplicate(tree, node)
      ? html`<span class="json-twice" title="This name comes more than once">twice</span>`
      : nothing;
    return html`<bdi class="json-name">${escapes(name.slice(0, ROW_MAX))}</bdi>${twice}`;
  }

  /**
   * @param {JsonTree} tree
   * @param {number} node
   * @param {boolean} isOpen
   */
  #value(tree, node, isOpen) {
    const kind = tree.kind(node);
    switch (kind) {
      case "object":
      case "array": {
        const size = html`<span class="json-size">${sizeOf(tree, node)}</span>`;
        if (isOpen || !tree.hasChildren(node)) return size;
        const start = tree.source(node, ROW_MAX).replaceAll(/[ \t\r\n]+/g, " ");
        return html`${size}<bdi class="json-preview">${escapes(start)}</bdi>`;
      }
      case "string":
        return html`<bdi class="json-string">"${escapes(tree.string(node, ROW_MAX))}${
          tree.length(node) > ROW_MAX ? "…" : '"'
        }</bdi>`;
      default:
        return html`<span class="json-${kind === "number" ? "number" : "word"}">${
          tree.source(node, ROW_MAX)
        }</span>`;
    }
  }

  /** @param {JsonTree} tree */
  #below(tree) {
    const node = this.#active;
    const isText = tree.kind(node) === "string";
    const path = tree.path(node);
    return html`
      <div class="json-selected">
        <code class="json-path" title=${path}><bdi>${escapes(path)}</bdi></code>
        <span class="json-buttons">
          <button type="button" @click=${() => this.#copy("the path", path)}>Copy path</button>
          <button type="button" @click=${() => this.#copy("the value", tree.source(node))}>Copy value</button>
          ${isText
            ? html`<button type="button" @click=${() =>
              this.#copy("the text", tree.string(node))}>Copy text</button>`
            : nothing}
        </span>
        <span class="json-said" role="status">${this.#said}</span>
        ${isText && tree.length(node) > 40 ? this.#text(tree, node) : nothing}
      </div>
    `;
  }

  /**
   * @param {JsonTree} tree
   * @param {number} node
   */
  #text(tree, node) {
    const rest = tree.length(node) - TEXT_MAX;
    const text = tree.string(node, TEXT_MAX);
    return html`<pre class="json-text" tabindex="0" aria-label="The whole text" dir="auto">${
      text.split("\n").map((line, at) => [at > 0 ? "\n" : "", escapes(line)])
    }${
      rest > 0 ? html`<em>… ${countText(rest)} more characters: copy the text for all.</em>` : nothing
    }</pre>`;
  }

  /**
   * @param {JsonTree} tree
   * @param {number} node
   */
  #isDuplicate(tree, node) {
    const parent = tree.parent(node);
    let found = this.#duplicates.get(parent);
    if (found === undefined) this.#duplicates.set(parent, found = tree.duplicates(parent));
    return found.has(node);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const rows = this.#rows;
    if (rows === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const active = pressKey(rows, this.#active, event.key, this.#window.page);
    if (active === undefined) return;
    event.preventDefault();
    this.#select(active);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const row = /** @type {Element} */ (event.target).closest(".json-row");
    // Who marks a text to copy it does not want to open anything.
    if (!(row instanceof HTMLElement) || this.#rows === undefined || !getSelection()?.isCollapsed) return;
    const node = Number(row.dataset.node);
    if (this.#rows.isOpen(node)) this.#rows.close(node);
    else this.#rows.open(node);
    this.#select(node);
  }

  /** @param {number} node */
  #select(node) {
    this.#active = node;
    this.#said = "";
    this.#reveals = true;
    // The row has to be in the page when the screen reader hears of it.
    if (this.#rows !== undefined) this.#window.reveal(this.#rows.rowOf(node));
    this.update();
  }

  /** @param {(rows: JsonRows) => void} change */
  #change(change) {
    if (this.#rows === undefined) return;
    change(this.#rows);
    while (this.#rows.rowOf(this.#active) < 0) this.#active = this.#rows.tree.parent(this.#active);
    this.#select(this.#active);
  }

  /**
   * @param {string} what
   * @param {string} text
   */
  async #copy(what, text) {
    this.#said = await copy(text) ? `Copied ${what}.` : "The browser does not let this page copy.";
    this.update();
  }

  /** @param {number} node */
  #idOf(node) {
    return `${this.#id}-${node}`;
  }
}

/**
 * @param {JsonTree} tree
 * @param {number} node
 */
function sizeOf(tree, node) {
  const count = tree.count(node);
  const text = countText(count);
  if (tree.kind(node) === "array") return `[${text}]`;
  return count === 1 ? "{1 member}" : `{${text} members}`;
}

/**
 * Shows a text of the network: what cannot be seen as escapes.
 *
 * @param {string} text
 */
export function escapes(text) {
  return visible(text).map((part) =>
    part.escape ? html`<span class="escape">${part.text}</span>` : part.text
  );
}

customElements.define("es-json", EsJson);
