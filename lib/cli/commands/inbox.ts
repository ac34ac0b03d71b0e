import { ExitCode, UserError } from "../../platform/user_error.ts";
import type { HistoryMessage } from "../../storage/history/history.ts";
import { type Command, type Context, expectArgs, jsonLine, remark } from "../command.ts";
import { historyJson, historyRow } from "../inbox/list.ts";
import { inboxFolder, openHistory } from "../profile/open_history.ts";
import { show, showPath } from "../inbox/show.ts";
import { sql } from "../inbox/sql.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { table } from "../terminal/table.ts";

/** Messages that are listed unless told. */
const LIMIT = 20;

/** `earshot inbox`: what came in, and what was sent. Only reads the database: no peer is needed, and none started. */
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
    else {
      throw new UserError(
        `"${action}" is not known: earshot inbox, earshot inbox show ID, earshot inbox path, or earshot inbox sql "SELECT ...".`,
        ExitCode.usage,
      );
    }
    return ExitCode.done;
  },
};

async function list(context: Context): Promise<void> {
  const { config, out } = context;
  const { given: { to, from, sent = to !== undefined }, limit = LIMIT } = config;
  if (sent && from !== undefined) {
    throw new UserError("--from goes with what came in, --to NAME with what was sent.", ExitCode.usage);
  }
  if (to !== undefined && to.length > 1) throw new UserError("Name one recipient with --to.", ExitCode.usage);
  const root = await inboxFolder(context);
  using history = await openHistory(context, root);
  const all = history === undefined ? [] : sent ? history.sent(to?.[0]) : history.received(from);
  const messages = firstOf(config.json ? all : together(all), limit);
  const names = new ScreenNames(messages.map(({ peer }) => peer));
  await out.lines(
    config.json
      ? messages.map((message) => jsonLine(historyJson(message)))
      : table(messages.map((message) => historyRow(message, root, names.text))),
  );
  if (messages.length > 0) return;
  const peer = to?.[0] ?? from;
  const whom = peer === undefined ? "" : sent ? ` to ${peer}` : ` from ${peer}`;
  remark(
    context,
    sent ? `Nothing was sent${whom} yet.` : `Nothing came in${whom} yet; documents arrive in ${root}.`,
  );
}

/** A line of chat to everybody is one for the user, however many heard it. */
function* together(messages: Iterable<HistoryMessage>): Generator<HistoryMessage> {
  const seen = new Set<string>();
  for (const message of messages) {
    if (message.direction === "sent" && message.to === "all") {
      if (seen.has(message.id)) continue;
      seen.add(message.id);
    }
    yield message;
  }
}

function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    if (first.push(item) >= count) break;
  }
  return first;
}
