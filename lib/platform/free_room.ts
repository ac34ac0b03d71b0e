import { dirname } from "./std_path.ts";

/** Returns the bytes that are free on the disk of a file or folder; undefined if the system does not tell. */
export function freeBytes(path: string): number | undefined {
  try {
    // Few need it, and it takes long to load.
    const { bavail, bsize } = process.getBuiltinModule("node:fs").statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Returns the bytes that are free where `path` is, or will be; undefined if the system does not tell. */
export function freeRoom(path: string): number | undefined {
  for (let folder = path;; folder = dirname(folder)) {
    const free = freeBytes(folder);
    if (free !== undefined || dirname(folder) === folder) return free;
  }
}
