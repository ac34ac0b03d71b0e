// How the page says who a peer is, and how it is.

import { agoText, timeText } from "./format.js";

/** @import { ShownPeer } from "./store.js" */
/** @import { KnownPeer } from "../../../storage/types.ts" */

/** Meaning of `twins`. */
export const TWINS = "two share this identity";

/** Says in which state a peer is. @param {ShownPeer} peer @param {number} [now] milliseconds since 1970 */
export function stateText({ state, why, lastSeen }, now = Date.now()) {
  if (state === "up") return "up";
  if (state === "gone") return `gone, heard ${agoText(now - lastSeen)}`;
  return `unreachable: ${(why ?? "no session can be opened").replace(/\.$/, "")}`;
}

/** When this page began to look, milliseconds since 1970. */
const OPENED = Date.now();

/**
 * Says since when a peer is in its state.
 *
 * @param {Pick<ShownPeer, "since">} peer
 * @param {number} [opened] when this page began to look, milliseconds since 1970
 */
export function sinceText({ since }, opened = OPENED) {
  return since === undefined ? `before ${timeText(opened)}` : timeText(since);
}

/** Words for why a peer is known. @type {Readonly<Record<KnownPeer["how"], string>>} */
export const HOW = {
  trusted: "trusted",
  sent: "known: you sent to it by its full name and id",
  group: "known from this closed group",
  blocked: "blocked",
};

/**
 * Finds the peers in whose name, id, kind or address a text is, in any case.
 *
 * @template {{ readonly id: string, readonly name: string, readonly kind?: string, readonly address?: string }} P
 * @param {readonly P[]} peers
 * @param {string} text
 * @returns {readonly P[]}
 */
export function found(peers, text) {
  const sought = folded(text).trim();
  if (sought === "") return peers;
  return peers.filter(({ id, name, kind = "", address = "" }) =>
    [id, name, kind, address].some((each) => folded(each).includes(sought))
  );
}

/** @param {string} text */
function folded(text) {
  return text.normalize("NFKC").toLowerCase();
}
