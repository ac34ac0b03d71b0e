import { dirname } from "../../platform/std_path.ts";
import { unusableState } from "../../platform/lock.ts";
import { explain, foreignPart, troubleOf } from "../../platform/trouble.ts";
import { removeIfThere } from "../files/file_access.ts";

/** The file of the database was removed while it was open: what is written is lost with it. */
export class DatabaseRemoved extends Error {
  readonly code = "ERR_SQLITE_ERROR";

  constructor() {
    super("the database was removed");
  }
}

/** Tells whether SQLite reports that the file is not a database, or is damaged; or whether it was removed. */
export function isDamage(error: unknown): boolean {
  return error instanceof DatabaseRemoved ||
    error instanceof Error && /malformed|not a database/.test(error.message);
}

/** Tells whether an error comes from SQLite. */
export function isFromDatabase(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}

/**
 * Returns a sentence for the owner about a failed database, with the remedy.
 *
 * @param does `cannot be opened`, `cannot be written`; ignored if the database is damaged
 * @param path of the database, if the owner needs it
 */
export function databaseTrouble(error: unknown, does: string, path?: string): string {
  const which = path === undefined ? "The database" : `The database ${path}`;
  if (!isDamage(error)) {
    const cause = causeOf(error, path);
    const state = path && dirname(path);
    if (state && cause instanceof Deno.errors.PermissionDenied && foreignPart(state)) {
      return unusableState(state, cause).message;
    }
    return `${which} ${does} ${explain(cause)}.`;
  }
  if (error instanceof DatabaseRemoved) {
    return `${which} was removed while it was in use, and takes nothing more: start Earshot again. What is in the inbox ` +
      "stays.";
  }
  const { message } = error as Error;
  return `${which} is damaged (${message}): with Earshot ended, restore it from a copy, or move it away to begin with an ` +
    "empty one. What is in the inbox stays.";
}

/**
 * Finds the cause that SQLite does not tell: opens the same files, and returns the system's error if that fails too.
 */
function causeOf(error: unknown, path: string | undefined): unknown {
  if (path === undefined || !/unable to open|disk i\/o error/i.test((error as Error).message)) return error;
  const probe = `${path}-probe`;
  const opened: Deno.FsFile[] = [];
  try {
    // SQLite has several files open at a time.
    for (let i = 0; i < 4; i++) opened.push(Deno.openSync(path, { read: true }));
    // SQLite keeps its shared memory in a file beside the database.
    Deno.writeFileSync(probe, new Uint8Array(64 * 1024), { createNew: true, mode: 0o600 });
    return error;
  } catch (cause) {
    return cause;
  } finally {
    for (const file of opened) file.close();
    removeIfThere(probe);
  }
}

/** Reason of a refusal for lack of disk space. */
export const DISK_FULL = "the disk is full";

/**
 * Returns the reason why something could not be stored, as the middle of a sentence. A peer may read it, so it contains
 * no path or other detail of ours.
 */
export function reason(error: unknown): string {
  if (error instanceof DatabaseRemoved) return "its database was removed";
  if (isDamage(error)) return "its database is damaged";
  const message = error instanceof Error ? error.message : String(error);
  if (troubleOf(error).isFull) return DISK_FULL;
  if (
    error instanceof Deno.errors.PermissionDenied ||
    /read-?only|not permitted|permission denied/i.test(message)
  ) {
    return "writing there is not allowed";
  }
  if (error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.AlreadyExists) {
    return "another file is in the place of its folder";
  }
  if (/too many open files/i.test(message)) return "too many files are open there";
  if (/is locked/.test(message)) return "another program has locked the database";
  return "the disk reports an error";
}
