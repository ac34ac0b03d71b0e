// `@std/cli`, by its whole name: a project that imports `lib/mod.ts` by its path needs nothing of our import map.

// @ts-types="./std.d.ts"
export { parseArgs } from "npm:deno-std@1.4.0/cli/parse_args.js";
