// Filters and words of the list of documents.

import { countText } from "./format.js";

/**
 * @import { HistoryMessage } from "../../../storage/history/history.ts"
 * @import { Filters } from "./document_pages.js"
 */

/** @param {HistoryMessage} message @returns {string} the part of the address for the table of a message */
export function partOf({ direction, status }) {
  return direction === "received" ? direction : status === "queued" ? "queued" : "sent";
}

/**
 * @param {Readonly<Record<string, string>>} params
 * @returns {Filters}
 */
export function filtersOf({ direction = "", peer = "", stream = "", search = "" }) {
  return {
    direction: direction === "received" || direction === "sent" ? direction : "both",
    peer,
    stream,
    search,
  };
}

/** @param {Filters} filters */
export function filterParams({ direction, ...others }) {
  return { ...(direction !== "both" && { direction }), ...others };
}

/** @param {readonly HistoryMessage[]} documents */
export function searchingText(documents) {
  const found = documents.length === 0 ? "" : ` ${countText(documents.length)} found so far.`;
  return `Searching on…${found}`;
}

/** @param {Filters} filters */
export function emptyText({ direction, peer, stream, search }) {
  if (search !== "") return `Nothing found for “${search}”.`;
  if (peer !== "" || stream !== "" || direction !== "both") return "No documents of this kind.";
  return "No documents yet. What other peers send comes here.";
}
