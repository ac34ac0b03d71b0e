// Views by the fragment of the address: `#/talk/ID`, `#/documents?search=x`.

import { store } from "./store.js";

/** @import { Route } from "./store.js" */

/** The views, in the order of the menu. @type {readonly (readonly [view: string, title: string])[]} */
export const VIEWS = [
  ["talk", "Talk"],
  ["documents", "Documents"],
  ["outbox", "Outbox"],
  ["plots", "Plots"],
  ["ask", "Ask"],
  ["peers", "Peers"],
  ["health", "Health"],
];

/**
 * Reads a fragment; one that names no view leads to the talk.
 *
 * @param {string} hash
 * @returns {Route}
 */
export function routeOf(hash) {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...parts] = path.split("/").filter((part) => part !== "").map(decoded);
  if (!VIEWS.some(([name]) => name === view)) return { view: "talk", parts: [], params: {} };
  return { view, parts, params: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * Makes the fragment of a view.
 *
 * @param {string} view
 * @param {readonly string[]} [parts]
 * @param {Readonly<Record<string, string | undefined>>} [params] those that are empty or undefined are left out
 */
export function hashOf(view, parts = [], params = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value) query.set(key, value);
  const path = [view, ...parts].map(encodeURIComponent).join("/");
  return `#/${path}${`${query}` === "" ? "" : `?${query}`}`;
}

/** Opens the view that the address names, now and whenever it changes. */
export function startRouter() {
  const read = () => store.set({ route: routeOf(location.hash) });
  addEventListener("hashchange", read);
  read();
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
