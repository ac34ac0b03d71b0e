import { pathWith, post, request } from "../api.js";
import { copy } from "../clipboard.js";
import { EsElement } from "../element.js";
import { momentText, refusalText, sentenceOf, shortId, sizeText } from "../format.js";
import { JsonTree } from "../json_tree.js";
import { html, nothing } from "../lit.js";
import { escapes } from "./es-json.js";

/** @import { HistoryMessage } from "../../../../storage/history/history.ts" */

/** Largest document that is shown as a tree, bytes; and most that is shown of any other, UTF-16 units. */
const TREE_MAX = 1024 * 1024;
const TEXT_MAX = 16 * 1024;

/**
 * A document: all that is known of it, or only its place.
 *
 * @typedef {HistoryMessage | { direction: "received" | "sent", row: number, part: string }} Named
 */

/** `es-document`: one document with what is known of it. */
export class EsDocument extends EsElement {
  /** @type {Named | undefined} */
  #message;
  #abort = new AbortController();
  /** @type {"reading" | "tree" | "text" | "failed" | "large"} */
  #state = "reading";
  /** @type {JsonTree | undefined} */
  #tree;
  #text = "";
  /** Sentence about the contents. */
  #remark = "";
  /** Result of the last button. */
  #said = "";

  /** @param {Named | undefined} message */
  set message(message) {
    const isOther = placeOf(message) !== placeOf(this.#message) && !isSame(message, this.#message);
    this.#message = message;
    if (isOther) this.#read();
    this.update();
  }

  get message() {
    return this.#message;
  }

  /** @override */
  closed() {
    this.#abort.abort();
  }

  /** @override */
  view() {
    const message = this.#message;
    if (message === undefined) return nothing;
    return html`
      ${"id" in message ? this.#about(message) : html`<h1>Document ${message.row}</h1>`}
      <div class="document-tools">
        ${isForgotten(message) || this.#state === "failed"
          ? nothing
          : html`<button type="button" @click=${this.#download}>Download</button>`}
        ${this.#state === "tree"
          ? html`<button type="button" @click=${this.#copyAll}>Copy all</button>`
          : nothing}
        <span role="status">${this.#said}</span>
      </div>
      ${this.#remark === "" ? nothing : html`<p class="notice" role="status">${this.#remark}</p>`}
      ${this.#state === "reading"
        ? html`<p class="empty">Reading…</p>`
        : this.#state === "tree"
        ? html`<es-json .tree=${this.#tree}></es-json>`
        : this.#text === ""
        ? nothing
        : html`<pre class="document-text" tabindex="0" aria-label="Beginning of the document">${
          this.#text.split("\n").map((line, at) => [at > 0 ? "\n" : "", escapes(line)])
        }</pre>`}
    `;
  }

  /** @param {HistoryMessage} message */
  #about(message) {
    const { direction, name, peer, stream, size, at, sentAt, id, sha256, path, status, question, re, code } =
      message;
    const isSent = direction === "sent";
    return html`
      <h1><bdi>${name}</bdi></h1>
      <dl class="about">
        <dt>${isSent ? "To" : "From"}</dt>
        <dd><bdi>${peer.name}</bdi> <span class="faint">${shortId(peer.id)}</span></dd>
        ${stream === undefined ? nothing : html`
          <dt>Stream</dt>
          <dd><bdi>${stream}</bdi></dd>
        `}
        <dt>${isSent ? "Handed in" : "Received"}</dt>
        <dd><time>${momentText(at)}</time>${sentAt === undefined || Math.abs(sentAt - at) < 60_000
          ? nothing
          : html`
            <span class="faint">(sent ${momentText(sentAt)} by the clock there)</span>
          `}</dd>
        <dt>Size</dt>
        <dd>${sizeText(size)}</dd>
        ${status === undefined ? nothing : html`
          <dt>Outcome</dt>
          <dd class="outcome-${status}">${status === "refused"
            ? `refused: ${refusalText(message)}`
            : status === "expired"
            ? "given up: it waited too long in the outbox"
            : status === "withdrawn" && message.why !== undefined
            ? `withdrawn: ${message.why}`
            : status}</dd>
        `}
        ${question
          ? html`
            <dt>Question</dt>
            <dd>It wants an answer.</dd>
          `
          : nothing}
        ${re === undefined ? nothing : html`
          <dt>Answers</dt>
          <dd><code>${re}</code>${code === undefined ? nothing : ` with a refusal: ${code}`}</dd>
        `}
      </dl>
      <details>
        <summary>Id and place</summary>
        <dl class="about">
        <dt>Id</dt>
        <dd><code>${id}</code></dd>
        ${sha256 === undefined ? nothing : html`
          <dt>SHA-256</dt>
          <dd><code>${sha256}</code></dd>
        `}
        ${path === undefined ? nothing : html`
          <dt>File</dt>
          <dd><code><bdi>${path}</bdi></code></dd>
        `}
        </dl>
      </details>
    `;
  }

  async #read() {
    this.#abort.abort();
    const { signal } = this.#abort = new AbortController();
    this.#show("reading", "");
    const message = this.#message;
    if (message === undefined) return;
    if (isForgotten(message)) {
      return this.#show("failed", "Documents over 65 000 bytes are not kept once they are sent.");
    }
    const size = "size" in message ? message.size : 0;
    try {
      const response = await request(pathWith("/api/document", queryOf(message)), { signal });
      const bytes = await response.arrayBuffer();
      if (signal.aborted) return;
      if (Math.max(size, bytes.byteLength) > TREE_MAX || isCut(response)) {
        const text = new TextDecoder().decode(bytes.slice(0, TEXT_MAX));
        return this.#show(
          "large",
          `It has ${sizeText(size)}, too much to show: this is its beginning. Download it to see all.`,
          text,
        );
      }
      this.#showWhole(bytes);
    } catch (error) {
      if (!signal.aborted) this.#show("failed", sentenceOf(error));
    }
  }

  /** @param {ArrayBuffer} bytes */
  #showWhole(bytes) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      this.#tree = new JsonTree(text);
      this.#show("tree", "");
    } catch (error) {
      const why = error instanceof TypeError
        ? "It is not UTF-8."
        : error instanceof Error
        ? error.message
        : "";
      const text = new TextDecoder().decode(bytes.slice(0, TEXT_MAX));
      this.#show("text", `This is not what came: the file was changed. ${why}`, text);
    }
  }

  /**
   * @param {"reading" | "tree" | "text" | "failed" | "large"} state
   * @param {string} remark
   * @param {string} [text]
   */
  #show(state, remark, text = "") {
    if (state !== "tree") this.#tree = undefined;
    this.#state = state;
    this.#remark = remark;
    this.#text = text;
    this.#said = "";
    this.update();
  }

  async #download() {
    if (this.#message === undefined) return;
    try {
      const { path } = await post("/api/ticket", queryOf(this.#message));
      const link = document.createElement("a");
      link.href = path;
      link.download = "";
      link.click();
      this.#said = "";
    } catch (error) {
      this.#said = sentenceOf(error);
    }
    this.update();
  }

  async #copyAll() {
    if (this.#tree === undefined) return;
    this.#said = await copy(this.#tree.text)
      ? "Copied the document."
      : "The browser does not let this page copy.";
    this.update();
  }
}

/** @param {Response} response */
function isCut(response) {
  return response.headers.get("earshot-cut") !== null;
}

/** Tells whether a document was sent and its contents are gone. @param {Named} message */
function isForgotten(message) {
  return "id" in message && message.direction === "sent" && message.kept === "nothing";
}

/** @param {Named} message */
function queryOf(message) {
  const isWaiting = "part" in message ? message.part === "queued" : message.status === "queued";
  return { row: message.row, sent: message.direction === "sent", waiting: isWaiting };
}

/** @param {Named | undefined} message */
function placeOf(message) {
  return message && `${message.direction} ${message.row}`;
}

/**
 * Tells whether both are one message: what is sent moves from the outbox to the history.
 *
 * @param {Named | undefined} one
 * @param {Named | undefined} other
 */
function isSame(one, other) {
  return one !== undefined && other !== undefined && "id" in one && "id" in other &&
    one.direction === "sent" && other.direction === "sent" && one.id === other.id &&
    one.peer.id === other.peer.id;
}

customElements.define("es-document", EsDocument);
