// Starts the page: the token, the views, the events.

import { call, takeToken } from "./api.js";
import { onGap, startEvents } from "./events.js";
import { startReadings } from "./readings.js";
import { startRouter } from "./router.js";
import { startRoster } from "./roster.js";
import { store } from "./store.js";
import { startTalk } from "./talk.js";
import "./elements/es-app.js";
import "./elements/es-ask.js";
import "./elements/es-documents.js";
import "./elements/es-drop.js";
import "./elements/es-entrance.js";
import "./elements/es-health.js";
import "./elements/es-outbox.js";
import "./elements/es-peers.js";
import "./elements/es-plots.js";
import "./elements/es-sends.js";
import "./elements/es-talk.js";

const hasToken = takeToken();
document.body.append(document.createElement(hasToken ? "es-app" : "es-entrance"));
if (hasToken) {
  document.body.append(document.createElement("es-drop"), document.createElement("es-sends"));
  startRouter();
  startRoster();
  startTalk();
  startReadings();
  onGap(lookAtSelf);
  startEvents();
}
// Whoever pastes the address of a new start into a tab of the old one changes no more than its fragment.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) location.reload();
});

async function lookAtSelf() {
  try {
    store.set({ status: await call("status") });
  } catch { /* The connection is shown; it is tried again after the next one. */ }
}
