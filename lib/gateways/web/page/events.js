// The events of the peer, for this tab.

import { onDenied, token } from "./api.js";
import { readEvents } from "./events_reader.js";
import { store } from "./store.js";

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

/** Begins to read the events: by the worker that all tabs share, or, where there is none, by itself. */
export function startEvents() {
  onDenied(() => store.set({ connection: "denied" }));
  begin();
  // A page that comes out of the browser's cache has left its worker.
  addEventListener("pageshow", ({ persisted }) => persisted && begin());
}

function begin() {
  const port = sharedPort();
  if (port === undefined) {
    const ended = new AbortController();
    readEvents(token(), take, ended.signal);
    addEventListener("pagehide", () => ended.abort(), { once: true });
    return;
  }
  port.onmessage = ({ data }) => take(data);
  addEventListener("pagehide", () => {
    port.postMessage("bye");
    port.close();
  }, { once: true });
}

function sharedPort() {
  if (typeof SharedWorker === "undefined") return undefined;
  try {
    return new SharedWorker(new URL("./events_worker.js", import.meta.url), { type: "module", name: token() })
      .port;
  } catch {
    return undefined;
  }
}

/** @param {Told} told */
function take(told) {
  if ("connection" in told) {
    store.set({ connection: told.connection });
    return;
  }
  for (const listener of [...listeners]) {
    try {
      listener(told.line);
    } catch (error) {
      // The others shall hear of it all the same.
      reportError(error);
    }
  }
}
