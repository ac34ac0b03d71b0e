// The last reading of each peer, from the documents that it puts into streams.

import { get, request } from "./api.js";
import { onEvent, onGap } from "./events.js";
import { LONG, readingText } from "./reading.js";
import { store } from "./store.js";

/** @import { HistoryMessage } from "../../../storage/history/history.ts" */
/** @import { Reading, ShownPeer } from "./store.js" */

/** Documents in the look at what came before this page. */
const LOOK = 200;

/** Least time between two looks, milliseconds: a board may send many times a second. */
const PAUSE = 1_000;

/** Longest document that is read for a line, bytes. */
const SIZE_MAX = 65_000;

/** Most peers whose readings are read in one look. */
const PEERS_MAX = 200;

/**
 * Finds the latest document of a stream of each peer.
 *
 * @param {readonly HistoryMessage[]} messages newest first
 */
export function latestOf(messages) {
  /** @type {Map<string, HistoryMessage>} */
  const latest = new Map();
  for (const message of messages) {
    const { direction, stream, peer } = message;
    if (direction === "received" && stream !== undefined && !latest.has(peer.id)) {
      latest.set(peer.id, message);
    }
  }
  return latest;
}

/**
 * Finds the documents that have to be read for the peers that are here: the latest one of each, unless it is shown.
 *
 * @param {readonly HistoryMessage[]} messages newest first
 * @param {readonly Pick<ShownPeer, "id" | "reading">[]} peers
 */
export function wantedOf(messages, peers) {
  const latest = latestOf(messages);
  return peers.flatMap(({ id, reading }) => {
    const message = latest.get(id);
    if (message === undefined || message.row === reading?.row) return [];
    return message.size > SIZE_MAX || message.kept === "nothing" ? [] : [message];
  }).slice(0, PEERS_MAX);
}

/** Ids of the peers that were here at the last look. @type {ReadonlySet<string>} */
let present = new Set();
let isLooking = false;
let isWanted = false;

/** Begins to keep the readings in the store up to date, while the page is seen. */
export function startReadings() {
  onGap(look);
  onEvent((line) => {
    if (line.event === "document" && line.stream !== undefined && line.from?.id !== undefined) look();
  });
  addEventListener("visibilitychange", look);
  // One that has just come may have sent something before.
  store.subscribe(["peers"], () => {
    const { peers } = store.get();
    const isNew = peers.some(({ id }) => !present.has(id));
    present = new Set(peers.map(({ id }) => id));
    if (isNew) look();
  });
}

async function look() {
  isWanted = true;
  if (isLooking || document.visibilityState !== "visible") return;
  isLooking = true;
  while (isWanted && document.visibilityState === "visible") {
    isWanted = false;
    try {
      await readLatest();
    } catch { /* The connection is shown; the next event brings the next look. */ }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  isLooking = false;
}

async function readLatest() {
  const { messages } = await get("/api/messages", { kind: "document", direction: "received", limit: LOOK });
  /** @type {Map<string, Reading>} */
  const readings = new Map();
  for (const { peer, row, stream = "" } of wantedOf(messages, store.get().peers)) {
    try {
      const response = await request(`/api/document?row=${row}`);
      const json = await response.text();
      readings.set(peer.id, { row, stream, text: readingText(json), whole: readingText(json, LONG) });
    } catch { /* It may be gone from the history; those of the others are shown all the same. */ }
  }
  if (readings.size === 0) return;
  store.set({
    peers: store.get().peers.map((peer) => {
      const reading = readings.get(peer.id);
      return reading === undefined ? peer : { ...peer, reading };
    }),
  });
}
