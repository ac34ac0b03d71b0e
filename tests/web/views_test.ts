// The views of the page, one after another in one lab.

import "./documents.ts";
import "./plots.ts";
import "./talk.ts";
import "./leaving.ts";
