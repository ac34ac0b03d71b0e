// `@std/fmt/colors`, by its whole name: a project that imports `lib/mod.ts` by its path needs nothing of our import map.

// @ts-types="./std.d.ts"
export {
  blue,
  bold,
  brightBlue,
  brightCyan,
  brightGreen,
  brightMagenta,
  cyan,
  dim,
  green,
  magenta,
  red,
  setColorEnabled,
  yellow,
} from "npm:deno-std@1.4.0/fmt/colors.js";
