// The conversations: read from the history page by page, and kept up to date by events.

import { call, get } from "./api.js";
import { chatOf, chatOfEvent, newId, ROOM, withChats, withResults } from "./chats.js";
import { onEvent, onGap } from "./events.js";
import { isPlain } from "./format.js";
import { notify } from "./notify.js";
import { store } from "./store.js";
import { isUnread, openMarks, withRead } from "./unread.js";
import { addUnsent, dropUnsent, unsentOf } from "./unsent.js";

/** @import { PeerRef } from "../../../peer/types.ts" */
/** @import { Chat } from "./chats.js" */
/** @import { Marks } from "./unread.js" */

/** Messages in a page. */
const PAGE = 50;

/** Most messages of a conversation that stay in the page while nobody looks back. */
const CHATS_MAX = 1_500;

/** Most conversations that stay in the page. */
const CONVERSATIONS_MAX = 40;

/** Messages in a look for unread ones, and most looks. */
const UNREAD_PAGE = 200;
const UNREAD_LOOKS = 5;

/** Most unread messages of a conversation that are counted. */
const UNREAD_MAX = 1_000;

/** Least time between two looks at the history for the rows of what events brought, milliseconds. */
const PAUSE = 400;

/** How long a message may wait for its acknowledgement, milliseconds, as with `earshot say`. */
const TIMEOUT = 5_000;

/**
 * A conversation, as far as it was read.
 *
 * @typedef {object} Conversation
 * @property {readonly Chat[]} chats oldest first
 * @property {string | undefined} next cursor of what is older; undefined if there is nothing
 * @property {boolean} isRead true once its newest page was read
 * @property {boolean} isReading
 * @property {string | undefined} error
 */

/** @type {Conversation} */
const NONE = { chats: [], next: undefined, isRead: false, isReading: false, error: undefined };

/** @type {Map<string, Conversation>} */
const conversations = new Map();

/** Peers that were spoken with, by id, latest last. @type {Map<string, PeerRef>} */
const partners = new Map();

/** @type {Set<() => void>} */
const listeners = new Set();

/** @type {Marks | undefined} */
let marks;

/** Unread messages: their places by key, by conversation. @type {Map<string, Map<string, { row?: number, at: number }>>} */
let unread = new Map();

/** The conversation that is open in the page. @type {string | undefined} */
let open;
/** True if the user looks at its end. */
let isAtEnd = false;

/** Calls `listener` after each change of a conversation, until the returned function is called. @param {() => void} listener */
export function onTalk(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Returns a conversation; an empty one if nothing of it was read. @param {string} id */
export function conversation(id) {
  return conversations.get(id) ?? NONE;
}

/** Lists the peers that were spoken with lately, latest first. */
export function lately() {
  return [...partners.values()].reverse();
}

/** Reads the newest page of a conversation, and what is missing between it and what is here. @param {string} id */
export async function readNewest(id) {
  if (conversation(id).isReading) return void readAgain.add(id);
  readAgain.delete(id);
  change(id, { isReading: true, error: undefined });
  try {
    const before = conversation(id);
    const page = await pageOf(id);
    // Where a page does not reach what is here, that is read again as the user looks back: a hole could not be noticed.
    const isTooMuch = before.chats.length > CHATS_MAX && isSeen(id);
    const placed = new Set(before.chats.filter(({ row }) => row !== undefined).map(({ key }) => key));
    const isJoined = !isTooMuch && (placed.size === 0 || page.chats.some(({ key }) => placed.has(key)));
    const kept = isJoined ? conversation(id).chats : conversation(id).chats.filter(isPending);
    const next = before.isRead && isJoined ? before.next : page.next;
    const unsent = before.isRead
      ? []
      : unsentOf(id).filter(({ key }) => !kept.some((chat) => chat.key === key));
    const chats = withChats([...unsent, ...kept], page.chats);
    change(id, { chats, next, isRead: true, isReading: false });
    const known = new Set(chats.filter((chat) => !isPending(chat)).map(({ key }) => key));
    dropUnsent((chat) => known.has(chat.key));
  } catch (error) {
    change(id, { isReading: false, error: sentenceOf(error) });
  }
  if (isSeen(id)) markRead(id);
  if (readAgain.has(id)) readNewest(id);
}

/** Conversations whose newest page is to be read once another one was: what was missed may be newer than that. */
const readAgain = new Set();

/** Reads the page before the oldest message that is here. @param {string} id */
export async function readOlder(id) {
  const { next, isReading } = conversation(id);
  if (next === undefined || isReading) return;
  change(id, { isReading: true, error: undefined });
  try {
    const page = await pageOf(id, next);
    change(id, {
      chats: withChats(conversation(id).chats, page.chats, true),
      next: page.next,
      isReading: false,
    });
  } catch (error) {
    change(id, { isReading: false, error: sentenceOf(error) });
  }
  if (readAgain.has(id)) readNewest(id);
}

/**
 * Says something in a conversation. What becomes of it stands beside the message.
 *
 * @param {string} id
 * @param {string} text
 */
export async function say(id, text) {
  const self = selfOf();
  const now = Date.now();
  const message = newId(now);
  const key = `own ${message}`;
  /** @type {Chat} */
  const chat = {
    key,
    id: message,
    conversation: id,
    isOwn: true,
    from: self,
    text,
    at: now,
    outcomes: {},
    sending: true,
  };
  change(id, { chats: withChats(conversation(id).chats, [chat]) });
  addUnsent(chat);
  await handOver(chat);
}

/** Sends a message again that could not be handed over: it arrives once. @param {Chat} chat */
export async function sayAgain(chat) {
  const { failure: _, ...rest } = chat;
  const again = { ...rest, sending: true };
  replace(again);
  await handOver(again);
}

/** Gives up a message that could not be handed over. @param {Chat} chat */
export function discard({ key, conversation: where }) {
  dropUnsent((chat) => chat.key === key);
  change(where, { chats: conversation(where).chats.filter((chat) => chat.key !== key) });
}

/** @param {Chat} chat */
async function handOver({ key, id, conversation: where, text }) {
  /** @type {(put: (chat: Chat) => Chat) => void} */
  const put = (change) => {
    const now = conversation(where).chats.find((chat) => chat.key === key);
    if (now !== undefined) replace(change(now));
  };
  try {
    const to = where === ROOM ? {} : { to: [where] };
    const results = await call("say", { text, id, timeout: TIMEOUT, ...to });
    put((chat) => withResults(chat, results));
    dropUnsent((chat) => chat.key === key);
  } catch (error) {
    const failure = sentenceOf(error);
    put(({ sending: _, ...chat }) => ({ ...chat, failure }));
  }
}

/**
 * Opens a conversation in the page; undefined: none is.
 *
 * @param {string | undefined} id
 * @param {boolean} atEnd true if the user sees what comes
 */
export function setOpen(id, atEnd) {
  open = id;
  isAtEnd = atEnd;
  if (id !== undefined && isSeen(id)) markRead(id);
}

/** Tells whether the user sees what comes in this conversation. @param {string} id */
function isSeen(id) {
  return id === open && isAtEnd && document.visibilityState === "visible";
}

/** Begins to follow the events. */
export function startTalk() {
  onGap(refresh);
  // The marks are those of this peer.
  store.subscribe(["status"], () => marks === undefined && lookForUnread());
  onEvent((line) => {
    if (line.event === "chat") arrived(line);
    else if (line.event === "delivered" || line.event === "refused" || line.event === "withdrawn") {
      ended(line);
    }
  });
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && open !== undefined) readNewest(open);
  });
  // Another tab may have read what is unread here.
  addEventListener("storage", ({ key, newValue }) => {
    if (marks === undefined || key !== marksKey()) return;
    marks = openMarks(newValue, Number.MAX_SAFE_INTEGER);
    showUnread();
    // Of what came a moment ago the row is not known here.
    const places = [...unread.values()].flatMap((of) => [...of.values()]);
    if (places.some(({ row }) => row === undefined)) lookForUnread();
  });
}

/** Reads again what may have been missed. */
async function refresh() {
  for (const id of [...conversations.keys()]) if (id !== open) conversations.delete(id);
  await Promise.all([open === undefined ? undefined : readNewest(open), lookForUnread()]);
  tell();
}

/** @param {any} event */
function arrived(event) {
  const chat = chatOfEvent(event);
  const { conversation: id, key, at, row, from } = chat;
  const old = conversations.get(id);
  if (old !== undefined) change(id, { chats: withChats(old.chats, [chat]) });
  if (id !== ROOM) notePartner(from);
  if (marks !== undefined && isUnread(marks, id, { row, at })) {
    const of = unread.get(id) ?? new Map();
    if (of.size < UNREAD_MAX) of.set(key, { row, at });
    unread.set(id, of);
    showUnread();
    notify(chat, () => unread.get(id)?.has(key) ?? false);
  }
  if (id === open && document.visibilityState === "visible") readSoon(id);
  tell();
}

/** Conversations whose rows are to be read. @type {Set<string>} */
const awaited = new Set();

/** Reads the rows of what came, a moment later: many may come at once. @param {string} id */
function readSoon(id) {
  if (awaited.has(id)) return;
  awaited.add(id);
  setTimeout(() => {
    awaited.delete(id);
    if (id === open) readNewest(id);
  }, PAUSE);
}

/** @param {{ event: "delivered" | "refused" | "withdrawn", id: string, to: PeerRef, code?: string, why?: string }} line */
function ended({ event, id, to, code, why }) {
  for (const where of [ROOM, to.id]) {
    const chat = conversation(where).chats.find((each) => each.isOwn && each.id === id);
    if (chat === undefined) continue;
    // The call that sends it has the results of all, and ends the wait.
    const outcomes = { ...chat.outcomes, [to.id]: { to, status: event, code, why } };
    return replace({ ...chat, outcomes });
  }
  // Somebody else of this machine may have said it.
  if (open === ROOM || open === to.id) readSoon(open);
}

/** Looks in the history for what came after the marks. */
async function lookForUnread() {
  const self = selfOf();
  const key = marksKey();
  if (key === undefined) return;
  /** @type {string | undefined} */
  let before;
  const old = new Set([...unread.values()].flatMap((of) => [...of.keys()]));
  /** @type {Map<string, Map<string, { row?: number, at: number }>>} */
  const found = new Map();
  let newest = 0;
  for (let look = 0; look < UNREAD_LOOKS; look++) {
    let page;
    try {
      page = await get("/api/messages", { kind: "chat", direction: "received", limit: UNREAD_PAGE, before });
    } catch {
      return;
    }
    const chats = page.messages.map((/** @type {any} */ message) => chatOf(message, self));
    if (look === 0) {
      newest = chats[0]?.row ?? 0;
      marks ??= openMarks(localStorage.getItem(key), newest);
      for (const { conversation: id, from } of [...chats].reverse()) if (id !== ROOM) notePartner(from);
    }
    const kept = /** @type {Marks} */ (marks);
    for (const { conversation: id, key, row, at } of chats) {
      if (!isUnread(kept, id, { row, at })) continue;
      const of = found.get(id) ?? new Map();
      found.set(id, of.set(key, { row, at }));
    }
    before = page.next;
    if (before === undefined || (chats.at(-1)?.row ?? 0) <= kept.base) break;
  }
  // The next look ends where nothing is unread.
  const rows = [...found.values()].flatMap((of) => [...of.values()].map(({ row = newest + 1 }) => row));
  const now = /** @type {Marks} */ (marks);
  marks = { ...now, base: Math.max(now.base, Math.min(newest, ...rows.map((row) => row - 1))) };
  // What came meanwhile need not be on the page that was read first.
  for (const [id, places] of unread) {
    const of = found.get(id) ?? new Map();
    for (const [key, place] of places) if (!old.has(key) && !of.has(key)) found.set(id, of.set(key, place));
  }
  unread = found;
  keepMarks();
  if (open !== undefined && isSeen(open)) markRead(open);
  showUnread();
}

/** Marks a conversation as read as far as it is here. @param {string} id */
function markRead(id) {
  if (marks === undefined) return;
  const received = conversation(id).chats.filter(({ isOwn }) => !isOwn);
  const last = received.at(-1);
  const row = received.reduce((most, chat) => Math.max(most, chat.row ?? 0), 0);
  if (last === undefined) return;
  // One that has just come has no row in the event, and may have another time there than in the history.
  for (const { key } of received) unread.get(id)?.delete(key);
  const read = withRead(marks, id, { row, at: last.at });
  if (read === marks && !unread.has(id)) return;
  marks = read;
  keepMarks();
  showUnread();
}

function showUnread() {
  const now = marks;
  if (now === undefined) return;
  /** @type {Record<string, number>} */
  const counts = {};
  for (const [id, places] of unread) {
    for (const [key, place] of places) if (!isUnread(now, id, place)) places.delete(key);
    if (places.size === 0) unread.delete(id);
    else counts[id] = places.size;
  }
  store.set({ unread: counts });
}

function keepMarks() {
  const key = marksKey();
  if (key === undefined || marks === undefined) return;
  try {
    localStorage.setItem(key, JSON.stringify(marks));
  } catch { /* No room: they hold until the next reload. */ }
}

function marksKey() {
  const { status } = store.get();
  return status && `earshot.read.${status.id}`;
}

/** @returns {PeerRef} */
function selfOf() {
  const { status } = store.get();
  return { id: status?.id ?? "", name: status?.name ?? "you" };
}

/** @param {PeerRef} peer */
function notePartner(peer) {
  if (isPlain(peer.id)) return;
  partners.delete(peer.id);
  partners.set(peer.id, peer);
  const [oldest] = partners.keys();
  if (partners.size > CONVERSATIONS_MAX && oldest !== undefined) partners.delete(oldest);
}

/**
 * @param {string} id
 * @param {string} [before]
 * @returns {Promise<{ chats: Chat[], next: string | undefined }>} oldest first
 */
async function pageOf(id, before) {
  const which = id === ROOM ? { to: "all" } : { to: "you", peer: id };
  const { messages, next } = await get("/api/messages", { kind: "chat", ...which, limit: PAGE, before });
  const self = selfOf();
  const chats = messages.map((/** @type {any} */ message) => chatOf(message, self)).reverse();
  return { chats, next };
}

/** @param {string} id @param {Partial<Conversation>} patch */
function change(id, patch) {
  const now = { ...conversation(id), ...patch };
  if (now.chats.length > 2 * CHATS_MAX && (id !== open || document.hidden)) {
    // It is read again when somebody looks at it.
    conversations.delete(id);
    return tell();
  }
  conversations.delete(id);
  conversations.set(id, now);
  for (const other of conversations.keys()) {
    if (conversations.size <= CONVERSATIONS_MAX) break;
    if (other !== open) conversations.delete(other);
  }
  tell();
}

/** @param {Chat} chat */
function replace(chat) {
  const { chats } = conversation(chat.conversation);
  change(chat.conversation, { chats: chats.map((each) => each.key === chat.key ? chat : each) });
}

/** Tells whether the history need not have a message. @param {Chat} chat */
function isPending({ sending, failure }) {
  return sending || failure !== undefined;
}

function tell() {
  for (const listener of [...listeners]) listener();
}

/** @param {unknown} error */
function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}
