import { leaveGroup, loadGroup, saveGroup } from "../../identity/group.ts";
import { GROUP_SECRET_BYTES, newJoinCode } from "../../identity/join_code.ts";
import { SilentPeerError } from "../../control/client.ts";
import { groupOf } from "../../peer/settings.ts";
import { systemRandom } from "../../platform/random.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, expectArgs, jsonLine, remark, wrongUsage } from "../command.ts";
import { checkNoOpenGroup, groupToLeave, inAnother, remarkRestart } from "../profile/closed_group.ts";
import { runningPeer } from "../profile/with_peer.ts";

/** `earshot group`: makes a closed group, shows the current one, leaves it. */
export async function run(context: Context): Promise<ExitCode> {
  const [action, name] = expectArgs(context, 1, 2);
  if (action !== "new" && action !== "show" && action !== "leave") {
    throw wrongUsage(context, `unknown action "${action}"`);
  }
  expectArgs(context, action === "new" ? 2 : 1);
  if (action === "new") await make(context, name!);
  else if (action === "show") await show(context);
  else await leave(context);
  return ExitCode.done;
}

async function make(context: Context, name: string): Promise<void> {
  const { state } = context.config;
  checkNoOpenGroup(context, name);
  const present = loadGroup(state);
  if (present !== undefined) throw inAnother(present.name);
  const { code } = saveGroup(state, newJoinCode(name, systemRandom.bytes(GROUP_SECRET_BYTES)));
  context.out.line(code);
  remark(
    context,
    "On the other machines: earshot join CODE. Anyone with the code can join: hand it over in private.",
  );
  await remarkRestart(context);
}

async function show(context: Context): Promise<void> {
  const { config, out } = context;
  const { name, code } = groupOf(config, config.state);
  if (config.json) out.line(jsonLine({ group: name, closed: code !== undefined, code }));
  else out.line(code === undefined ? `${name} (open)` : `${name} (closed), join code ${code}`);
  const running = await runningPeer(config.state);
  if (running instanceof SilentPeerError) {
    remark(context, `earshot: ${running.message}`);
  } else if (running !== undefined && running.group !== name) {
    remark(
      context,
      `The running peer (process ${running.pid}) is still in "${running.group}": restart it to move.`,
    );
  }
}

async function leave(context: Context): Promise<void> {
  const { state } = context.config;
  const name = groupToLeave(state)?.name;
  if (!leaveGroup(state)) throw new UserError("This profile is in no closed group.");
  context.out.line(name === undefined ? "Left the closed group." : `Left the group "${name}".`);
  await remarkRestart(context);
}
