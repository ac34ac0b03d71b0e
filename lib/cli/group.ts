import { leaveGroup, loadGroup, saveGroup } from "../identity/group.ts";
import { newJoinCode, parseJoinCode } from "../identity/join_code.ts";
import { groupOf } from "../peer/options.ts";
import { systemRandom } from "../platform/random.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { type Command, type Context, expectArgs, jsonLine, remark } from "./command.ts";
import { runningPeer } from "./with_peer.ts";

/** Bytes of a group's secret (PROTOCOL.md section 2). */
const SECRET_BYTES = 16;

/** `earshot group`: make a closed group, show the one we are in, leave it. */
export const group: Command = {
  name: "group",
  usage: "new NAME | show | leave",
  summary: "make a closed group and print its join code; show ours; leave it",
  details: "A peer that runs stays in its group until it is started again.",
  options: [],
  async run(context) {
    const [action, name] = context.config.args;
    if (action === "new") {
      expectArgs(context, 2);
      await make(context, name!);
    } else if (action === "show") {
      expectArgs(context, 1);
      await show(context);
    } else if (action === "leave") {
      expectArgs(context, 1);
      await leave(context);
    } else {
      const what = action === undefined ? "Say what to do" : `"${action}" is not known`;
      throw new UserError(
        `${what}: earshot group new NAME, earshot group show, or earshot group leave.`,
        ExitCode.usage,
      );
    }
    return ExitCode.done;
  },
};

/** `earshot join`: take part in a closed group. */
export const join: Command = {
  name: "join",
  usage: "CODE",
  summary: "join a closed group by its code",
  details: "A peer that runs stays in its group until it is started again.",
  options: [],
  async run(context) {
    const { state } = context.config;
    const wanted = parseJoinCode(expectArgs(context, 1)[0]!);
    const present = loadGroup(state);
    if (present !== undefined && present.code !== wanted.code) throw inAnother(present.name);
    saveGroup(state, wanted.code);
    context.out.line(`Joined the group "${wanted.name}".`);
    await remarkRestart(context);
    return ExitCode.done;
  },
};

async function make(context: Context, name: string): Promise<void> {
  const { state } = context.config;
  const present = loadGroup(state);
  if (present !== undefined) throw inAnother(present.name);
  const { code } = saveGroup(state, newJoinCode(name, systemRandom.bytes(SECRET_BYTES)));
  context.out.line(code);
  remark(
    context,
    "On the other machines: earshot join CODE. Whoever has the code is in the group: hand it over in private.",
  );
  await remarkRestart(context);
}

async function show({ config, out, err }: Context): Promise<void> {
  const { name, code } = groupOf(config, config.state);
  if (config.json) out.line(jsonLine({ group: name, closed: code !== undefined, code }));
  else out.line(code === undefined ? `${name} (open)` : `${name} (closed), join code ${code}`);
  const running = await runningPeer(config.state);
  if (running !== undefined && running.group !== name) {
    err.line(
      `The peer that runs (process ${running.pid}) is still in "${running.group}": start it again to move.`,
    );
  }
}

async function leave(context: Context): Promise<void> {
  const { state } = context.config;
  const name = loadGroup(state)?.name;
  if (!leaveGroup(state)) throw new UserError("This profile is in no closed group.", ExitCode.failed);
  context.out.line(`Left the group "${name}".`);
  await remarkRestart(context);
}

function inAnother(name: string): UserError {
  return new UserError(
    `This profile is in the closed group "${name}" already. Keep its code (\`earshot group show\`) if it is still needed, ` +
      "then leave it with `earshot group leave`; or use --profile NAME for a second peer.",
  );
}

async function remarkRestart(context: Context): Promise<void> {
  const running = await runningPeer(context.config.state);
  if (running !== undefined) {
    remark(context, `The peer that runs (process ${running.pid}) must be started again to move there.`);
  }
}
