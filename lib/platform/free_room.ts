import { statfsSync } from "node:fs";
import { dirname } from "./std_path.ts";

/** Returns the bytes that are free where `path` is, or will be; undefined if the system does not tell. */
export function freeRoom(path: string): number | undefined {
  for (let folder = path;; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    } catch {
      if (dirname(folder) === folder) return undefined;
    }
  }
}
