// Keeps the store's peers and the status of the peer itself up to date.

import { call, get } from "./api.js";
import { onEvent, onGap } from "./events.js";
import { isPlain } from "./format.js";
import { store } from "./store.js";

/** @import { PeerInfo } from "../../../peer/types.ts" */
/** @import { ShownPeer, Visitor } from "./store.js" */
/** @import { HistoryMessage } from "../../../storage/history/history.ts" */

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

/** Messages in the look for senders without a key, and most of them that are shown. */
const LOOK = 200;
const VISITORS_MAX = 50;

/**
 * Adds senders without a key to those that are shown, latest first.
 *
 * @param {readonly Visitor[]} visitors
 * @param {readonly Visitor[]} more
 * @returns {Visitor[]}
 */
export function withVisitors(visitors, more) {
  /** @type {Map<string, Visitor>} */
  const all = new Map();
  for (const visitor of [...visitors, ...more].sort((a, b) => b.lastSeen - a.lastSeen)) {
    if (!all.has(visitor.id)) all.set(visitor.id, visitor);
  }
  return [...all.values()].slice(0, VISITORS_MAX);
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
    if (line.event === "peer" || line.event === "ready") lookAtPeers();
    if (line.from?.plain) note([{ id: line.from.name, name: line.from.name, lastSeen: line.at }]);
  });
  onGap(() => {
    lookAtPeers();
    lookAtVisitors();
  });
  setInterval(() => {
    if (document.visibilityState === "visible" && store.get().connection === "connected") lookAtPeers();
  }, EVERY);
  addEventListener("visibilitychange", () => document.visibilityState === "visible" && lookAtPeers());
}

async function lookAtVisitors() {
  try {
    /** @type {{ messages: HistoryMessage[] }} */
    const { messages } = await get("/api/messages", { direction: "received", limit: LOOK });
    note(
      messages.filter(({ peer }) => isPlain(peer.id)).map(({ peer, at }) => ({ ...peer, lastSeen: at })),
    );
  } catch { /* See above. */ }
}

/** @param {readonly Visitor[]} visitors */
function note(visitors) {
  if (visitors.length > 0) store.set({ visitors: withVisitors(store.get().visitors, visitors) });
}
