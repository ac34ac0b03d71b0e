import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, expectArgs, wrongUsage } from "../command.ts";
import { follow } from "../inbox/follow.ts";
import { list } from "../inbox/list.ts";
import { show, showPath } from "../inbox/show.ts";
import { sql } from "../inbox/sql.ts";

/** `earshot inbox`: shows received and sent messages. It only reads the database and starts no peer. */
export async function run(context: Context): Promise<ExitCode> {
  const [action] = context.config.args;
  if (context.config.follow) {
    if (action !== undefined) throw new UserError(`--follow does not go with ${action}.`, ExitCode.usage);
    await follow(context);
  } else if (action === undefined) await list(context);
  else if (action === "show") await show(context, expectArgs(context, 2)[1]!);
  else if (action === "path") await showPath(context, expectArgs(context, 1, 2)[1]);
  else if (action === "sql") await sql(context, expectArgs(context, 2)[1]!);
  else throw wrongUsage(context, `unknown action "${action}"`);
  return ExitCode.done;
}
