// Reads the events once for all tabs: a browser opens six connections to a host, and there may be fifty tabs. A shared
// worker whose name is the token.

import { readEvents } from "./events_reader.js";

/** @import { Told } from "./events_reader.js" */

/**
 * What this worker uses of its surroundings.
 *
 * @typedef {object} Scope
 * @property {string} name
 * @property {((event: MessageEvent) => void) | null} onconnect
 */

/** @type {any} */
const surroundings = globalThis;
/** @type {Scope} */
const scope = surroundings;

/** One for each tab. @type {Set<MessagePort>} */
const ports = new Set();

/** What a new tab is told first. @type {Told} */
let connection = { connection: "connecting" };

/** @type {Told | undefined} */
let hello;

scope.onconnect = (event) => {
  const [port] = event.ports;
  if (port === undefined) return;
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data === "bye") ports.delete(port);
  };
  port.postMessage(connection);
  if (hello !== undefined) port.postMessage(hello);
};

readEvents(scope.name, (told) => {
  if ("connection" in told) connection = told;
  else if (told.line.hello) hello = told;
  for (const port of ports) port.postMessage(told);
}, new AbortController().signal);
