import { queryHistory } from "../../storage/threads/query_history.ts";
import { type Answer, ANSWER_ROWS, type Cell } from "../../storage/history/query.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { UserError } from "../../platform/user_error.ts";
import { type Context, jsonLine, remark } from "../command.ts";
import { inboxFolder, openHistory } from "../profile/open_history.ts";
import { table } from "../terminal/columns.ts";
import { cutToWidth } from "../terminal/columns.ts";
import { oneLine } from "../terminal/text.ts";
import { theme } from "../terminal/theme.ts";

/** Most columns of a cell on a terminal. */
const CELL_MAX = 80;

/** `earshot inbox sql`: answers a query about the history. */
export async function sql(context: Context, query: string): Promise<void> {
  const { config, out } = context;
  const root = await inboxFolder(context);
  // Migrates an older database.
  (await openHistory(context, root))?.[Symbol.dispose]();
  const answer = await queryHistory(config.state, root, query);
  if (answer === undefined) {
    throw new UserError(
      `This profile has no history yet: nothing was received or sent. Start Earshot first.`,
    );
  }
  await out.lines(config.json ? objects(answer) : lines(answer, out.isTerminal));
  if (answer.withoutBody > 0) {
    remark(
      context,
      `${
        count(answer.withoutBody)
      } no body in the database, so it is NULL: those over ${INLINE_DOCUMENT_MAX} bytes, ` +
        "and older ones. Their column kept says file if the inbox has them (`earshot inbox show ID` prints one), or nothing.",
    );
  }
  if (answer.isCut) {
    const shown = answer.rows.length === ANSWER_ROWS ? `first ${ANSWER_ROWS}` : `first ${answer.rows.length}`;
    remark(context, `Only the ${shown} rows are shown: narrow the query with WHERE or LIMIT.`);
  }
}

function count(documents: number): string {
  return documents === 1 ? "1 document has" : `${documents} documents have`;
}

function objects({ columns, rows }: Answer): string[] {
  return rows.map((row) => jsonLine(Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
}

function lines({ columns, rows }: Answer, isTerminal: boolean): string[] {
  const [head, ...rest] = table([
    columns.map(oneLine),
    ...rows.map((row) => row.map((cell) => text(cell, isTerminal))),
  ]);
  return [theme.strong(head!), ...rest];
}

function text(cell: Cell, isTerminal: boolean): string {
  const line = cell === null ? "" : oneLine(`${cell}`);
  return isTerminal ? cutToWidth(line, CELL_MAX) : line;
}
