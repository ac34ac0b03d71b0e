// The conversations: read from the history page by page, and kept up to date by events.

import { call, get } from "./api.js";
import { chatOf, chatOfEvent, newId, ROOM, withChats, withResults } from "./chats.js";
import { onEvent, onGap } from "./events.js";
import { sentenceOf } from "./format.js";
import { notePartner } from "./partners.js";
import { selfOf } from "./store.js";
import { countUnread, lookForUnread, markChatsRead, startUnread } from "./unread_chats.js";
import { addUnsent, dropUnsent, unsentOf } from "./unsent.js";

/** @import { PeerRef } from "../../../peer/types.ts" */
/** @import { Chat } from "./chats.js" */

/** Messages in a page. */
const PAGE = 50;

/** Most messages of a conversation that stay in the page while nobody looks back. */
const CHATS_MAX = 1_500;

/** Most messages of a conversation that is not open. */
const REST_MAX = 200;

/** Most conversations that stay in the page. */
const CONVERSATIONS_MAX = 40;

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

/** @type {Set<() => void>} */
const listeners = new Set();

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

/** Reads the newest page of a conversation, and what is missing between it and what is here. @param {string} id */
export async function readNewest(id) {
  if (isFull(id)) return;
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
    const next = before.isRead && isJoined && placed.size > 0 ? before.next : page.next;
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
  const wasFull = id !== undefined && isFull(id);
  open = id;
  isAtEnd = atEnd;
  if (id === undefined) return;
  if (isSeen(id)) markRead(id);
  if (wasFull && atEnd) readNewest(id);
}

/** Tells whether the user sees what comes in this conversation. @param {string} id */
function isSeen(id) {
  return id === open && isAtEnd && document.visibilityState === "visible";
}

/** Begins to follow the events. */
export function startTalk() {
  onGap(refresh);
  startUnread(() => open !== undefined && isSeen(open) && markRead(open));
  onEvent((line) => {
    if (line.event === "chat") arrived(line);
    else if (line.event === "delivered" || line.event === "refused" || line.event === "withdrawn") {
      ended(line);
    }
  });
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && open !== undefined) readNewest(open);
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
  const { conversation: id, from } = chat;
  const old = conversations.get(id);
  if (old !== undefined && !isFull(id)) change(id, { chats: withChats(old.chats, [chat]) });
  if (id !== ROOM) notePartner(from);
  countUnread(chat);
  if (id === open && document.visibilityState === "visible") readSoon(id);
  tell();
}

/**
 * Tells whether a conversation takes nothing that comes: the user looks back in it, and it is long already. It is read
 * again when the user comes to its end.
 *
 * @param {string} id
 */
function isFull(id) {
  return id === open && !isAtEnd && conversation(id).chats.length >= 2 * CHATS_MAX;
}

/** Marks a conversation as read as far as it is here. @param {string} id */
function markRead(id) {
  markChatsRead(id, conversation(id).chats);
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
  const isOpen = id === open;
  if (now.chats.length > (isOpen ? 2 * CHATS_MAX : REST_MAX) && (!isOpen || document.hidden)) {
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
