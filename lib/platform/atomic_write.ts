import { dirname } from "./std_path.ts";
import { syncFile, syncFolder } from "./sync.ts";

/**
 * Replaces the file at `path` by `data`. After a crash or a power cut it has either the old or the new content, never a
 * mixture: temporary file in the same folder, fsync, rename, fsync of the folder. Throws every error.
 *
 * @param mode permission bits of the new file (ignored on Windows); default 0600
 */
export function writeFileAtomic(path: string, data: Uint8Array | string, mode = 0o600): void {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = Deno.openSync(temporary, { write: true, createNew: true, mode });
    try {
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      syncFile(file);
    } finally {
      file.close();
    }
    Deno.renameSync(temporary, path);
  } catch (error) {
    try {
      Deno.removeSync(temporary);
    } catch { /* it was never made, or is already renamed */ }
    throw error;
  }
  syncFolder(dirname(path));
}
