import { dirname, join } from "../../platform/std_path.ts";
import { foreignPart, meaningOf, troubleOf } from "../../platform/trouble.ts";
import { openForReading } from "../../storage/database/open_database.ts";
import { missingMount } from "../../storage/inbox/inbox_disk.ts";
import { InboxMountTable } from "../../storage/tables/inbox_mount.ts";
import { MessageTable } from "../../storage/tables/messages.ts";
import { type Check, fault, pass, quoted, unknown, type Verdict, warning } from "../finding.ts";

/** Looks whether documents can be saved in the inbox. */
export const inbox: Check = {
  name: "inbox",
  title: "an inbox that cannot be written, or that every user can write",
  look({ profile: { state, inbox } }): Verdict {
    const mount = missingDisk(state, inbox);
    if (mount !== undefined) {
      return fault(
        `The disk of ${inbox} is not there: it was mounted at ${mount}.`,
        "Mount it, or choose another inbox.",
        `mount ${quoted(mount)}`,
        "earshot --inbox DIR",
      );
    }
    const folder = nearest(inbox);
    const file = join(folder, `.earshot-doctor-${crypto.randomUUID().slice(0, 8)}`);
    try {
      if (!Deno.statSync(folder).isDirectory) throw new Deno.errors.NotADirectory(folder);
      Deno.writeFileSync(file, new Uint8Array(), { createNew: true, mode: 0o600 });
      Deno.removeSync(file);
      const isOpen = Deno.build.os !== "windows" && ((Deno.statSync(folder).mode ?? 0) & 0o002) !== 0;
      if (folder === inbox && isOpen) {
        return warning(
          `Every user of this machine can write to ${inbox}, and put files there that look received.`,
          "Take that right away.",
          `chmod o-w ${quoted(inbox)}`,
        );
      }
      return pass(
        folder === inbox
          ? `${inbox} can be written.`
          : `${inbox} is not there yet; ${folder} can be written.`,
      );
    } catch (error) {
      if (troubleOf(error).isFull) return unknown('See "disk".');
      const foreign = error instanceof Deno.errors.PermissionDenied ? foreignPart(folder) : undefined;
      if (foreign) {
        return fault(
          `${folder} cannot be written: ${foreign.path} ${foreign.whose}.`,
          "Give it back to this user, or choose another inbox.",
          `sudo chown -R "$USER" ${quoted(foreign.giveBack)}`,
          "earshot --inbox DIR",
        );
      }
      return fault(
        `${folder} cannot be written: ${meaningOf(error)}.`,
        "Make it writable for this user, or choose another inbox.",
        `ls -ld ${quoted(folder)}`,
        "earshot --inbox DIR",
      );
    }
  },
};

/** Returns where the disk of the inbox was mounted, if it is not now. */
function missingDisk(state: string, inbox: string): string | undefined {
  let db;
  try {
    db = openForReading(state);
    return db && missingMount({ inboxMount: new InboxMountTable(db), messages: new MessageTable(db) }, inbox);
  } catch {
    return undefined; // see "state"
  } finally {
    db?.close();
  }
}

/** The folder itself, or the nearest one above that is there. */
function nearest(path: string): string {
  for (let folder = path;; folder = dirname(folder)) {
    try {
      Deno.statSync(folder);
      return folder;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || dirname(folder) === folder) return folder;
    }
  }
}
