// The number of unread messages.

import { html, nothing } from "./lit.js";

/** Shows a number of unread messages; nothing if there are none. @param {number} [count] */
export function unreadBadge(count = 0) {
  if (count === 0) return nothing;
  return html`<span class="badge">${count > 99 ? "99+" : count}<span class="hushed"> unread</span></span>`;
}
