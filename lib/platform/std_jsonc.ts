// `@std/jsonc`, by its whole name: a project that imports `lib/mod.ts` by its path needs nothing of our import map.

// @ts-types="./std.d.ts"
export { parse } from "npm:deno-std@1.4.0/jsonc/mod.js";
