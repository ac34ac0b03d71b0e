import { unreadBadge } from "../badge.js";
import { beginsGroup, bytesOf, canSayTo, CHAT_MAX, outcomeText, ROOM, statusText } from "../chats.js";
import { EsElement } from "../element.js";
import { clockText, countText, dayText, isSameDay, momentText } from "../format.js";
import { html, live, nothing, repeat } from "../lit.js";
import { nameOf } from "../name.js";
import { askToNotify, canAskToNotify } from "../notify.js";
import { lately } from "../partners.js";
import { hashOf } from "../router.js";
import { store } from "../store.js";
import { conversation, discard, onTalk, readNewest, readOlder, say, sayAgain, setOpen } from "../talk.js";

/** @import { State } from "../store.js" */
/** @import { Chat } from "../chats.js" */

/** Distance from the end within which the talk follows what comes, pixels. */
const NEAR = 80;

/** Most lines of the field before it scrolls. */
const LINES_MAX = 8;

/** How long after a reading the log is quiet for those who listen to the page, milliseconds. */
const QUIET = 500;

/** Longest text that is shown in full height, characters and lines; a longer one scrolls by itself. */
const TALL_TEXT = 3_000;
const TALL_LINES = 30;

const DRAFTS = "earshot.drafts";

/** Texts that were begun, by conversation, kept for this tab. */
const drafts = new Map(Object.entries(readDrafts()));

/** The view "Talk": the room, or a conversation with one peer. */
export class EsTalk extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["route", "peers", "unread", "connection", "status"];

  #where = ROOM;
  #isAtEnd = true;
  /** A message that stays where it is while older ones come above it. @type {{ element: Element, top: number } | undefined} */
  #anchor;
  /** Height of the log when it was last scrolled to its end, pixels. */
  #seenHeight = 0;
  /** True while what was said before comes into the log: nobody wants to listen to all of that. */
  #isQuiet = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #loud;
  /** True if the user can be asked for notifications. */
  #canAsk = false;
  #end = () => {};
  #seenAgain = () => this.#tellSeen();
  /** Called when a neighbour above or below may have taken room from the log. */
  #resized = new ResizeObserver(() => this.#follow());

  /** @override */
  opened() {
    this.#end = onTalk(() => this.update());
    addEventListener("visibilitychange", this.#seenAgain);
    this.#enter(whereOf());
    // To look takes a browser as long as to render the page, which is to be seen before.
    requestAnimationFrame(() => setTimeout(this.#lookForNotes));
  }

  /** @override */
  closed() {
    this.#end();
    removeEventListener("visibilitychange", this.#seenAgain);
    setOpen(undefined, false);
    this.#resized.disconnect();
    clearTimeout(this.#loud);
    this.#loud = undefined;
  }

  /** @param {string} where */
  #enter(where) {
    this.#where = where;
    this.#isAtEnd = true;
    this.#isQuiet = true;
    this.#tellSeen();
    readNewest(where);
  }

  /** @override */
  view() {
    const where = whereOf();
    if (where !== this.#where) this.#enter(where);
    const { peers, unread, status, connection } = store.get();
    const { chats, next, isRead, isReading, error } = conversation(where);
    const peer = peers.find(({ id }) => id === where) ?? lately().find(({ id }) => id === where) ??
      chats.find(({ isOwn }) => !isOwn)?.from ?? { id: where, name: where.slice(0, 6) };
    const draft = drafts.get(where) ?? "";
    const size = bytesOf(draft);
    const isGone = where !== ROOM && !peers.some(({ id, state }) => id === where && state !== "gone");
    return html`
      <div class="talk-head">
        <h1>${where === ROOM ? "Everyone" : nameOf(peer)}</h1>
        <nav class="talk-others" aria-label="Conversations">${this.#others(where, unread)}</nav>
        ${this.#canAsk
          ? html`<button type="button" class="quiet small" @click=${this.#askToNotify}>Notify me</button>`
          : nothing}
      </div>
      <div class="talk-log" role="log" aria-label="Messages" aria-live=${this.#isQuiet ? "off" : "polite"}
        aria-busy=${isReading} tabindex="0" @scroll=${this.#scrolled}>
        ${next === undefined
          ? nothing
          : html`<button type="button" class="quiet talk-older" ?disabled=${isReading} @click=${() =>
            this.#older()}>${isReading ? "Reading …" : "Older messages"}</button>`}
        ${isRead && chats.length === 0 ? emptyText(where) : nothing}
        <ol>${repeat(
          chats,
          ({ key }) => key,
          (chat, at) => chatView(chat, chats[at - 1], status?.id ?? ""),
        )}</ol>
        ${error === undefined ? nothing : html`<p class="notice bad" role="alert">${error}
            <button type="button" class="quiet" @click=${() => readNewest(where)}>Try again</button></p>`}
      </div>
      ${this.#isAtEnd
        ? nothing
        : html`<button type="button" class="talk-down" @click=${() => this.#toEnd()}>${
          unread[where] ? `${countText(unread[where])} new ↓` : "To the end ↓"
        }</button>`}
      ${canSayTo(where)
        ? html`
          <form class="talk-form" @submit=${this.#submitted}>
            <label class="hushed" for="talk-text">Message</label>
            <textarea id="talk-text" dir="auto" rows=${Math.min(LINES_MAX, draft.split("\n").length)}
              placeholder=${where === ROOM ? "Say something to everyone" : `Say something to ${peer.name}`}
              aria-describedby="talk-hint" autocomplete="off" .value=${live(draft)}
              @input=${this.#typed} @keydown=${this.#pressed}></textarea>
            <button class="primary" ?disabled=${draft.trim() === "" || size > CHAT_MAX}>Send</button>
            <p id="talk-hint" class="small ${size > CHAT_MAX ? "bad" : "faint"}">${hintText(
              size,
              isGone,
              connection !== "connected",
            )}</p>
          </form>
        `
        : html`<p class="talk-form faint">This sender has no key: nothing can be said to it alone.</p>`}
    `;
  }

  /** @override */
  rendered() {
    const log = this.querySelector(".talk-log");
    if (log === null) return;
    const anchor = this.#anchor;
    if (anchor !== undefined) {
      log.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
      if (!conversation(this.#where).isReading) this.#anchor = undefined;
    }
    this.#resized.observe(log);
    this.#follow();
    if (!this.#isQuiet || this.#loud !== undefined || conversation(this.#where).isReading) return;
    this.#loud = setTimeout(() => {
      this.#loud = undefined;
      this.#isQuiet = conversation(this.#where).isReading;
      this.update();
    }, QUIET);
  }

  #follow() {
    const log = this.querySelector(".talk-log");
    if (log === null || !this.#isAtEnd) return;
    this.#seenHeight = log.clientHeight;
    log.scrollTop = log.scrollHeight;
  }

  /**
   * @param {string} where
   * @param {Readonly<Record<string, number>>} unread
   */
  #others(where, unread) {
    const { peers } = store.get();
    const names = new Map([...lately(), ...peers].map((peer) => [peer.id, peer]));
    const ids = [...new Set([...Object.keys(unread), ...lately().map(({ id }) => id)])].filter((id) =>
      id !== where && id !== ROOM && names.has(id)
    ).slice(0, 6);
    const room = where === ROOM
      ? nothing
      : html`<a href=${hashOf("talk")}>Everyone ${unreadBadge(unread[ROOM])}</a>`;
    return [
      room,
      ...ids.map((id) =>
        html`<a href=${hashOf("talk", [id])}><bdi>${names.get(id)?.name}</bdi> ${unreadBadge(unread[id])}</a>`
      ),
    ];
  }

  #tellSeen() {
    setOpen(this.#where, this.#isAtEnd);
  }

  #scrolled() {
    const log = this.querySelector(".talk-log");
    if (log === null) return;
    // The browser tells of a scroll also if the log became smaller: that was not the user.
    if (this.#isAtEnd && log.clientHeight !== this.#seenHeight) return this.#follow();
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    if (isAtEnd !== this.#isAtEnd) {
      this.#isAtEnd = isAtEnd;
      this.#tellSeen();
      this.update();
    }
    if (this.#anchor !== undefined) this.#hold();
    if (log.scrollTop < NEAR && log.scrollHeight > log.clientHeight) this.#older();
  }

  #older() {
    const { next, isReading } = conversation(this.#where);
    if (next === undefined || isReading) return;
    this.#isQuiet = true;
    readOlder(this.#where);
    this.#hold();
  }

  /** Holds what the user reads in its place. */
  #hold() {
    const log = this.querySelector(".talk-log");
    if (log === null) return;
    const { top } = log.getBoundingClientRect();
    const element = [...log.querySelectorAll(".chat")].find((chat) =>
      chat.getBoundingClientRect().bottom > top
    );
    this.#anchor = element && { element, top: element.getBoundingClientRect().top };
  }

  #toEnd() {
    this.#isAtEnd = true;
    this.#tellSeen();
    readNewest(this.#where);
  }

  /** @param {Event} event */
  #typed = (event) => {
    setDraft(this.#where, /** @type {HTMLTextAreaElement} */ (event.target).value);
    this.update();
  };

  /** @param {KeyboardEvent} event */
  #pressed = (event) => {
    // A key that ends the input of a character (Japanese, Chinese) sends nothing.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    this.#submitted(event);
  };

  /** @param {Event} event */
  #submitted = (event) => {
    event.preventDefault();
    const text = (drafts.get(this.#where) ?? "").replace(/\s+$/, "");
    if (text === "" || bytesOf(text) > CHAT_MAX) return;
    setDraft(this.#where, "");
    this.#isAtEnd = true;
    this.#tellSeen();
    say(this.#where, text);
    this.update();
  };

  #askToNotify = async () => {
    await askToNotify();
    this.#lookForNotes();
  };

  #lookForNotes = () => {
    this.#canAsk = canAskToNotify();
    this.update();
  };
}

function whereOf() {
  const { view, parts } = store.get().route;
  return view === "talk" ? parts[0] ?? ROOM : ROOM;
}

/** @param {string} where */
function emptyText(where) {
  return html`<p class="empty">${
    where === ROOM
      ? "Nothing was said yet. What you say here reaches everyone who is up, and nobody who comes later."
      : "Nothing was said yet between you two."
  }</p>`;
}

/**
 * @param {Chat} chat
 * @param {Chat | undefined} before
 * @param {string} self
 */
function chatView(chat, before, self) {
  const { from, isOwn, text, at, conversation: where } = chat;
  const isFirst = beginsGroup(before, chat);
  const isTall = text.length > TALL_TEXT || text.split("\n", TALL_LINES + 1).length > TALL_LINES;
  const isNewDay = before === undefined || !isSameDay(before.at, at);
  return html`<li class="chat ${isFirst ? "first" : ""} ${isOwn ? "own" : ""}">
      ${isNewDay ? html`<h2 class="talk-day"><span>${dayText(at)}</span></h2>` : nothing}
      ${
    isFirst
      ? html`<p class="chat-from">${
        isOwn
          ? html`<span class="name">You</span>`
          : html`<a href=${hashOf("peers", [from.id])} tabindex="-1">${nameOf(from)}</a>`
      }</p>`
      : html`<span class="hushed">${
        isOwn || from.id === self ? "You" : html`<bdi>${from.name}</bdi>`
      }:</span>`
  }
      <p class="chat-text ${isTall ? "tall" : ""}" dir="auto" tabindex=${isTall ? "0" : nothing}>${text}</p>
      <p class="chat-side small faint"><time datetime=${new Date(at).toISOString()} title=${momentText(at)}>${
    clockText(at)
  }</time></p>
      ${isOwn ? outcomeView(chat, where) : nothing}
    </li>`;
}

/** @param {Chat} chat @param {string} where */
function outcomeView(chat, where) {
  const { text, isGood } = outcomeText(chat);
  const others = Object.values(chat.outcomes).filter(({ status }) => status !== "delivered");
  const again = chat.failure === undefined ? nothing : html`
    <button type="button" class="quiet small" @click=${() => sayAgain(chat)}>Send again</button>
    <button type="button" class="quiet small" @click=${() => discard(chat)}>Discard</button>
  `;
  const said = html`<span role="status" class=${isGood ? "faint" : "caution"}>${text}</span>${again}`;
  if (where !== ROOM || others.length === 0) return html`<p class="chat-outcome small">${said}</p>`;
  return html`
    <details class="chat-outcome small">
      <summary>${said}</summary>
      <ul>${others.map((outcome) => html`<li>${nameOf(outcome.to)}: ${statusText(outcome)}</li>`)}</ul>
    </details>
  `;
}

/**
 * @param {number} size bytes
 * @param {boolean} isGone
 * @param {boolean} isCut
 */
function hintText(size, isGone, isCut) {
  if (size > CHAT_MAX) {
    return `${countText(size - CHAT_MAX)} bytes over the limit of 16 KiB. Send a longer text as a document.`;
  }
  if (size > CHAT_MAX * 0.8) return `${countText(CHAT_MAX - size)} bytes are left of 16 KiB.`;
  if (isCut) return "There is no connection now.";
  if (isGone) return "This peer is not here: what you say waits in the outbox.";
  return "Enter sends, Shift and Enter begins a line.";
}

/** @param {string} where @param {string} text */
function setDraft(where, text) {
  if (text === "") drafts.delete(where);
  else drafts.set(where, text);
  try {
    sessionStorage.setItem(DRAFTS, JSON.stringify(Object.fromEntries(drafts)));
  } catch { /* Too much: it stays until the tab is reloaded. */ }
}

/** @returns {Record<string, string>} */
function readDrafts() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(DRAFTS) ?? "{}");
    return Object.fromEntries(Object.entries(kept).filter(([, text]) => typeof text === "string"));
  } catch {
    return {};
  }
}

customElements.define("es-talk", EsTalk);
