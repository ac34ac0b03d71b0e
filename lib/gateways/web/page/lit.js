// What the page uses of lit-html; served from this machine, see lib/platform/web_packages.ts.

export { html, nothing, render, svg } from "/packages/lit-html/lit-html.js";
export { classMap } from "/packages/lit-html/directives/class-map.js";
export { ifDefined } from "/packages/lit-html/directives/if-defined.js";
export { live } from "/packages/lit-html/directives/live.js";
export { repeat } from "/packages/lit-html/directives/repeat.js";
