import { ExitCode, UserError } from "../platform/user_error.ts";

/** What a group name may be, for people. */
export const GROUP_NAME_RULE = "1 to 32 of a-z, 0-9 and -";

/** Whether a group may be called so (PROTOCOL.md section 2). */
export function isGroupName(name: string): boolean {
  return /^[a-z0-9-]{1,32}$/.test(name);
}

/** Throws {@linkcode UserError} (exit code 2) for what is no group name. */
export function requireGroupName(name: string): void {
  if (isGroupName(name)) return;
  throw new UserError(
    `A group cannot be called ${JSON.stringify(name)}: choose ${GROUP_NAME_RULE}.`,
    ExitCode.usage,
  );
}
