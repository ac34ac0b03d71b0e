// The documents that this tab sends, and the window in which one chooses what goes where.

import { call, upload } from "./api.js";
import { Sends } from "./sends.js";

/** @type {Set<() => void>} */
const listeners = new Set();

/** Documents that this tab sends. */
export const sends = new Sends(upload, (id, to) => call("withdraw", { id, to }), () => {
  for (const listener of listeners) listener();
});

/** Calls `listener` after each change, until the returned function is called. @param {() => void} listener */
export function onSends(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * Contents with which the window begins.
 *
 * @typedef {object} Choice
 * @property {readonly string[]} [to] ids of peers, or `all` for everyone who is here
 * @property {readonly File[]} [files]
 */

/** Opens the window that sends documents. @param {Choice} [choice] */
export function chooseDocuments(choice = {}) {
  dispatchEvent(new CustomEvent("es-send", { detail: choice }));
}

// What this tab still reads would be lost with it; what the peer has goes on without it.
addEventListener("beforeunload", (event) => {
  if (sends.all.some(({ state }) => state === "waiting" || state === "uploading")) event.preventDefault();
});
