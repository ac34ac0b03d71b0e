// Reads the events of `earshot web`, and comes back when the connection ends.

import { readLines } from "./lines.js";

/** @import { Connection } from "./store.js" */

/** Pauses before the next attempt, milliseconds; the last one stays. */
const PAUSES = [250, 500, 1_000, 2_000, 5_000];

/** The server tells every 10 seconds that it is there; after this much silence the connection is taken as dead. */
const SILENCE = 25_000;

/**
 * An event of a reader: a connection in another state, or a line of the events.
 *
 * @typedef {{ connection: Connection } | { line: any }} Told
 */

/**
 * Reads events until `ended`, and tells of them. After `denied` it tries no more: the token will never fit again.
 *
 * @param {string} token
 * @param {(told: Told) => void} tell
 * @param {AbortSignal} ended
 */
export async function readEvents(token, tell, ended) {
  for (let failures = 0; !ended.aborted; failures++) {
    const began = Date.now();
    if (await readOnce(token, tell, ended) === "denied") return tell({ connection: "denied" });
    if (ended.aborted) return;
    tell({ connection: "lost" });
    if (Date.now() - began > SILENCE) failures = 0;
    await new Promise((resolve) => setTimeout(resolve, PAUSES[Math.min(failures, PAUSES.length - 1)]));
  }
}

/**
 * @param {string} token
 * @param {(told: Told) => void} tell
 * @param {AbortSignal} ended
 */
async function readOnce(token, tell, ended) {
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  ended.addEventListener("abort", stop);
  let timer = setTimeout(stop, SILENCE);
  try {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch("/api/events", { cache: "no-store", headers, signal: attempt.signal });
    if (response.status === 401) return "denied";
    if (!response.ok || response.body === null) return "failed";
    await readLines(response.body, (line) => {
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE);
      if (line.hello) tell({ connection: "connected" });
      if (line.peer) tell({ connection: line.peer === "away" ? "away" : "connected" });
      tell({ line });
    });
  } catch {
    /* It ended, which is all that there is to know. */
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", stop);
    stop();
  }
  return "failed";
}
