// Notifications of what was said while the page is hidden, if the user allowed them.

import { hashOf } from "./router.js";

/** @import { Chat } from "./chats.js" */

/** How long a message may be read in another tab before it is told, milliseconds. */
const DELAY = 1_000;

/** Longest text in a notification, characters. */
const TEXT_MAX = 200;

/** Most notifications in a period, milliseconds: who floods the talk does not flood the screen. */
const NOTES_MAX = 5;
const PERIOD = 10_000;

/** Times of the last notifications, milliseconds since 1970. @type {readonly number[]} */
let lately = [];

/** Tells whether another notification may be shown, and counts it. @param {number} [now] milliseconds since 1970 */
export function takeTurn(now = Date.now()) {
  const recent = lately.filter((at) => at <= now && now - at < PERIOD);
  const isFree = recent.length < NOTES_MAX;
  lately = isFree ? [...recent, now] : recent;
  return isFree;
}

/** Tells whether the user can be asked for notifications. */
export function canAskToNotify() {
  return typeof Notification !== "undefined" && Notification.permission === "default";
}

/** Asks the user for notifications; from a button only. */
export async function askToNotify() {
  try {
    await Notification.requestPermission();
  } catch { /* The browser asks nobody here. */ }
}

/**
 * Tells of a message if the page is hidden, and it is still unread a moment later. Many tabs tell of it once.
 *
 * @param {Chat} chat
 * @param {() => boolean} isUnread
 */
export function notify({ key, conversation, from, text }, isUnread) {
  if (typeof Notification === "undefined" || Notification.permission !== "granted" || !document.hidden) {
    return;
  }
  setTimeout(() => {
    if (!document.hidden || !isUnread() || !takeTurn()) return;
    try {
      const note = new Notification(from.name, {
        body: text.slice(0, TEXT_MAX),
        tag: key,
        icon: "/icon.svg",
      });
      note.onclick = () => {
        focus();
        location.hash = hashOf("talk", [conversation]);
        note.close();
      };
    } catch { /* A browser on a phone has them for service workers only. */ }
  }, DELAY);
}
