// The functions of `@std/fs` that Earshot uses, with their names and signatures: that package is not on npm. The
// import map of JSR users points `@std/fs` at the original.

/** Makes sure that the directory exists, with its parents. Fails where a file stands in its place. */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/** Synchronous {@linkcode ensureDir}. */
export function ensureDirSync(dir: string | URL): void {
  Deno.mkdirSync(dir, { recursive: true });
}

/** Whether anything stands at `path` (a broken symbolic link counts as nothing). */
export async function exists(path: string | URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Synchronous {@linkcode exists}. */
export function existsSync(path: string | URL): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
