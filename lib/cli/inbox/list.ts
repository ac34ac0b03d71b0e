import { ExitCode, UserError } from "../../platform/user_error.ts";
import { isEveryone } from "../../protocol/label.ts";
import { isPlainName, senderOf } from "../../peer/plain_sender.ts";
import type { History, HistoryMessage } from "../../storage/history/history.ts";
import { type Context, printList, remark } from "../command.ts";
import { inboxFolder, openHistory } from "../profile/open_history.ts";
import { cutToWidth } from "../terminal/columns.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { type NameText, oneLine, refusal, sizeText, timeText, UNPROVEN } from "../terminal/text.ts";

/** Default for `--limit`. */
const LIMIT = 20;

/** Length of a shown id, characters: its end, because the beginning is the time. `earshot inbox show` accepts it. */
const SHORT_ID = 8;

/** Columns of a chat message that are shown. */
const TEXT_MAX = 60;

/** Names for the outcomes of sent messages. */
const STATUS = {
  delivered: "delivered",
  queued: "waits",
  expired: "given up",
  withdrawn: "withdrawn",
} as const;

/** `earshot inbox`: lists received messages, or sent ones. */
export async function list(context: Context): Promise<void> {
  const { config } = context;
  const { given: { to, from, stream, sent = to !== undefined }, limit = LIMIT } = config;
  if (sent && from !== undefined) {
    throw new UserError(
      "--from selects received messages, --to NAME sent ones: give one of them.",
      ExitCode.usage,
    );
  }
  if (sent && stream !== undefined) {
    throw new UserError("--stream selects received documents: leave it out, or --sent.", ExitCode.usage);
  }
  if (to !== undefined && to.length > 1) {
    throw new UserError(
      "`inbox` lists what went to one recipient: name one with --to, and no set of several.",
      ExitCode.usage,
    );
  }
  const root = await inboxFolder(context);
  using history = await openHistory(context, root);
  const all = history === undefined ? [] : sent ? sentTo(history, to?.[0]) : history.received(from, stream);
  const messages = firstOf(config.json ? all : together(all), limit);
  const names = new ScreenNames(messages.map(({ peer }) => peer));
  await printList(context, messages, (message) => messageCells(message, root, names.text), messageJson);
  if (messages.length > 0) return;
  const peer = to?.[0] ?? from;
  const way = sent ? "to" : "from";
  const whom = `${peer === undefined ? "" : ` ${way} ${peer}`}${stream === undefined ? "" : ` in ${stream}`}`;
  remark(
    context,
    sent ? `Nothing was sent${whom} yet.` : `Nothing came in${whom} yet; documents arrive in ${root}.`,
  );
}

/** Yields what was sent to a peer, or what was said to everyone for `all`. */
function* sentTo(history: History, to: string | undefined): Iterable<HistoryMessage> {
  const isToAll = to !== undefined && isEveryone(to);
  for (const message of history.sent(isToAll ? undefined : to)) {
    if (!isToAll || message.to === "all") yield message;
  }
}

/** Merges the copies of a chat message to everybody, which has a row for each recipient. */
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

/** Returns the cells of a message in a table. @param root folder of the inbox */
export function messageCells(message: HistoryMessage, root: string, nameText: NameText): string[] {
  const { direction, id, kind, peer, to, name, stream, size, at, text = "" } = message;
  const isChat = kind === "chat";
  const isToAll = direction === "sent" && to === "all";
  const document = oneLine(name) + (stream === undefined ? "" : ` (${oneLine(stream)})`);
  return [
    id.slice(-SHORT_ID),
    timeText(at),
    isToAll ? "everyone" : isPlainName(peer.id) ? `${oneLine(peer.name)} ${UNPROVEN}` : nameText(peer),
    isChat ? `"${cutToWidth(oneLine(text), TEXT_MAX)}"` : document,
    isChat ? "" : sizeText(size),
    direction === "received" ? place(message, root) : isToAll ? "" : outcome(message),
  ];
}

function place({ kind, to, path }: HistoryMessage, root: string): string {
  if (kind === "chat") return to === "you" ? "to you" : "";
  if (path === undefined) return "(removed)";
  return oneLine(path.startsWith(root) ? path.slice(root.length + 1) : path);
}

function outcome({ kind, status, code, why, kept }: HistoryMessage): string {
  const end = status === "refused"
    ? `refused: ${refusal({ code, why })}`
    : status === undefined
    ? ""
    : STATUS[status];
  return kind === "document" && kept === "nothing" ? `${end} (no copy kept)` : end;
}

/** Formats a message for `--json`. */
export function messageJson(message: HistoryMessage): Record<string, unknown> {
  const { id, direction, kind, peer, to, name, stream, size, at, text, path, question, re } = message;
  const { status, code, why, kept } = message;
  const isReceived = direction === "received";
  const isDocument = kind === "document";
  return {
    id,
    direction,
    kind,
    from: isReceived ? senderOf(peer.id, peer.name) : undefined,
    to: isReceived ? to : peer,
    toAll: isReceived || isDocument ? undefined : to === "all",
    name: isDocument ? name : undefined,
    stream,
    size,
    at,
    text,
    path,
    ask: question === undefined ? undefined : true,
    re,
    status,
    code,
    why,
    kept,
  };
}
