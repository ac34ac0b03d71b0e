import { dirname } from "../platform/std_path.ts";
import { unusableState } from "../platform/lock.ts";
import { explain, foreignPart, meaningOf, refusedFolder } from "../platform/trouble.ts";
import { UserError } from "../platform/user_error.ts";

/** Mode of a file that only its owner may read. */
const OWNER_ONLY = 0o600;

/** Takes a warning for the owner: a sentence. */
export type Warn = (message: string) => void;

/**
 * Makes the folder of a profile's secrets, mode 0700, if it is missing.
 *
 * @throws {UserError} it cannot be made
 */
export function makeStateFolder(state: string): void {
  try {
    Deno.mkdirSync(state, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) throw unusableState(state, error);
    throw new UserError(
      `The state folder ${state} cannot be made ${
        explain(refusedFolder(state, error), "choose another folder with --state")
      }.`,
    );
  }
}

/**
 * Reads a file that only its owner may read. If others have permissions, takes them away and tells `warn` (not on
 * Windows: there a user's folders are private by inheritance).
 *
 * @param what name of the file in messages, such as "The identity file"
 * @returns undefined if there is no such file
 * @throws {UserError} it cannot be read
 */
export function readSecretFile(path: string, what: string, warn: Warn): string | undefined {
  let text: string;
  let mode: number | null;
  try {
    // Before the read: only stat treats a dangling link the same on every version of Deno.
    mode = Deno.statSync(path).mode;
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const isForeign = error instanceof Deno.errors.PermissionDenied &&
      foreignPart(dirname(path)) !== undefined;
    if (isForeign || error instanceof Deno.errors.NotCapable) throw unusableState(dirname(path), error);
    throw new UserError(
      `${what} ${path} cannot be read ${explain(error, "choose another folder with --state")}.`,
    );
  }
  if (Deno.build.os !== "windows" && mode !== null && (mode & 0o077) !== 0) {
    try {
      Deno.chmodSync(path, OWNER_ONLY);
      warn(
        `${what} ${path} was open to other users of this machine: it no longer is, but they may have read it.`,
      );
    } catch (error) {
      warn(
        `${what} ${path} is open to other users of this machine (${meaningOf(error)}): set its mode to 600.`,
      );
    }
  }
  return text;
}
