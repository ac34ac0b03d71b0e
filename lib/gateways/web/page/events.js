// The events of the peer, for this tab.

import { onDenied, token } from "./api.js";
import { readEvents } from "./events_reader.js";
import { store } from "./store.js";
import { ANSWER_EVERY } from "./tabs.js";

/** @import { Told } from "./events_reader.js" */

/** @type {Set<(line: any) => void>} */
const listeners = new Set();

/**
 * Calls `listener` with each line of the events, until the returned function is called: `hello` after each connection,
 * events of the peer as `run --json` prints them, `lost` if some were left out, `peer` if it left or is back.
 *
 * @param {(line: any) => void} listener
 */
export function onEvent(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Calls `listener` whenever events may have been missed, until the returned function is called. @param {() => void} listener */
export function onGap(listener) {
  return onEvent((line) => {
    if (line.hello !== undefined || line.lost !== undefined || line.peer === "back") listener();
  });
}

/** How long nothing may come, milliseconds: a browser may end the worker, or sleep. */
const SILENCE = 60_000;

let heard = Date.now();
/** Ends the reading that is under way. */
let end = () => {};

/** Begins to read the events: by the worker that all tabs share, or, if there is none, by itself. */
export function startEvents() {
  onDenied(() => store.set({ connection: "denied" }));
  begin();
  addEventListener("pagehide", () => end());
  // A page that comes out of the browser's cache has left its worker.
  addEventListener("pageshow", ({ persisted }) => persisted && begin());
  setInterval(() => {
    if (store.get().connection === "connected" && Date.now() - heard > SILENCE) begin();
  }, SILENCE / 4);
}

/** @param {boolean} [alone] true to share no worker */
function begin(alone = typeof SharedWorker === "undefined") {
  end();
  heard = Date.now();
  if (alone) {
    const ended = new AbortController();
    readEvents(token(), take, ended.signal);
    end = () => ended.abort();
    return;
  }
  const address = new URL("/page_worker.js", import.meta.url);
  const worker = new SharedWorker(address, { type: "module", name: token() });
  const { port } = worker;
  worker.onerror = () => begin(true);
  let unanswered = 0;
  port.onmessage = ({ data }) => {
    // The worker gave up this tab, which slept.
    if (data === "bye") return begin();
    if (++unanswered === ANSWER_EVERY) {
      unanswered = 0;
      port.postMessage("here");
    }
    take(data);
  };
  end = () => {
    worker.onerror = port.onmessage = null;
    port.postMessage("bye");
    port.close();
  };
}

/** @param {Told} told */
function take(told) {
  heard = Date.now();
  if ("connection" in told) {
    store.set({ connection: told.connection });
    return;
  }
  if (told.line.beat) return;
  for (const listener of [...listeners]) {
    try {
      listener(told.line);
    } catch (error) {
      // The others shall hear of it all the same.
      reportError(error);
    }
  }
}
