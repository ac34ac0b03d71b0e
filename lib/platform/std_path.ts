// The functions of `@std/path` that Earshot uses, under their names: loading the package takes longer than the rest of
// the program. For JSR users the import map points `@std/path` at the original.

import { fileURLToPath } from "node:url";

export { basename, dirname, join, relative, resolve } from "node:path";

/** The path of a `file:` URL. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}
