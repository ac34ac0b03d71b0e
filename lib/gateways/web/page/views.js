// The elements that no first look needs: the page asks for them once it was painted.

import "./elements/es-ask.js";
import "./elements/es-documents.js";
import "./elements/es-drop.js";
import "./elements/es-outbox.js";
import "./elements/es-plots.js";
import "./elements/es-sends.js";
