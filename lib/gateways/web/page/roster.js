// Keeps the store's peers and the status of the peer itself up to date.

import { call } from "./api.js";
import { onEvent, onGap } from "./events.js";
import { store } from "./store.js";

/** @import { PeerInfo } from "../../../peer/types.ts" */
/** @import { ShownPeer } from "./store.js" */

/** Between two looks at the roster without an event, milliseconds: when a peer was heard last is no event. */
const EVERY = 5_000;

/** Least time between two looks, milliseconds: many peers may come at once. */
const PAUSE = 300;

/**
 * Adds to the peers of the roster what the page knew before.
 *
 * @param {readonly PeerInfo[]} peers
 * @param {readonly ShownPeer[]} before
 * @param {number | undefined} now when a peer that is in another state came into it, milliseconds since 1970; undefined
 *   in the first look
 * @returns {ShownPeer[]}
 */
export function merged(peers, before, now) {
  const known = new Map(before.map((peer) => [peer.id, peer]));
  return peers.map((peer) => {
    const old = known.get(peer.id);
    const since = old?.state === peer.state ? old.since : now;
    return { ...peer, ...(since !== undefined && { since }), ...(old?.reading && { reading: old.reading }) };
  });
}

let isFirst = true;
let isLooking = false;
let isWanted = false;

/** Looks at the roster soon; at most one look is under way. */
export async function lookAtPeers() {
  isWanted = true;
  if (isLooking) return;
  isLooking = true;
  while (isWanted) {
    isWanted = false;
    try {
      const peers = await call("peers");
      store.set({ peers: merged(peers, store.get().peers, isFirst ? undefined : Date.now()) });
      isFirst = false;
    } catch { /* The connection is shown; the next event brings the next look. */ }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  isLooking = false;
}

/** Begins to follow the roster. */
export function startRoster() {
  onEvent((line) => {
    if (line.event === "peer") lookAtPeers();
  });
  onGap(async () => {
    lookAtPeers();
    try {
      store.set({ status: await call("status") });
    } catch { /* See above. */ }
  });
  setInterval(() => {
    if (document.visibilityState === "visible" && store.get().connection === "connected") lookAtPeers();
  }, EVERY);
}
