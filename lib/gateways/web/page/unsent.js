// Messages of this tab that were not handed over, kept over reloads.

/** @import { Chat } from "./chats.js" */

const UNSENT = "earshot.unsent";

/** Most messages that are kept; the newest stay. */
const UNSENT_MAX = 50;

/** Returns the messages of a conversation that this tab had not handed over when it was reloaded. @param {string} id */
export function unsentOf(id) {
  return readUnsent().filter((chat) => chat.conversation === id).map(({ sending: _, ...chat }) => ({
    failure: "the page was reloaded before it was known what became of it.",
    ...chat,
  }));
}

/** Adds a message that is about to be handed over. @param {Chat} chat */
export function addUnsent(chat) {
  keepUnsent([...readUnsent(), chat]);
}

/** Drops messages of which it is known what became of them. @param {(chat: Chat) => boolean} isKnown */
export function dropUnsent(isKnown) {
  const unsent = readUnsent();
  const rest = unsent.filter((chat) => !isKnown(chat));
  if (rest.length < unsent.length) keepUnsent(rest);
}

/** @returns {readonly Chat[]} */
function readUnsent() {
  try {
    return JSON.parse(sessionStorage.getItem(UNSENT) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {readonly Chat[]} chats */
function keepUnsent(chats) {
  try {
    sessionStorage.setItem(UNSENT, JSON.stringify(chats.slice(-UNSENT_MAX)));
  } catch { /* Too much: they stay until the tab is reloaded. */ }
}
