// `@std/ulid`, by its whole name: a project that imports `lib/mod.ts` by its path needs nothing of our import map.

// @ts-types="./std.d.ts"
export { monotonicUlid, ulid } from "npm:deno-std@1.4.0/ulid/mod.js";
