import { loadGroup } from "../../identity/group.ts";
import type { ClosedGroup } from "../../identity/join_code.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, remark } from "../command.ts";
import { runningPeer } from "./with_peer.ts";

/** Returns the closed group of the profile, for commands that can replace or remove a damaged group file. */
export function groupToLeave(state: string): ClosedGroup | undefined {
  try {
    return loadGroup(state);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Returns the error that prevents losing a group's join code by joining another group. */
export function inAnother(name: string): UserError {
  return new UserError(
    `This profile is in the closed group "${name}" already. Keep its code (\`earshot group show\`) if it is still needed, ` +
      "then leave it with `earshot group leave`; or use --profile NAME for a second peer.",
  );
}

/** @throws {UserError} peers of this profile would be in an open group all the same (exit 2) */
export function checkNoOpenGroup({ config: { file, given, group } }: Context, joined: string): void {
  if (group === undefined || group === joined) return;
  const where = given.group === undefined ? `"group" in ${file}` : "--group";
  throw new UserError(
    `${where} puts this peer into the open group "${group}", whatever it joins: remove that first.`,
    ExitCode.usage,
  );
}

/** Tells the user that a running peer moves to the new group only after a restart. */
export async function remarkRestart(context: Context): Promise<void> {
  const running = await runningPeer(context.config.state);
  if (running !== undefined) {
    // A peer that does not answer has to be restarted too.
    remark(context, `The running peer (process ${running.pid}) must be restarted to move there.`);
  }
}
