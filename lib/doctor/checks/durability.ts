import { join } from "../../platform/std_path.ts";
import { syncFile, syncFolder } from "../../platform/sync.ts";
import { troubleOf } from "../../platform/trouble.ts";
import { type Check, explained, pass, unknown, warning } from "../finding.ts";

/** Looks whether the file systems can make files and the names in folders durable. */
export const durability: Check = {
  name: "durability",
  title: "a file system that cannot write a file or a folder to the disk at once (fsync)",
  async look({ profile: { state, inbox } }, found) {
    const cause = await explained(found, "state", "inbox", "disk");
    if (cause) return cause;
    const lacking: string[] = [];
    for (const folder of new Set([state, inbox])) {
      const told = (what: "file" | "folder") => lacking.push(`${what}s in ${folder}`);
      try {
        if (!Deno.statSync(folder).isDirectory) continue;
        trySync(folder, told);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue;
        return unknown(`It cannot be tried in ${folder}: ${troubleOf(error).what}.`);
      }
    }
    if (lacking.length === 0) return pass("What is acknowledged is on the disk.");
    return warning(
      `The file system cannot write ${
        lacking.join(" and ")
      } to the disk at once: a power cut may lose what was ` +
        "acknowledged just before.",
      "Move the folder to a local disk.",
      "earshot --state DIR --inbox DIR",
    );
  },
};

function trySync(folder: string, told: (what: "file" | "folder") => void): void {
  const path = join(folder, `.earshot-doctor-${crypto.randomUUID().slice(0, 8)}`);
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  try {
    syncFile(file, told);
  } finally {
    file.close();
    Deno.removeSync(path);
  }
  syncFolder(folder, told);
}
