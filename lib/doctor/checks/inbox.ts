import { dirname, join } from "../../platform/std_path.ts";
import { foreignPart, meaningOf, troubleOf } from "../../platform/trouble.ts";
import { type Check, fault, pass, quoted, unknown, type Verdict, warning } from "../finding.ts";

/** Looks whether documents can be saved in the inbox. */
export const inbox: Check = {
  name: "inbox",
  title: "an inbox that cannot be written, or that every user can write",
  look({ profile: { inbox } }): Verdict {
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
