import { ExitCode } from "../../platform/user_error.ts";
import { type Command, expectArgs, wrongUsage } from "../command.ts";
import { list } from "../inbox/list.ts";
import { show, showPath } from "../inbox/show.ts";
import { sql } from "../inbox/sql.ts";

/** `earshot inbox`: shows received and sent messages. It only reads the database and starts no peer. */
export const inbox: Command = {
  name: "inbox",
  usage: "[show ID | path [ID] | sql QUERY]",
  summary: "what came in, newest first; print a document; query the history",
  details:
    "Without more it lists documents and chat that came in, with --sent what was sent and what became of it.\n" +
    "`show` prints a document exactly as it came, `path` the path of the inbox or of a document's file. An ID may\n" +
    "be the end or the beginning of one. `sql` answers one SELECT over the views received and sent, whose body is\n" +
    "the JSON of a document: json_extract(body, '$.celsius'). It only reads, for at most 5 s and 10 000 rows.\n" +
    "The database keeps documents up to 65 000 bytes. A larger one that came in is kept in its file only: `show` prints\n" +
    "it as long as that is as it came, and its body is NULL in `sql`. Of a larger one that was sent, no copy is kept.\n" +
    "The column kept of both views says so: database, file, or nothing.",
  options: ["sent", "from", "to", "limit"],
  async run(context) {
    const [action] = context.config.args;
    if (action === undefined) await list(context);
    else if (action === "show") await show(context, expectArgs(context, 2)[1]!);
    else if (action === "path") await showPath(context, expectArgs(context, 1, 2)[1]);
    else if (action === "sql") await sql(context, expectArgs(context, 2)[1]!);
    else throw wrongUsage(context, `unknown action "${action}"`);
    return ExitCode.done;
  },
};
