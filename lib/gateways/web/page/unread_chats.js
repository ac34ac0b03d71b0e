// Counts the chats that nobody has read yet, by conversation.

import { get } from "./api.js";
import { chatOf, ROOM } from "./chats.js";
import { onEvent } from "./events.js";
import { notify } from "./notify.js";
import { notePartner } from "./partners.js";
import { selfOf, store } from "./store.js";
import { isUnread, openMarks, withRead } from "./unread.js";

/** @import { Chat } from "./chats.js" */
/** @import { Mark, Marks } from "./unread.js" */

/** Messages in a look for unread ones, and most looks. */
const UNREAD_PAGE = 200;
const UNREAD_LOOKS = 5;

/** Most unread messages of a conversation that are counted. */
const UNREAD_MAX = 1_000;

/** Least time between two looks that other tabs cause, milliseconds: fifty of them hear of each message that is read. */
const PAUSE = 2_000;

/** @type {Marks | undefined} */
let marks;

/** Row of the message that was the last one when the events began. @type {number | undefined} */
let firstRow;

/** Chats that came before the marks were loaded. @type {Chat[]} */
const early = [];

/** Reading positions from before the marks were loaded, by conversation. @type {Map<string, Mark>} */
const earlyRead = new Map();

/** Unread messages: their places by key, by conversation. @type {Map<string, Map<string, { row?: number, at: number }>>} */
let unread = new Map();

/** Called after each look at the history. */
let looked = () => {};

/** @type {ReturnType<typeof setTimeout> | undefined} */
let later;

/** Begins to count. @param {() => void} whenLooked called after each look at the history */
export function startUnread(whenLooked) {
  looked = whenLooked;
  onEvent(({ hello }) => {
    firstRow ??= hello?.row;
  });
  // The marks are those of this peer.
  store.subscribe(["status"], () => marks === undefined && lookForUnread());
  // Another tab may have read what is unread here.
  addEventListener("storage", ({ key, newValue }) => {
    if (marks === undefined || newValue === null || key !== marksKey()) return;
    marks = openMarks(newValue, Number.MAX_SAFE_INTEGER);
    showUnread();
    // Of what came a moment ago the row is not known here.
    const places = [...unread.values()].flatMap((of) => [...of.values()]);
    if (!places.some(({ row }) => row === undefined)) return;
    later ??= setTimeout(() => {
      later = undefined;
      lookForUnread();
    }, PAUSE);
  });
}

/** Counts a message that has just come, and tells of it, unless it was read. @param {Chat} chat */
export function countUnread(chat) {
  const { conversation: id, key, row, at } = chat;
  if (marks === undefined) {
    if (early.length < UNREAD_MAX) early.push(chat);
    return;
  }
  if (!isUnread(marks, id, { row, at })) return;
  const of = unread.get(id) ?? new Map();
  if (of.size < UNREAD_MAX && !of.has(key)) of.set(key, { row, at });
  unread.set(id, of);
  showUnread();
  notify(chat, () => unread.get(id)?.has(key) ?? false);
}

/**
 * Marks a conversation as read up to the last one of its messages that are here.
 *
 * @param {string} id
 * @param {readonly Chat[]} chats
 */
export function markChatsRead(id, chats) {
  const received = chats.filter(({ isOwn }) => !isOwn);
  const last = received.at(-1);
  if (last === undefined) return;
  const mark = { row: received.reduce((most, chat) => Math.max(most, chat.row ?? 0), 0), at: last.at };
  if (marks === undefined) return void earlyRead.set(id, mark);
  // One that has just come has no row in the event, and may have another time there than in the history.
  for (const { key } of received) unread.get(id)?.delete(key);
  const read = withRead(marks, id, mark);
  if (read === marks && !unread.has(id)) return;
  marks = read;
  keepMarks();
  showUnread();
}

/** Looks in the history for what came after the marks. */
export async function lookForUnread() {
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
      marks ??= openMarks(localStorage.getItem(key), newest, firstRow);
      for (const [id, mark] of earlyRead) marks = withRead(marks, id, mark);
      earlyRead.clear();
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
  for (const chat of early.splice(0)) countUnread(chat);
  looked();
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
