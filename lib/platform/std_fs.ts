// The functions of `@std/fs` that Earshot uses, with their names and signatures: the package is not on npm. For JSR
// users the import map points `@std/fs` at the original.

/** Tells whether anything stands at `path` (a broken symbolic link counts as nothing). */
export function existsSync(path: string | URL): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
