// Reads the events once for all tabs: a browser opens six connections to a host, and there may be fifty tabs. A shared
// worker whose name is the token.

import { readEvents } from "./events_reader.js";
import { Tabs } from "./tabs.js";

/**
 * Part of its surroundings that this worker uses.
 *
 * @typedef {object} Scope
 * @property {string} name
 * @property {((event: MessageEvent) => void) | null} onconnect
 */

/** @type {any} */
const surroundings = globalThis;
/** @type {Scope} */
const scope = surroundings;

const tabs = new Tabs();

scope.onconnect = ({ ports: [port] }) => {
  if (port !== undefined) tabs.add(port);
};

readEvents(scope.name, (told) => tabs.tell(told), new AbortController().signal);
