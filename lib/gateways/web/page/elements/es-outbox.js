import { call, get } from "../api.js";
import { askUser } from "../ask_user.js";
import { EsElement } from "../element.js";
import { onEvent, onGap } from "../events.js";
import {
  countText,
  momentText,
  nameClass,
  periodText,
  refusalText,
  sentenceOf,
  sizeText,
} from "../format.js";
import { html, nothing, repeat } from "../lit.js";
import { hashOf } from "../router.js";
import { store } from "../store.js";

/**
 * @import { HistoryMessage } from "../../../../storage/history/history.ts"
 * @import { Withdrawal } from "../../../../peer/types.ts"
 * @import { State } from "../store.js"
 */

/** Messages on one page. */
const PAGE = 50;
/** Pause before the outbox is read again after something happened, and between looks without that, milliseconds. */
const SOON_MS = 300;
const EVERY_MS = 30_000;
/** Events after which something else may wait, or for another reason. */
const EVENTS = new Set(["delivered", "refused", "withdrawn", "peer"]);

/** The view "Outbox": what waits, for whom, since when and why; to be withdrawn here. */
export class EsOutbox extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["peers"];

  /** @type {readonly HistoryMessage[] | undefined} */
  #messages;
  /** Cursors of the pages up to this one, the last one for this. @type {(string | number | undefined)[]} */
  #cursors = [undefined];
  /** @type {string | number | undefined} */
  #next;
  #error = "";
  /** True if the button with the focus is about to leave the page, or did. */
  #hasLostFocus = false;
  #said = "";
  #abort = new AbortController();
  /** @type {(() => void)[]} */
  #ends = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;

  /** @override */
  opened() {
    const every = setInterval(() => this.#read(), EVERY_MS);
    this.#ends = [
      onEvent((line) => {
        if (EVENTS.has(line.event)) this.#readSoon();
      }),
      onGap(() => this.#readSoon()),
      () => clearInterval(every),
    ];
    this.#read();
  }

  /** @override */
  closed() {
    for (const end of this.#ends) end();
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#abort.abort();
  }

  /** @override */
  view() {
    const messages = this.#messages;
    return html`
      <h1 tabindex="-1">Outbox</h1>
      <p class="faint">What waits for its recipients. It is delivered as soon as they are here and take it.</p>
      <p class="outbox-said" role="status">${this.#said}</p>
      ${this.#error === "" ? nothing : html`<p class="notice bad" role="alert">${this.#error}</p>`}
      ${messages === undefined
        ? html`<p class="empty">${this.#error === "" ? "Reading…" : nothing}</p>`
        : messages.length === 0 && this.#cursors.length === 1
        ? html`<p class="empty">Nothing waits.</p>`
        : html`<ul class="outbox" aria-label="Waiting messages">
          ${repeat(messages, keyOf, (message) => this.#item(message))}
        </ul>
        ${this.#pager()}`}
    `;
  }

  /** @override */
  rendered() {
    if (!this.#hasLostFocus || document.activeElement !== document.body) return;
    this.#hasLostFocus = false;
    /** @type {HTMLElement | null} */ (this.querySelector(".outbox button") ?? this.querySelector("h1"))
      ?.focus();
  }

  /** @param {HistoryMessage} message */
  #item(message) {
    const { kind, name, text, peer, at, size, row, stream } = message;
    return html`
      <li class="waiting">
        <div class="waiting-what">
          ${kind === "chat"
            ? html`<bdi class="cut" dir="auto">${text}</bdi>`
            : html`<a class="cut" href=${
              hashOf("documents", ["queued", String(row)])
            }><bdi>${name}</bdi></a>`}
          <span class="faint small">${kind === "chat" ? "message" : sizeText(size)}${stream === undefined
            ? nothing
            : html`
              · <bdi>${stream}</bdi>
            `}</span>
        </div>
        <div class="waiting-why">
          <span>for <bdi class="name ${nameClass(peer.id)}">${peer.name}</bdi>
            <time class="faint small" title=${momentText(at)}>waiting ${periodText(Date.now() - at)}</time>
          </span>
          <span class="small">${whyText(message)}</span>
        </div>
        <button type="button" class="danger" aria-label=${`Withdraw ${whatOf(message)} for ${peer.name}`}
          @click=${() => this.#withdraw(message)}>Withdraw</button>
      </li>
    `;
  }

  #pager() {
    const isFirst = this.#cursors.length === 1;
    if (isFirst && this.#next === undefined) return nothing;
    return html`
      <nav class="toolbar" aria-label="Pages of the outbox">
        <button type="button" ?disabled=${isFirst} @click=${this.#back}>Newer</button>
        <span class="faint">Page ${countText(this.#cursors.length)}</span>
        <button type="button" ?disabled=${this.#next === undefined} @click=${this.#forward}>Older</button>
      </nav>
    `;
  }

  async #read() {
    this.#abort.abort();
    const { signal } = this.#abort = new AbortController();
    try {
      const answer = await get("/api/outbox", { before: this.#cursors.at(-1), limit: PAGE }, { signal });
      this.#messages = answer.messages;
      this.#next = answer.next;
      this.#error = "";
      // The last one of a page may have gone.
      if (answer.messages.length === 0 && this.#cursors.length > 1) this.#back();
    } catch (error) {
      if (signal.aborted) return;
      this.#error = sentenceOf(error);
    }
    this.update();
  }

  #readSoon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#read();
    }, SOON_MS);
  }

  #back() {
    this.#cursors.pop();
    this.#read();
  }

  #forward() {
    this.#cursors.push(this.#next);
    this.#read();
  }

  /** @param {HistoryMessage} message */
  async #withdraw(message) {
    const what = `${whatOf(message)} for ${message.peer.name}`;
    const text = html`<bdi>${
      whatOf(message)
    }</bdi> for <bdi>${message.peer.name}</bdi> leaves the outbox and is not
      sent any more.`;
    if (!await askUser({ title: "Withdraw it?", text, action: "Withdraw", isDangerous: true })) return;
    try {
      const [result] = await call("withdraw", { id: message.id, to: [message.peer.id] });
      this.#said = result === undefined ? `${what} does not wait any more.` : withdrawnText(what, result);
    } catch (error) {
      this.#said = sentenceOf(error);
    }
    await this.#read();
    this.#hasLostFocus = true;
  }
}

/**
 * Why a message waits, as a sentence; without a reason from the peer, what the roster tells.
 *
 * @param {HistoryMessage} message
 */
function whyText({ code, why, peer: { id, name } }) {
  if (code !== undefined) return `${name} cannot take it now: ${refusalText({ code, why })}.`;
  if (why !== undefined && why !== "") return `${why[0]?.toUpperCase()}${why.slice(1).replace(/\.$/, "")}.`;
  return store.get().peers.some((peer) => peer.id === id && peer.state === "up")
    ? "It waits for the answer."
    : "Not within earshot.";
}

/** @param {HistoryMessage} message */
function whatOf({ kind, name }) {
  return kind === "chat" ? "the message" : name;
}

/**
 * @param {string} what
 * @param {Withdrawal} result
 */
function withdrawnText(what, { status, why }) {
  const because = why === undefined ? "" : `: ${why.replace(/\.$/, "")}`;
  if (status === "withdrawn") return `Withdrew ${what}${because}.`;
  if (status === "kept") return `${what} stays in the outbox${because}.`;
  return `${what} was ${status} before${because}.`;
}

/** @param {HistoryMessage} message */
function keyOf({ id, peer }) {
  return `${id} ${peer.id}`;
}

customElements.define("es-outbox", EsOutbox);
