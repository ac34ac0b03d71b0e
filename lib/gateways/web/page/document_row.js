// A row of the list of documents.

import { momentText, nameClass, refusalText, sizeText, timeText } from "./format.js";
import { classMap, html, nothing } from "./lit.js";

/** @import { HistoryMessage } from "../../../storage/history/history.ts" */

/**
 * Shows a document in the list.
 *
 * @param {HistoryMessage} message
 * @param {number} at its place in the list, from 0
 * @param {{ count: number, isOpen: boolean, isActive: boolean }} list `count`: number of documents, -1 if not all are
 *   known
 */
export function documentRow(message, at, { count, isOpen, isActive }) {
  const { direction, name, peer, stream, size, status, question, re } = message;
  const isSent = direction === "sent";
  return html`
    <div class=${classMap({ "document-row": true, sent: isSent, open: isOpen })} role="option"
      id="document-${at}" data-at=${at} aria-posinset=${at + 1} aria-setsize=${count}
      aria-selected=${isActive}>
      <span class="document-arrow" aria-label=${isSent ? "sent" : "received"} role="img">${isSent
        ? "↗"
        : "↙"}</span>
      <bdi class="document-name">${name}</bdi>
      <time class="document-time" title=${momentText(message.at)}>${timeText(message.at)}</time>
      <span class="document-about">${isSent ? "to" : "from"} <bdi class=${nameClass(peer.id)}>${peer
        .name}</bdi>${stream === undefined ? nothing : html`
        · <bdi class="stream">${stream}</bdi>
      `} · ${sizeText(size)}${question ? " · question" : nothing}${re === undefined
        ? nothing
        : " · answer"}</span>
      ${status === undefined
        ? nothing
        : html`<span class="outcome outcome-${status}" title=${
          status === "refused" ? `refused: ${refusalText(message)}` : ""
        }>${status === "expired" ? "given up" : status}</span>`}
    </div>
  `;
}
