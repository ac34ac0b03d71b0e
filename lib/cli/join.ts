import { saveGroup } from "../identity/group.ts";
import { parseJoinCode } from "../identity/join_code.ts";
import { ExitCode } from "../platform/user_error.ts";
import { type Command, expectArgs } from "./command.ts";
import { groupToLeave, inAnother, remarkRestart } from "./moving.ts";

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
    const present = groupToLeave(state);
    if (present !== undefined && present.code !== wanted.code) throw inAnother(present.name);
    saveGroup(state, wanted.code);
    context.out.line(`Joined the group "${wanted.name}".`);
    await remarkRestart(context);
    return ExitCode.done;
  },
};
