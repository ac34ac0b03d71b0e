import { printable } from "../../protocol/label.ts";

/** Most entries of a folder that are looked at, and most that are returned. */
const LOOKED_MAX = 10_000;
const LISTED_MAX = 1_000;

/**
 * Lists the files whose path continues `begun`, sorted; a folder ends with a slash. Hidden ones only if their dot is
 * typed; none whose name would disturb the screen.
 */
export function listFiles(begun: string): string[] {
  const [folder] = /^.*[/\\]/s.exec(begun) ?? [""];
  const start = begun.slice(folder.length);
  const found: string[] = [];
  let looked = 0;
  try {
    for (const { name, isDirectory, isSymlink } of Deno.readDirSync(folder || ".")) {
      if (++looked > LOOKED_MAX || found.length === LISTED_MAX) break;
      if (!name.startsWith(start) || (name.startsWith(".") && start === "")) continue;
      if (printable(name) !== name || /[\n\t]/.test(name)) continue;
      const path = folder + name;
      found.push(isDirectory || (isSymlink && isFolder(path)) ? `${path}/` : path);
    }
  } catch { /* no such folder, or not ours to read */ }
  return found.toSorted();
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
