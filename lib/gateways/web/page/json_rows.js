/** @import { JsonTree } from "./json_tree.js" */

/** The rows of a JSON tree that can be seen: the outermost value, and what is in each value that is open. */
export class JsonRows {
  /** @type {number[]} */
  #rows = [0];
  /** @type {Set<number>} */
  #open = new Set();

  /** @param {JsonTree} tree */
  constructor(tree) {
    /** The tree. */
    this.tree = tree;
  }

  /** Number of rows. */
  get length() {
    return this.#rows.length;
  }

  /**
   * The value in a row.
   *
   * @param {number} row
   */
  at(row) {
    return /** @type {number} */ (this.#rows[row]);
  }

  /**
   * Row of a value; -1 if it is in one that is closed.
   *
   * @param {number} node
   */
  rowOf(node) {
    const row = this.#firstFrom(node);
    return this.#rows[row] === node ? row : -1;
  }

  /**
   * Tells whether a value is open.
   *
   * @param {number} node
   */
  isOpen(node) {
    return this.#open.has(node);
  }

  /**
   * Opens a value that has others in it; those within stay as they were.
   *
   * @param {number} node
   */
  open(node) {
    const row = this.rowOf(node);
    if (row < 0 || this.#open.has(node) || !this.tree.hasChildren(node)) return;
    this.#open.add(node);
    this.#rows = this.#rows.slice(0, row + 1).concat(this.#within(node), this.#rows.slice(row + 1));
  }

  /**
   * Closes a value.
   *
   * @param {number} node
   */
  close(node) {
    const row = this.rowOf(node);
    if (row < 0 || !this.#open.delete(node)) return;
    this.#rows.splice(row + 1, this.#firstFrom(this.tree.after(node)) - row - 1);
  }

  /**
   * Opens values that can be seen, in one step: of a hundred thousand, each by itself would take minutes.
   *
   * @param {readonly number[]} nodes
   */
  openEach(nodes) {
    for (const node of nodes) {
      if (this.rowOf(node) >= 0 && this.tree.hasChildren(node)) this.#open.add(node);
    }
    this.#rows = [0].concat(this.isOpen(0) ? this.#within(0) : []);
  }

  /** Opens all values. */
  openAll() {
    const { tree } = this;
    for (let node = 0; node < tree.size; node++) if (tree.hasChildren(node)) this.#open.add(node);
    this.#rows = Array.from({ length: tree.size }, (_, node) => node);
  }

  /** Closes all values but the outermost. */
  closeAll() {
    this.#open.clear();
    this.#rows = [0];
    this.open(0);
  }

  /**
   * Opens values, the outer ones first, while there are at most `max` rows; the outermost in any case.
   *
   * @param {number} max
   */
  openSome(max) {
    this.open(0);
    let level = this.tree.children(0).slice(0, max);
    while (level.length > 0) {
      const next = [];
      for (const node of level) {
        if (!this.tree.hasChildren(node)) continue;
        if (this.length + this.tree.count(node) > max) return;
        this.open(node);
        next.push(...this.tree.children(node));
      }
      level = next;
    }
  }

  /**
   * Values that can be seen within an open one.
   *
   * @param {number} node
   */
  #within(node) {
    /** @type {number[]} */
    const found = [];
    const end = this.tree.after(node);
    for (let each = node + 1; each < end;) {
      found.push(each);
      each = this.#open.has(each) ? each + 1 : this.tree.after(each);
    }
    return found;
  }

  /**
   * The first row whose value is this one or after it: rows are in the order of the text.
   *
   * @param {number} node
   */
  #firstFrom(node) {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < node) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Where a key leads in a tree, and what it does there, as people know it from trees elsewhere; undefined if nothing.
 * Opens and closes values.
 *
 * @param {JsonRows} rows
 * @param {number} active value that has the focus
 * @param {string} key
 * @param {number} page rows on the screen
 * @returns {number | undefined} the value that has the focus then
 */
export function pressKey(rows, active, key, page) {
  const { tree } = rows;
  const row = rows.rowOf(active);
  const to = (/** @type {number} */ target) => rows.at(Math.max(0, Math.min(rows.length - 1, target)));
  switch (key) {
    case "ArrowDown":
      return to(row + 1);
    case "ArrowUp":
      return to(row - 1);
    case "PageDown":
      return to(row + page);
    case "PageUp":
      return to(row - page);
    case "Home":
      return to(0);
    case "End":
      return to(rows.length - 1);
    case "ArrowRight":
      if (rows.isOpen(active)) return to(row + 1);
      rows.open(active);
      return active;
    case "ArrowLeft":
      if (!rows.isOpen(active)) return Math.max(0, tree.parent(active));
      rows.close(active);
      return active;
    case "Enter":
    case " ":
      if (rows.isOpen(active)) rows.close(active);
      else rows.open(active);
      return active;
    case "*":
      rows.openEach(active > 0 ? tree.children(tree.parent(active)) : [active]);
      return active;
  }
  if ([...key].length !== 1) return undefined;
  // A letter leads to the next member whose name begins with it.
  const wanted = key.toLowerCase();
  for (let step = 1; step <= rows.length; step++) {
    const node = rows.at((row + step) % rows.length);
    if (tree.name(node)?.toLowerCase().startsWith(wanted)) return node;
  }
}
