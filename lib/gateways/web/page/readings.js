// The last reading of each peer, from the documents that it puts into streams.

import { get, request } from "./api.js";
import { onEvent, onGap } from "./events.js";
import { readingText } from "./reading.js";
import { store } from "./store.js";

/** @import { HistoryMessage } from "../../../storage/history/history.ts" */

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

/** Row of the document that is shown, by peer. @type {Map<string, number>} */
const shown = new Map();
let isLooking = false;
let isWanted = false;

/** Begins to keep the readings in the store up to date, while the page is seen. */
export function startReadings() {
  onGap(look);
  onEvent((line) => {
    if (line.event === "document" && line.stream !== undefined && line.from?.id !== undefined) look();
  });
  addEventListener("visibilitychange", look);
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
  const present = new Set(store.get().peers.map(({ id }) => id));
  const fresh = [...latestOf(messages).values()].filter(({ peer, row }) =>
    present.has(peer.id) && shown.get(peer.id) !== row
  ).slice(0, PEERS_MAX);
  /** @type {Map<string, { stream: string, text: string }>} */
  const readings = new Map();
  for (const { peer, row, stream = "", size, kept } of fresh) {
    shown.set(peer.id, row);
    if (size > SIZE_MAX || kept === "nothing") continue;
    const response = await request(`/api/document?row=${row}`);
    readings.set(peer.id, { stream, text: readingText(await response.text()) });
  }
  if (readings.size === 0) return;
  store.set({
    peers: store.get().peers.map((peer) => {
      const reading = readings.get(peer.id);
      return reading === undefined ? peer : { ...peer, reading };
    }),
  });
}
