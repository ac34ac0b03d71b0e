import {
  ARRAY,
  JsonTextError,
  KINDS,
  OBJECT,
  skip,
  stringEnd,
  token,
  unquoted,
  withoutHalf,
} from "./json_tokens.js";

export { JsonTextError };

/** @import { JsonKind } from "./json_tokens.js" */

/** Deepest nesting that a document of the network may have, levels. */
const DEPTH_MAX = 512;

/** A name that needs no quotes in a path. */
const SIMPLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A JSON text as a tree whose values stay what they were in the text: numbers keep every digit, and a name that comes
 * twice is there twice. Values are numbered in the order of the text; the outermost is 0. One pass over the text fills
 * some flat arrays; nothing else is made until somebody asks for it.
 */
export class JsonTree {
  #start = new Numbers();
  #end = new Numbers();
  #next = new Numbers();
  #count = new Numbers();
  #parent = new Numbers();
  #position = new Numbers();
  /** Offset of the member's name; -1 if it has none. */
  #name = new Numbers();
  #kind = new Numbers();

  /**
   * Reads a text.
   *
   * @param {string} text
   * @throws {JsonTextError}
   */
  constructor(text) {
    /** The text. */
    this.text = text;
    this.#read();
  }

  /** Number of values. */
  get size() {
    return this.#start.length;
  }

  /**
   * Kind of a value.
   *
   * @param {number} node
   * @returns {JsonKind}
   */
  kind(node) {
    return /** @type {JsonKind} */ (KINDS[this.#kind.at(node)]);
  }

  /**
   * Tells whether a value has others within it.
   *
   * @param {number} node
   */
  hasChildren(node) {
    return this.#count.at(node) > 0;
  }

  /**
   * Number of members of an object, or of values in an array.
   *
   * @param {number} node
   */
  count(node) {
    return this.#count.at(node);
  }

  /**
   * Number of the value after this one and all within it.
   *
   * @param {number} node
   */
  after(node) {
    return this.#next.at(node);
  }

  /**
   * The value around this one; -1 for the outermost.
   *
   * @param {number} node
   */
  parent(node) {
    return this.#parent.at(node);
  }

  /**
   * Place among the values around it, from 0.
   *
   * @param {number} node
   */
  position(node) {
    return this.#position.at(node);
  }

  /**
   * Nesting, levels; 0 for the outermost value.
   *
   * @param {number} node
   */
  depth(node) {
    let depth = 0;
    for (let up = this.parent(node); up >= 0; up = this.parent(up)) depth++;
    return depth;
  }

  /**
   * Returns the numbers of the values in a value.
   *
   * @param {number} node
   * @returns {number[]}
   */
  children(node) {
    const found = [];
    const end = this.#next.at(node);
    for (let child = node + 1; child < end; child = this.#next.at(child)) found.push(child);
    return found;
  }

  /**
   * The text of a value as it came.
   *
   * @param {number} node
   * @param {number} [max] most of it, UTF-16 units
   */
  source(node, max = Infinity) {
    const start = this.#start.at(node);
    return this.text.slice(start, Math.min(this.#end.at(node), start + max));
  }

  /**
   * Length of the text of a value, UTF-16 units.
   *
   * @param {number} node
   */
  length(node) {
    return this.#end.at(node) - this.#start.at(node);
  }

  /**
   * The characters of a string.
   *
   * @param {number} node
   * @param {number} [max] most of its text that is read, UTF-16 units
   */
  string(node, max = Infinity) {
    const source = this.source(node, max);
    return unquoted(source.length < this.length(node) ? `${withoutHalf(source)}"` : source);
  }

  /**
   * Name of a member of an object; undefined in an array.
   *
   * @param {number} node
   * @returns {string | undefined}
   */
  name(node) {
    const at = this.#name.at(node);
    return at < 0 ? undefined : unquoted(this.text.slice(at, stringEnd(this.text, at)));
  }

  /**
   * Returns those members of an object whose name another one has, too.
   *
   * @param {number} node
   * @returns {Set<number>}
   */
  duplicates(node) {
    /** @type {Map<string, number>} */
    const first = new Map();
    const found = new Set();
    if (this.kind(node) !== "object") return found;
    for (const child of this.children(node)) {
      const name = /** @type {string} */ (this.name(child));
      const other = first.get(name);
      if (other === undefined) first.set(name, child);
      else found.add(other).add(child);
    }
    return found;
  }

  /**
   * Path of a value, as json_extract of SQLite takes it: `$.a[3]."b c"`.
   *
   * @param {number} node
   */
  path(node) {
    let path = "";
    for (let at = node; this.parent(at) >= 0; at = this.parent(at)) {
      const name = this.name(at);
      if (name === undefined) path = `[${this.position(at)}]${path}`;
      else path = `.${SIMPLE_NAME.test(name) ? name : JSON.stringify(name)}${path}`;
    }
    return `$${path}`;
  }

  #read() {
    const { text } = this;
    /** Values that are open. */
    const open = [];
    let at = skip(text, 0);
    let name = -1;
    // A value begins at `at` whenever this loop comes round.
    for (;;) {
      const parent = open.at(-1) ?? -1;
      const node = this.#add(text, at, parent, name);
      name = -1;
      const kind = this.#kind.at(node);
      if (kind > ARRAY) at = this.#end.at(node);
      else {
        const after = skip(text, at + 1);
        if (text[after] !== (kind === OBJECT ? "}" : "]")) {
          if (open.length === DEPTH_MAX) throw new JsonTextError(text, at);
          open.push(node);
          at = after;
          if (kind === OBJECT) [name, at] = this.#readName(at);
          continue;
        }
        at = after + 1;
        this.#close(node, at);
      }
      // After a value, those around it may end.
      for (;;) {
        at = skip(text, at);
        const around = open.at(-1);
        if (around === undefined) {
          if (at < text.length) throw new JsonTextError(text, at);
          return;
        }
        const isObject = this.#kind.at(around) === OBJECT;
        if (text[at] === ",") {
          at = skip(text, at + 1);
          if (isObject) [name, at] = this.#readName(at);
          break;
        }
        if (text[at] !== (isObject ? "}" : "]")) throw new JsonTextError(text, at);
        at++;
        open.pop();
        this.#close(around, at);
      }
    }
  }

  /**
   * @param {string} text
   * @param {number} at
   * @param {number} parent
   * @param {number} name
   */
  #add(text, at, parent, name) {
    const [kind, end] = token(text, at);
    const node = this.#start.push(at);
    this.#end.push(end);
    this.#next.push(node + 1);
    this.#count.push(0);
    this.#parent.push(parent);
    this.#position.push(parent < 0 ? 0 : this.#count.at(parent));
    this.#name.push(name);
    this.#kind.push(kind);
    if (parent >= 0) this.#count.set(parent, this.#count.at(parent) + 1);
    return node;
  }

  /**
   * @param {number} node
   * @param {number} end
   */
  #close(node, end) {
    this.#end.set(node, end);
    this.#next.set(node, this.#start.length);
  }

  /**
   * Reads the name of a member with its colon; returns its offset, and that of the value.
   *
   * @param {number} at
   * @returns {[number, number]}
   */
  #readName(at) {
    if (this.text[at] !== '"') throw new JsonTextError(this.text, at);
    const colon = skip(this.text, stringEnd(this.text, at));
    if (this.text[colon] !== ":") throw new JsonTextError(this.text, colon);
    return [at, skip(this.text, colon + 1)];
  }
}

/** A list of whole numbers that grows; an eighth of the memory of a usual one. */
class Numbers {
  #numbers = new Int32Array(64);
  length = 0;

  /**
   * Adds a number; returns its place.
   *
   * @param {number} value
   */
  push(value) {
    if (this.length === this.#numbers.length) {
      const more = new Int32Array(2 * this.length);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.length] = value;
    return this.length++;
  }

  /** @param {number} at */
  at(at) {
    return /** @type {number} */ (this.#numbers[at]);
  }

  /**
   * @param {number} at
   * @param {number} value
   */
  set(at, value) {
    this.#numbers[at] = value;
  }
}
