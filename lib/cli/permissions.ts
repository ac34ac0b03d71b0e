import { parseCommandLine } from "../config/command_line.ts";
import { COMMANDS } from "./commands.ts";

/**
 * Gives up the right to start programs, unless the command is there to start them: whatever a peer sends, nothing can be
 * started. The worker threads that are started later have no more rights than this one.
 */
export function giveUpPermissions(args: readonly string[]): void {
  if (!startsPrograms(args)) Deno.permissions.revokeSync({ name: "run" });
}

/** Tells whether this process may start programs. */
export function mayStartPrograms(): boolean {
  return Deno.permissions.querySync({ name: "run" }).state === "granted";
}

function startsPrograms(args: readonly string[]): boolean {
  try {
    const { command: { startsPrograms = false }, args: words, values } = parseCommandLine(args, COMMANDS);
    const may = typeof startsPrograms === "function" ? startsPrograms(words) : startsPrograms;
    return may && !values.help && !values.version;
  } catch {
    // A wrong command line is reported later.
    return false;
  }
}
