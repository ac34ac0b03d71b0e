import type { HistoryMessage } from "../../storage/history/history.ts";
import { cutToWidth } from "../terminal/columns.ts";
import { indented, type NameText, oneLine, plainName, refusal, sizeText } from "../terminal/text.ts";

/** Characters of an id that are shown: its end, for the beginning is the time. */
const SHORT_ID = 8;

/** Columns of a chat that are shown in a list. */
const TEXT_MAX = 60;

/** Names of what is told of each state of a message that was sent. */
const STATUS = { delivered: "delivered", queued: "waits", expired: "given up" } as const;

/** The end of a message id, by which `earshot inbox show` finds it. */
export function shortMessageId(id: string): string {
  return id.slice(-SHORT_ID);
}

/** A message as cells of a list. @param root folder of the inbox */
export function historyRow(
  message: HistoryMessage,
  root: string,
  nameText: NameText = plainName,
): string[] {
  const { direction, id, kind, peer, to, name, stream, size, at, text = "" } = message;
  const isToAll = direction === "sent" && to === "all";
  return [
    shortMessageId(id),
    timeText(at),
    isToAll ? "everyone" : nameText(peer),
    kind === "chat"
      ? `"${cut(oneLine(text))}"`
      : oneLine(name) + (stream === undefined ? "" : ` (${oneLine(stream)})`),
    kind === "chat" ? "" : sizeText(size),
    direction === "received" ? place(message, root) : isToAll ? "" : outcome(message),
  ];
}

/** Day and minute, as the clock on the wall shows them. */
export function timeText(at: number): string {
  const date = new Date(at);
  const [month, day, hour, minute] = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()]
    .map((number) => `${number}`.padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day} ${hour}:${minute}`;
}

/** A line of former chat, with its time. @param self what we are called */
export function recalledText(
  { direction, peer, to, text = "", at }: HistoryMessage,
  self: string,
  nameText: NameText = plainName,
): string {
  const other = nameText(peer);
  const [from, whom] = direction === "received" ? [other, "you"] : [oneLine(self), other];
  return `${timeText(at)} ${from}${to === "you" ? ` to ${whom}` : ""}: ${indented(text)}`;
}

/** A message as `--json` prints it. */
export function historyJson(message: HistoryMessage): Record<string, unknown> {
  const { id, direction, kind, peer, to, name, stream, size, at, text, path, status, code, why, kept } =
    message;
  const isReceived = direction === "received";
  return {
    id,
    direction,
    kind,
    from: isReceived ? peer : undefined,
    to: isReceived ? to : peer,
    toAll: isReceived || kind === "document" ? undefined : to === "all",
    name: kind === "document" ? name : undefined,
    stream,
    size,
    at,
    text,
    path,
    status,
    code,
    why,
    kept,
  };
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

function cut(text: string): string {
  return cutToWidth(text, TEXT_MAX);
}
