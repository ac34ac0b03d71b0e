// Starts the page: the token, the views, the events.

import { call, takeToken } from "./api.js";
import { onGap, startEvents } from "./events.js";
import { startReadings } from "./readings.js";
import { startRouter } from "./router.js";
import { startRoster } from "./roster.js";
import { store } from "./store.js";
import { startTalk } from "./talk.js";
import "./elements/es-app.js";
import "./elements/es-entrance.js";
import "./elements/es-health.js";
import "./elements/es-peers.js";
import "./elements/es-talk.js";

/** How long the talk has the processor for itself, milliseconds, before other views are loaded. */
const LATER = 200;

/** How long after a failure other views are loaded again, milliseconds. */
const AGAIN = 2_000;

const hasToken = takeToken();
if (hasToken) {
  // The first events come while the page is rendered.
  startEvents();
  startRouter();
  startRoster();
  startTalk();
  startReadings();
  onGap(lookAtSelf);
}
const elements = hasToken ? ["es-app", "es-drop", "es-sends"] : ["es-entrance"];
document.body.append(...elements.map((name) => document.createElement(name)));
if (hasToken) {
  requestAnimationFrame(() => setTimeout(loadViews, store.get().route.view === "talk" ? LATER : 0));
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

/** Loads the elements of `views.js`, which stand empty in the page until then; if that fails, again and again. */
function loadViews() {
  const script = document.createElement("script");
  script.type = "module";
  script.src = "/page_views.js";
  script.onerror = () => {
    script.remove();
    setTimeout(loadViews, AGAIN);
  };
  document.head.append(script);
}
