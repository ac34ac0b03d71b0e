import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Command, expectArgs, wrongUsage } from "../command.ts";
import { follow } from "../inbox/follow.ts";
import { list } from "../inbox/list.ts";
import { show, showPath } from "../inbox/show.ts";
import { sql } from "../inbox/sql.ts";

/** `earshot inbox`: shows received and sent messages. It only reads the database and starts no peer. */
export const inbox: Command = {
  name: "inbox",
  usage: "[show ID | path [ID] | sql QUERY]",
  summary: "what came in, newest first; print a document; query the history",
  details:
    "Lists received documents and chat; with --sent, sent messages and their outcome. With --follow it prints what\n" +
    "comes in from now on, a line each, until Ctrl-C, whether a peer runs or not.\n" +
    "`show` prints a document exactly as it arrived, `path` the path of the inbox or of a document's file. An ID may\n" +
    "be shortened to its beginning or end. `sql` answers one SELECT over the views received and sent, whose body is\n" +
    "the JSON of a document: json_extract(body, '$.celsius'). It only reads, for at most 5 s and 10 000 rows.\n" +
    "The database keeps documents up to 65 000 bytes. A larger one is only in its file in the inbox: `show`\n" +
    "prints it while that file is unchanged, and its body is NULL in `sql`. Larger sent ones are not kept.\n" +
    "The column kept of both views says where a body is: database, file, or nothing.",
  options: ["sent", "from", "to", "stream", "limit", "follow"],
  async run(context) {
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
  },
};
