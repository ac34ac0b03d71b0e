import { existsSync } from "../../platform/std_fs.ts";
import { basename, dirname, join } from "../../platform/std_path.ts";
import { ControlClient } from "../../control/client.ts";
import { profilePaths } from "../../platform/paths.ts";

/** How long to wait for the answer of a profile, milliseconds. */
const PATIENCE = 1_000;

/** Returns the path of a profile's control socket. */
export function controlPath(state: string): string {
  return join(state, "control.sock");
}

/** Returns the peer of this user that has a TCP port, as the user knows it; undefined if it is none of theirs. */
export async function portHolder(port: number): Promise<string | undefined> {
  for (const { profile, path } of controlSockets()) {
    const client = await ControlClient.connect(path, { patience: PATIENCE });
    try {
      const status = await client?.status();
      if (status?.port !== port) continue;
      return `Earshot${profile === undefined ? "" : `'s profile ${profile}`} (process ${status.pid})`;
    } catch {
      /* it leaves, or does not answer: then it cannot be told */
    } finally {
      client?.close();
    }
  }
  return undefined;
}

/** Lists the control sockets beside that of the default profile, with the names of their profiles. */
function* controlSockets(): Generator<{ profile: string | undefined; path: string }> {
  const state = profilePaths(undefined).state;
  const first = basename(state);
  const folder = dirname(state);
  if (!existsSync(folder)) return;
  for (const { name } of Deno.readDirSync(folder)) {
    if (name !== first && !name.startsWith(`${first}-`)) continue;
    yield {
      profile: name === first ? undefined : name.slice(first.length + 1),
      path: controlPath(join(folder, name)),
    };
  }
}
