// Other people's code for the web page, as text: a browser gets it from this machine. By whole names, as all packages.

import litHtml from "npm:lit-html@3.3.3" with { type: "text" };
import directiveHelpers from "npm:lit-html@3.3.3/directive-helpers.js" with { type: "text" };
import directive from "npm:lit-html@3.3.3/directive.js" with { type: "text" };
import classMap from "npm:lit-html@3.3.3/directives/class-map.js" with { type: "text" };
import ifDefined from "npm:lit-html@3.3.3/directives/if-defined.js" with { type: "text" };
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
  "/packages/lit-html/directives/if-defined.js": ifDefined,
  "/packages/lit-html/directives/live.js": live,
  "/packages/lit-html/directives/repeat.js": repeat,
  "/packages/uplot/uPlot.js": whenUsed("uPlot", uPlot),
  "/packages/uplot/uPlot.css": uPlotStyle,
};

/**
 * Makes a module that exports a class of a classic script, which runs when the class is first used: uPlot alone takes as
 * long as the rest of the page, and most visits see no plot. The script is a third of the size of the package's module.
 */
function whenUsed(name: string, script: string): string {
  return `let made;
const make = () => {
${script}
return ${name};
};
const ${name} = new Proxy(class {}, { construct: (_, values) => new (made ??= make())(...values) });
export default ${name};
`;
}
