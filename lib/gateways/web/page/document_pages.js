import { sentenceOf } from "./format.js";

/** @import { HistoryMessage } from "../../../storage/history/history.ts" */

/**
 * Which documents are wanted; what is empty does not matter.
 *
 * @typedef {object} Filters
 * @property {string} direction `received`, `sent` or `both`
 * @property {string} peer id of sender or recipient
 * @property {string} stream
 * @property {string} search part of a name or a body
 */

/**
 * Reads a page of messages.
 *
 * @callback GetPage
 * @param {Readonly<Record<string, string | number>>} params of `/api/messages`
 * @param {AbortSignal} signal
 * @returns {Promise<{ messages: HistoryMessage[], next?: string | number }>}
 */

/** Most streams that are remembered. */
const STREAMS_MAX = 1_000;

/** Documents in a page. */
export const PAGE = 200;

/** Most documents that stay while new ones come in at the top; then the newest page is enough. */
export const DOCUMENTS_MAX = 2_000;

/**
 * The documents that a view shows, newest first, as far as they were read. What came in meanwhile waits in `fresh`
 * until it is wanted, so that nothing moves under the eyes of a reader.
 */
export class DocumentPages {
  /** Documents, newest first. @type {readonly HistoryMessage[]} */
  documents = [];
  /** Newer ones, newest first. @type {readonly HistoryMessage[]} */
  fresh = [];
  /** Streams of what was read, by peer and name. @type {Map<string, { sender: HistoryMessage["peer"], stream: string }>} */
  streams = new Map();
  /** True if there may be more new ones than `fresh` has. */
  hasMoreFresh = false;
  /** True while older ones are read. */
  isReading = false;
  /** True if there are no older ones. */
  isWhole = false;
  /** Why reading failed, a sentence. @type {string | undefined} */
  error;

  #get;
  #onChange;
  /** @type {Filters} */
  #filters = { direction: "both", peer: "", stream: "", search: "" };
  /** @type {string | number | undefined} */
  #next;
  /** The newest page when it was read last, and the cursor after it. @type {readonly HistoryMessage[]} */
  #newest = [];
  /** @type {string | number | undefined} */
  #newestNext;
  /** Keys of the documents. @type {Set<string>} */
  #keys = new Set();
  #abort = new AbortController();
  #isRefreshing = false;
  #wantsRefresh = false;

  /**
   * @param {GetPage} get
   * @param {() => void} onChange called after each change
   */
  constructor(get, onChange) {
    this.#get = get;
    this.#onChange = onChange;
  }

  /**
   * Shows other documents. What was being read for the former ones is given up.
   *
   * @param {Filters} filters
   */
  show(filters) {
    this.close();
    this.#filters = filters;
    this.#wantsRefresh = false;
    this.#begin([], undefined);
    return this.more();
  }

  /** Reads on, if there is more: one step. A search that takes long gets a page without matches, and goes on. */
  async more() {
    if (this.isReading || this.isWhole) return;
    const { signal } = this.#abort;
    this.isReading = true;
    this.error = undefined;
    this.#onChange();
    try {
      const before = this.#next;
      const { messages, next } = await this.#page(signal, before === undefined ? {} : { before });
      if (signal.aborted) return;
      this.documents = this.documents.concat(messages.filter((message) => !this.#keys.has(keyOf(message))));
      this.#note(messages);
      this.#next = next;
      this.isWhole = next === undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.error = sentenceOf(error);
    }
    this.isReading = false;
    this.#onChange();
    // What came while the first page was read need not be on it.
    if (this.#wantsRefresh) await this.refresh();
  }

  /** Looks for new ones; they come to `fresh`. Those that are there already get their present outcome. */
  async refresh() {
    this.#wantsRefresh = true;
    // The first page is read first.
    if (this.#isRefreshing || (this.documents.length === 0 && this.isReading)) return;
    this.#isRefreshing = true;
    const { signal } = this.#abort;
    try {
      while (this.#wantsRefresh && !signal.aborted) {
        this.#wantsRefresh = false;
        const { messages, next } = await this.#page(signal, {});
        if (signal.aborted) return;
        this.#compare(messages, next);
        this.#onChange();
      }
    } catch {
      /* The next event tries again. */
    } finally {
      if (!signal.aborted) this.#isRefreshing = false;
    }
  }

  /** Puts the new ones to the others. Returns how many came in above them. */
  takeFresh() {
    const count = this.fresh.length;
    if (count === 0) return 0;
    const isLong = this.documents.length + count > DOCUMENTS_MAX;
    if (this.hasMoreFresh || isLong || this.documents.length === 0) {
      // Whoever wants the newest gets them; what comes after them is read on the way down.
      this.close();
      this.#begin(this.#newest, this.#newestNext);
    } else this.#begin(this.fresh.concat(this.documents), this.#next);
    this.#onChange();
    return count;
  }

  /**
   * Notes what became of a message that was sent.
   *
   * @param {string} id
   * @param {string} to id of its recipient
   * @param {Pick<HistoryMessage, "status" | "code" | "why">} outcome
   */
  settle(id, to, outcome) {
    const at = this.documents.findIndex((each) =>
      each.direction === "sent" && each.id === id && each.peer.id === to
    );
    const found = this.documents[at];
    if (found === undefined) return;
    this.documents = this.documents.with(at, { ...found, ...outcome });
    this.#onChange();
  }

  /** Gives up what is being read. */
  close() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.isReading = false;
    this.#isRefreshing = false;
  }

  /**
   * @param {readonly HistoryMessage[]} documents
   * @param {string | number | undefined} next
   */
  #begin(documents, next) {
    this.documents = documents;
    this.#keys.clear();
    this.#note(documents);
    this.fresh = [];
    this.hasMoreFresh = false;
    this.#next = next;
    this.isWhole = documents.length > 0 && next === undefined;
    this.error = undefined;
  }

  /**
   * @param {HistoryMessage[]} messages the newest
   * @param {string | number | undefined} next
   */
  #compare(messages, next) {
    const now = new Map(messages.map((message) => [keyOf(message), message]));
    this.fresh = messages.filter((message) => !this.#keys.has(keyOf(message)));
    this.hasMoreFresh = this.fresh.length === messages.length && next !== undefined &&
      this.documents.length > 0;
    this.#newest = messages;
    this.#newestNext = next;
    this.documents = this.documents.map((message, at) =>
      at < PAGE ? now.get(keyOf(message)) ?? message : message
    );
  }

  /** @param {readonly HistoryMessage[]} messages */
  #note(messages) {
    for (const message of messages) {
      this.#keys.add(keyOf(message));
      const { peer: sender, stream } = message;
      if (stream === undefined || this.streams.size >= STREAMS_MAX) continue;
      this.streams.set(`${sender.id} ${stream}`, { sender, stream });
    }
  }

  /**
   * @param {AbortSignal} signal
   * @param {Readonly<Record<string, string | number>>} more
   */
  #page(signal, more) {
    return this.#get({ ...this.#filters, kind: "document", limit: PAGE, ...more }, signal);
  }
}

/**
 * A text that no other message has, and that stays the same once a sent one has left the outbox.
 *
 * @param {HistoryMessage} message
 */
export function keyOf({ direction, row, id, peer }) {
  return direction === "received" ? `received ${row}` : `sent ${id} ${peer.id}`;
}
