import { join } from "../platform/std_path.ts";
import { writeFileAtomic } from "../platform/atomic_write.ts";
import { syncFolder } from "../platform/sync.ts";
import { explain } from "../platform/trouble.ts";
import { UserError } from "../platform/user_error.ts";
import { type ClosedGroup, parseJoinCode, requireGroupName } from "./join_code.ts";
import { makeStateFolder, readSecretFile, type Warn } from "./secret_file.ts";

/** The group that a peer takes part in: closed if it has keys, else open. */
export interface Group {
  readonly name: string;
  /** Seals announcements; 32 bytes. */
  readonly announceKey?: Uint8Array;
  /** Pre-shared key of sessions; 32 bytes. */
  readonly sessionKey?: Uint8Array;
  /** The join code. */
  readonly code?: string;
}

/**
 * Returns the open group of this name.
 *
 * @throws {UserError} invalid name (exit 2)
 */
export function openGroup(name: string): Group {
  requireGroupName(name);
  return { name };
}

/**
 * Returns the closed group that this profile joined; undefined if it joined none.
 *
 * @param warn is told if other users of the machine could read the file; they no longer can
 * @throws {UserError} the file is damaged or cannot be read: without its group a peer would take part in the open one
 */
export function loadGroup(stateDir: string, warn: Warn = () => {}): ClosedGroup | undefined {
  const path = groupFile(stateDir);
  const code = readSecretFile(path, "The group file", warn);
  if (code === undefined) return undefined;
  try {
    return parseJoinCode(code);
  } catch {
    throw new UserError(
      `The group file ${path} is damaged: \`earshot join CODE\` writes it anew, \`earshot group leave\` removes it.`,
    );
  }
}

/** Returns the closed group that this profile joined, as {@linkcode loadGroup}, but leaves the file as it is. */
export function peekGroup(stateDir: string): ClosedGroup | undefined {
  try {
    return parseJoinCode(Deno.readTextFileSync(groupFile(stateDir)));
  } catch {
    return undefined;
  }
}

/** Joins the group of a join code permanently: the code is stored in the state folder, mode 0600. */
export function saveGroup(stateDir: string, code: string): ClosedGroup {
  const group = parseJoinCode(code);
  const path = groupFile(stateDir);
  makeStateFolder(stateDir);
  try {
    writeFileAtomic(path, group.code + "\n");
  } catch (error) {
    throw new UserError(`The group file ${path} cannot be written ${explain(error)}; you have not joined.`);
  }
  return group;
}

/** Goes back to the open group. Returns false if this profile was in no closed group. */
export function leaveGroup(stateDir: string): boolean {
  const path = groupFile(stateDir);
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new UserError(
      `The group file ${path} cannot be removed, ${
        explain(error, "delete it by hand")
      }; you are still in the group.`,
    );
  }
  syncFolder(stateDir);
  return true;
}

function groupFile(stateDir: string): string {
  return join(stateDir, "join-code");
}
