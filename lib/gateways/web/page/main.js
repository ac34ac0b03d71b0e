// Starts the page: the token, the views, the events.

import { takeToken } from "./api.js";
import { startEvents } from "./events.js";
import { startRouter } from "./router.js";
import { startRoster } from "./roster.js";
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
  startEvents();
}
