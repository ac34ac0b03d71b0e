import { join } from "../../platform/std_path.ts";
import { foreignPart, meaningOf } from "../../platform/trouble.ts";
import { type Check, fault, pass, quoted, type Verdict, warning } from "../finding.ts";

/** Files that hold keys or messages. */
const SECRETS = ["identity.json", "join-code", "earshot.db", "earshot.db-wal"];

/** Looks whether the state folder belongs to this user alone. */
export const state: Check = {
  name: "state",
  title: "a state folder that belongs to somebody else, or that others can read",
  look({ profile: { state }, os }): Verdict {
    let info: Deno.FileInfo;
    try {
      info = Deno.statSync(state);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        return pass(`${state} is not there yet; the first start makes it.`);
      }
      return fault(
        `${state} cannot be read: ${meaningOf(error)}.`,
        "Choose another folder.",
        "earshot --state DIR",
      );
    }
    if (!info.isDirectory) {
      return fault(
        `${state} is no folder.`,
        "Move it away, or choose another folder.",
        "earshot --state DIR",
      );
    }
    if (os === "windows") return pass(`${state} is this user's.`);
    const foreign = info.uid === sudoUser() ? undefined : foreignPart(state);
    if (foreign) {
      return fault(
        `${foreign.path} ${foreign.whose}: Earshot was started by another user once, perhaps with sudo.`,
        "Give it back to this user.",
        `sudo chown -R "$USER" ${quoted(foreign.giveBack)}`,
      );
    }
    const isOpen = ((info.mode ?? 0) & 0o022) !== 0;
    const open = SECRETS.filter((name) => (modeOf(join(state, name)) & 0o077) !== 0);
    if (isOpen || (open.length > 0 && ((info.mode ?? 0) & 0o011) !== 0)) {
      return fault(
        isOpen
          ? `Other users of this machine can write to ${state}.`
          : `Other users of this machine can read ${open.join(" and ")} in ${state}.`,
        "Take their rights away. If they may have read the key, delete identity.json and become a new peer.",
        `chmod -R go= ${quoted(state)}`,
      );
    }
    if (((info.mode ?? 0) & 0o077) !== 0) {
      return warning(
        `Other users of this machine can see which files are in ${state}.`,
        "Take their rights away.",
        `chmod 700 ${quoted(state)}`,
      );
    }
    return pass(`${state} is this user's alone.`);
  },
};

/** The user who called this program by `sudo`, whose folder it is meant to look at. */
function sudoUser(): number | undefined {
  const given = Deno.uid() === 0 ? Deno.env.get("SUDO_UID") : undefined;
  return given === undefined ? undefined : Number(given);
}

function modeOf(path: string): number {
  try {
    return Deno.statSync(path).mode ?? 0;
  } catch {
    return 0;
  }
}
