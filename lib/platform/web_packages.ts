// Other people's code for the web page, as text: a browser gets it from this machine. By whole names, as all packages.

import litHtml from "npm:lit-html@3.3.3" with { type: "text" };
import directiveHelpers from "npm:lit-html@3.3.3/directive-helpers.js" with { type: "text" };
import directive from "npm:lit-html@3.3.3/directive.js" with { type: "text" };
import classMap from "npm:lit-html@3.3.3/directives/class-map.js" with { type: "text" };
import guard from "npm:lit-html@3.3.3/directives/guard.js" with { type: "text" };
import ifDefined from "npm:lit-html@3.3.3/directives/if-defined.js" with { type: "text" };
import keyed from "npm:lit-html@3.3.3/directives/keyed.js" with { type: "text" };
import live from "npm:lit-html@3.3.3/directives/live.js" with { type: "text" };
import repeat from "npm:lit-html@3.3.3/directives/repeat.js" with { type: "text" };
import uPlot from "npm:uplot@1.6.32/dist/uPlot.iife.min.js" with { type: "text" };
import uPlotStyle from "npm:uplot@1.6.32/dist/uPlot.min.css" with { type: "text" };

/** Files of the packages that the page uses, by their paths from the page's root. Their imports lead to each other. */
export const WEB_PACKAGES: Readonly<Record<string, string>> = {
  "/packages/lit-html/lit-html.js": litHtml,
  "/packages/lit-html/directive.js": directive,
  "/packages/lit-html/directive-helpers.js": directiveHelpers,
  "/packages/lit-html/directives/class-map.js": classMap,
  "/packages/lit-html/directives/guard.js": guard,
  "/packages/lit-html/directives/if-defined.js": ifDefined,
  "/packages/lit-html/directives/keyed.js": keyed,
  "/packages/lit-html/directives/live.js": live,
  "/packages/lit-html/directives/repeat.js": repeat,
  // A third of the size of the package's module, which is not minified.
  "/packages/uplot/uPlot.js": `${uPlot}\nexport default uPlot;\n`,
  "/packages/uplot/uPlot.css": uPlotStyle,
};
