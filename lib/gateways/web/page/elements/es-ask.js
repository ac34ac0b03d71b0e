import { call, get, pathWith, request } from "../api.js";
import { askedOf, QUESTION_NAME, questionFault, unansweredText } from "../asks.js";
import { newId } from "../chats.js";
import { EsElement } from "../element.js";
import { onEvent, onGap } from "../events.js";
import { momentText, sentenceOf, timeText } from "../format.js";
import { JsonTree } from "../json_tree.js";
import { html, live, nothing, repeat } from "../lit.js";
import { nameOf } from "../name.js";
import { found } from "../peer_words.js";
import { store } from "../store.js";

/** @import { AskResult, PeerRef } from "../../../../peer/types.ts" */
/** @import { HistoryMessage } from "../../../../storage/history/history.ts" */
/** @import { Asked } from "../asks.js" */
/** @import { State } from "../store.js" */

/** How long the answer may take, milliseconds, as with `earshot ask`. */
const TIMEOUT = 30_000;

/** Questions and answers in a look at the history. */
const LOOK = 100;

/** Number of peers from which on there is a field to search them. */
const MANY = 8;

/** Most of an earlier question or answer that is shown, UTF-16 units. */
const TEXT_MAX = 20_000;

/** Most answers that are told to those who listen to the page. */
const SAID_MAX = 8;

const DRAFT = "earshot.question";

/** A question that was asked in this page. @typedef {{ id: string, text: string, to: readonly PeerRef[], results?: readonly AskResult[], failure?: string }} Question */

/** The view "Ask": a question in JSON to some peers, their answers, and what was asked before. */
export class EsAsk extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["peers", "route", "connection"];

  #text = sessionStorage.getItem(DRAFT) ?? "";
  #search = "";
  /** @type {Set<string>} */
  #to = new Set();
  /** The recipient that the address named last. @type {string | undefined} */
  #named;
  /** True once the user tried to send it: an unfinished text is no mistake. */
  #isChecked = false;
  /** @type {Question | undefined} */
  #question;
  /** @type {readonly Asked[]} */
  #asked = [];
  /** Texts of earlier questions and answers by their places. @type {Map<string, string>} */
  #texts = new Map();
  #open = "";
  #error = "";
  #ends = [() => {}];
  /** Ends what is read of the history. */
  #abort = new AbortController();
  #isLooking = false;
  #wantsLook = false;

  /** @override */
  opened() {
    const look = () => this.#lookBack();
    this.#ends = [
      onGap(look),
      onEvent((line) => line.event === "document" && line.re !== undefined && look()),
    ];
    look();
  }

  /** @override */
  closed() {
    for (const end of this.#ends) end();
    this.#abort.abort();
  }

  /** @override */
  view() {
    const { peers, route } = store.get();
    const [named] = route.parts;
    if (named !== this.#named) {
      this.#named = named;
      if (named !== undefined) this.#to.add(named);
    }
    const up = [
      ...peers.filter(({ id, state }) => state !== "gone" || this.#to.has(id)),
      // Nobody is asked who is not shown.
      ...this.#recipients().filter(({ id }) => !peers.some((peer) => peer.id === id)),
    ];
    const fault = this.#text.trim() === "" ? undefined : questionFault(this.#text);
    const isAsking = this.#question !== undefined && !this.#question.results && !this.#question.failure;
    return html`
      <h1>Ask</h1>
      <form class="ask-form" @submit=${this.#submitted}>
        <fieldset class="ask-peers">
          <legend>Whom</legend>
          ${up.length < MANY ? nothing : html`
            <input type="search" aria-label="Search peers" placeholder="Search peers"
              autocomplete="off" .value=${live(this.#search)} @input=${this.#searched}>
          `}
          <ul>${repeat(
            found(up, this.#search),
            ({ id }) => id,
            (peer) =>
              html`<li><label><input type="checkbox" .checked=${live(this.#to.has(peer.id))}
          @change=${() => this.#choose(peer.id)}><span class="cut">${nameOf(peer)}</span></label></li>`,
          )}</ul>
          ${up.length === 0 ? html`<p class="faint">Nobody is here.</p>` : nothing}
        </fieldset>
        <div class="ask-what">
          <label for="ask-text">Question, in JSON</label>
          <textarea id="ask-text" class="mono" rows="6" spellcheck="false" autocomplete="off"
            aria-invalid=${this.#isChecked && fault !== undefined} aria-describedby="ask-fault"
            placeholder='{"cmd": "info"}' .value=${live(this.#text)} @input=${this.#typed}
            @keydown=${this.#pressed}></textarea>
          <div class="toolbar">
            <button class="primary" ?disabled=${isAsking || this.#text.trim() === "" ||
              this.#to.size === 0}>${isAsking ? "Asking …" : "Ask"}</button>
            <p id="ask-fault" class="small ${fault && this.#isChecked ? "bad" : "faint"}" role="status">${this
              .#hint(fault)}</p>
          </div>
        </div>
      </form>
      ${this.#question === undefined ? nothing : this.#answers(this.#question)}
      ${this.#error === "" ? nothing : html`<p class="notice bad" role="alert">${this.#error}</p>`}
      ${this.#before()}
    `;
  }

  /** @param {ReturnType<typeof questionFault>} fault */
  #hint(fault) {
    if (fault !== undefined) return fault.text;
    if (this.#to.size === 0 && this.#text !== "") return "Choose whom to ask.";
    return "Control and Enter asks.";
  }

  /** @param {Question} question */
  #answers({ results, failure, to }) {
    // Who listens to the page hears who answered, and not whole documents.
    const [look, said] = failure !== undefined
      ? ["notice bad", `Not asked: ${failure}`]
      : results === undefined
      ? ["faint", `Waiting for ${to.length === 1 ? "an answer" : `${to.length} answers`} …`]
      : ["hushed", results.slice(0, SAID_MAX).map(unansweredText).join(" ")];
    return html`<section class="ask-answers" aria-label="Answers">
      <p class=${look} role="status">${said}</p>
      ${
      (results ?? []).map((result) =>
        html`<article class="ask-answer"><h2>${nameOf(result.to)}</h2>${
          result.status === "answered" && result.text !== undefined
            ? jsonView(result.text)
            : html`<p class=${result.status === "answered" ? "" : "caution"}>${unansweredText(result)}</p>`
        }</article>`
      )
    }
    </section>`;
  }

  #before() {
    if (this.#asked.length === 0) return nothing;
    return html`
      <section class="ask-before" aria-labelledby="ask-before">
        <h2 id="ask-before">Asked before</h2>
        <ul>${repeat(this.#asked, ({ id }) => id, (asked) => {
          const isOpen = asked.id === this.#open;
          const [first] = asked.sent;
          return html`<li>
          <button type="button" class="ask-line" aria-expanded=${isOpen} @click=${() => this.#toggle(asked)}>
            <span class="cut mono">${this.#texts.get(placeOf(first)) ?? "…"}</span>
            <span class="cut">${
            asked.sent.map(({ peer }, at) => html`${at > 0 ? ", " : ""}<bdi>${peer.name}</bdi>`)
          }</span>
            <time class="faint small" datetime=${new Date(asked.at).toISOString()} title=${
            momentText(asked.at)
          }>${timeText(asked.at)}</time>
          </button>
          ${isOpen ? this.#details(asked) : nothing}
        </li>`;
        })}</ul>
      </section>
    `;
  }

  /** @param {Asked} asked */
  #details({ sent, answers }) {
    const question = this.#texts.get(placeOf(sent[0]));
    return html`<div class="ask-details">
      ${
      question === undefined ? nothing : html`
        <pre class="ask-question">${question}</pre>
        <button type="button" @click=${() => this.#again(question, sent)}>Ask again</button>
      `
    }
      ${
      sent.map((message) => {
        const answer = answers.find(({ peer }) => peer.id === message.peer.id);
        const text = answer && this.#texts.get(placeOf(answer));
        return html`<article class="ask-answer"><h3>${nameOf(message.peer)}</h3>${
          answer === undefined
            ? html`<p class="faint">${
              message.status === "delivered"
                ? "No answer came."
                : `${message.status ?? "sent"}${message.why ? `: ${message.why}` : ""}`
            }</p>`
            : text === undefined
            ? html`<p class="faint">…</p>`
            : answer.code === undefined
            ? jsonView(text)
            : html`<p class="caution">${answer.code}: ${text}</p>`
        }</article>`;
      })
    }</div>`;
  }

  /** Looks at what was asked before: one look at a time. */
  async #lookBack() {
    this.#wantsLook = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { signal } = this.#abort;
    while (this.#wantsLook && !signal.aborted) {
      this.#wantsLook = false;
      try {
        await this.#readAsked(signal);
        this.#error = "";
      } catch (error) {
        if (!signal.aborted) this.#error = sentenceOf(error);
      }
      this.update();
    }
    this.#isLooking = false;
  }

  /** @param {AbortSignal} signal */
  async #readAsked(signal) {
    const common = { kind: "document", limit: LOOK };
    const [sent, received] = await Promise.all([
      get("/api/messages", { ...common, direction: "sent", search: QUESTION_NAME }, { signal }),
      get("/api/messages", { ...common, direction: "received", answers: true, limit: 2 * LOOK }, { signal }),
    ]);
    this.#asked = askedOf(sent.messages, received.messages);
    this.update();
    const places = new Set(this.#asked.flatMap(({ sent, answers }) => [...sent, ...answers]).map(placeOf));
    for (const place of this.#texts.keys()) if (!places.has(place)) this.#texts.delete(place);
    for (const { sent: [first] } of this.#asked) if (!signal.aborted) await this.#readText(first);
  }

  /** @param {HistoryMessage | undefined} message */
  async #readText(message) {
    const key = placeOf(message);
    if (message === undefined || this.#texts.has(key)) return;
    try {
      const { row, direction, status } = message;
      const isWaiting = direction === "sent" && status === "queued";
      const place = { row, waiting: isWaiting, sent: direction === "sent" && !isWaiting };
      const { signal } = this.#abort;
      const response = await request(pathWith("/api/document", place), { signal });
      this.#texts.set(key, (await response.text()).slice(0, TEXT_MAX));
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#texts.set(key, sentenceOf(error));
    }
    this.update();
  }

  /** @param {Asked} asked */
  #toggle(asked) {
    this.#open = this.#open === asked.id ? "" : asked.id;
    this.update();
    if (this.#open !== "") { for (const answer of asked.answers) this.#readText(answer); }
  }

  /** @param {string} text @param {readonly HistoryMessage[]} sent */
  #again(text, sent) {
    this.#setText(text);
    this.#to = new Set(sent.map(({ peer }) => peer.id));
    this.update();
    this.querySelector("textarea")?.focus();
  }

  /** The chosen peers. @returns {readonly PeerRef[]} */
  #recipients() {
    const known = [...store.get().peers, ...this.#asked.flatMap(({ sent }) => sent.map(({ peer }) => peer))];
    return [...this.#to].map((id) => known.find((peer) => peer.id === id) ?? { id, name: id.slice(0, 6) });
  }

  /** @param {string} id */
  #choose(id) {
    if (!this.#to.delete(id)) this.#to.add(id);
    this.update();
  }

  /** @param {Event} event */
  #searched = (event) => {
    this.#search = /** @type {HTMLInputElement} */ (event.target).value;
    this.update();
  };

  /** @param {Event} event */
  #typed = (event) => {
    this.#setText(/** @type {HTMLTextAreaElement} */ (event.target).value);
    this.#isChecked = false;
    this.update();
  };

  /** @param {string} text */
  #setText(text) {
    this.#text = text;
    try {
      sessionStorage.setItem(DRAFT, text);
    } catch { /* Too much: it stays until the tab is reloaded. */ }
  }

  /** @param {KeyboardEvent} event */
  #pressed = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      this.#submitted(event);
    }
  };

  /** @param {Event} event */
  #submitted = async (event) => {
    event.preventDefault();
    const text = this.#text.trim();
    if (text === "" || this.#to.size === 0) return;
    const fault = questionFault(this.#text);
    this.#isChecked = true;
    this.update();
    if (fault !== undefined) {
      const field = this.querySelector("textarea");
      field?.focus();
      if (fault.at !== undefined) field?.setSelectionRange(fault.at, fault.at + 1);
      return;
    }
    const to = this.#recipients();
    /** @type {Question} */
    const question = { id: newId(), text, to };
    this.#question = question;
    this.update();
    try {
      const params = { question: text, id: question.id, to: to.map(({ id }) => id), timeout: TIMEOUT };
      question.results = await call("ask", params);
    } catch (error) {
      question.failure = sentenceOf(error);
    }
    this.update();
    this.#lookBack();
  };
}

/** Shows a text as JSON, or as it is. @param {string} text */
function jsonView(text) {
  try {
    return html`<es-json .tree=${treeOf(text)}></es-json>`;
  } catch {
    return html`<pre>${text}</pre>`;
  }
}

/** Trees of answers: an element that gets the same one again stays as the user left it. @type {Map<string, JsonTree>} */
const trees = new Map();

/** @param {string} text */
function treeOf(text) {
  const tree = trees.get(text) ?? new JsonTree(text);
  if (trees.size > 50) trees.clear();
  trees.set(text, tree);
  return tree;
}

/** @param {HistoryMessage | undefined} message */
function placeOf(message) {
  return message === undefined
    ? ""
    : `${message.direction} ${message.status === "queued" ? "waiting" : ""} ${message.row}`;
}

customElements.define("es-ask", EsAsk);
