// The functions of `@std/path` that Earshot uses, with their names: loading that package takes longer than all the rest of
// the program. The import map of JSR users points `@std/path` at the original.

import { fileURLToPath } from "node:url";

export { basename, dirname, join, relative, resolve } from "node:path";

/** The path of a `file:` URL. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}
