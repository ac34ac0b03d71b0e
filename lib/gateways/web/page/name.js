// How a peer is named on the page.

import { isPlain, nameClass, shortId } from "./format.js";
import { html } from "./lit.js";

/**
 * Names a peer, in its colour and with the beginning of its id: another one may have the same name, or one that looks
 * like it. A sender without a key is marked, because anybody may be at its address.
 *
 * @param {{ readonly id: string, readonly name: string }} peer
 */
export function nameOf({ id, name }) {
  return html`<bdi class="name ${nameClass(id)}">${name}</bdi> ${idOf(id)}`;
}

/**
 * Shows the beginning of an id, or that there is none.
 *
 * @param {string} id
 */
export function idOf(id) {
  if (isPlain(id)) return html`<span class="faint small">(unauthenticated)</span>`;
  return html`<span class="faint small mono" title=${id}>${shortId(id)}</span>`;
}
