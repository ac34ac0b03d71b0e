import { isDamage } from "./database_error.ts";

/** There is no room. */
export const DISK_FULL = "the disk is full";

/** Why something could not be stored, as the middle of a sentence that a peer may read: no path, no detail of ours. */
export function reason(error: unknown): string {
  if (isDamage(error)) return "its database is damaged";
  const message = error instanceof Error ? error.message : String(error);
  if (/os error 28|os error 112|disk is full|no space left|quota exceeded/i.test(message)) {
    return DISK_FULL;
  }
  if (
    error instanceof Deno.errors.PermissionDenied ||
    /read-?only|not permitted|permission denied/i.test(message)
  ) {
    return "writing there is not allowed";
  }
  return "the disk reports an error";
}
