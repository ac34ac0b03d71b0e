import { troubleOf } from "../../platform/trouble.ts";
import { isDamage } from "./database_error.ts";

/** There is no room. */
export const DISK_FULL = "the disk is full";

/** Why something could not be stored, as the middle of a sentence that a peer may read: no path, no detail of ours. */
export function reason(error: unknown): string {
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
    return "something stands where its folder should be";
  }
  if (/too many open files/i.test(message)) return "too many files are open there";
  if (/is locked/.test(message)) return "another program has locked the database";
  return "the disk reports an error";
}
