import { loadGroup } from "../../identity/group.ts";
import type { ClosedGroup } from "../../identity/join_code.ts";
import { UserError } from "../../platform/user_error.ts";
import { type Context, remark } from "../command.ts";
import { runningPeer } from "./with_peer.ts";

/** The closed group of the profile, for commands that may take the place of a damaged group file, or remove it. */
export function groupToLeave(state: string): ClosedGroup | undefined {
  try {
    return loadGroup(state);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The error that keeps somebody from losing the code of one group by joining another. */
export function inAnother(name: string): UserError {
  return new UserError(
    `This profile is in the closed group "${name}" already. Keep its code (\`earshot group show\`) if it is still needed, ` +
      "then leave it with `earshot group leave`; or use --profile NAME for a second peer.",
  );
}

/** Tells that a peer that runs is in the new group only after a restart. */
export async function remarkRestart(context: Context): Promise<void> {
  const running = await runningPeer(context.config.state);
  if (running !== undefined) {
    // One that does not answer must be started again as well.
    remark(context, `The peer that runs (process ${running.pid}) must be started again to move there.`);
  }
}
