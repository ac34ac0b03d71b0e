import { existsSync } from "../../platform/std_fs.ts";
import { printable } from "../../protocol/label.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import type { History, HistoryMessage } from "../../storage/history/history.ts";
import { goneError, readReceived } from "../../storage/history/received_file.ts";
import type { Context } from "../command.ts";
import { inboxFolder, openHistory } from "../profile/open_history.ts";
import { oneLine, timeText } from "../terminal/text.ts";

/** Bytes written at a time. */
const CHUNK = 64 * 1024;

/** Most messages that are listed if an id is ambiguous. */
const NAMED_MAX = 5;

/** `earshot inbox show`: prints a document exactly as received, or a chat's text. */
export async function show(context: Context, id: string): Promise<void> {
  using history = await openHistory(context, await inboxFolder(context));
  const message = find(context, history, id);
  if (message.kind === "chat") {
    const { text = "" } = message;
    return context.out.line(context.out.isTerminal ? printable(text) : text);
  }
  const body = history!.body(message);
  if (body !== undefined) return await print(context, [body]);
  await print(context, fileOf(message));
}

/** `earshot inbox path`: the path of the inbox, or of a document's file. */
export async function showPath(context: Context, id: string | undefined): Promise<void> {
  const root = await inboxFolder(context);
  if (id === undefined) return context.out.line(root);
  using history = await openHistory(context, root);
  const message = find(context, history, id);
  if (message.kind === "chat") {
    throw new UserError(
      `${message.id} is a chat message, which has no file; \`earshot inbox show ${id}\` prints it.`,
    );
  }
  if (message.direction === "sent") {
    throw new UserError(`${message.id} was sent, not received: it has no file in the inbox.`);
  }
  if (message.path === undefined || !existsSync(message.path)) throw goneError(message, "gone");
  context.out.line(message.path);
}

/** Finds the message with this id. */
function find({ config }: Context, history: History | undefined, id: string): HistoryMessage {
  const { given: { to, from, sent = to !== undefined } } = config;
  const found = history?.find(id, sent, to?.[0] ?? from) ?? [];
  const distinct = found.filter((message, i) =>
    found.findIndex((other) => other.id === message.id && (sent || other.peer.id === message.peer.id)) === i
  );
  if (distinct.length === 1) return distinct[0]!;
  const list = sent ? "earshot inbox --sent" : "earshot inbox";
  if (distinct.length === 0) {
    const what = sent ? "Nothing was sent" : "Nothing came in";
    throw new UserError(`${what} with the id "${oneLine(id)}"; \`${list}\` lists the ids.`);
  }
  const named = distinct.slice(0, NAMED_MAX).map((message) =>
    `${message.id} (${sent ? "to" : "from"} ${oneLine(message.peer.name)}, ${timeText(message.at)})`
  );
  const isOneId = distinct.every((message) => message.id === distinct[0]!.id);
  const rest = distinct.length > NAMED_MAX ? ", …" : "";
  const how = isOneId ? "say which with --from NAME" : "give more of it";
  throw new UserError(
    `"${oneLine(id)}" fits ${distinct.length} messages, ${how}: ${named.join(", ")}${rest}`,
    ExitCode.usage,
  );
}

/** Reads a document whose body is no longer in the database from its file. */
function fileOf(message: HistoryMessage): Iterable<Uint8Array> {
  const { path, copy } = message;
  const chunks = readReceived({ ...message, path: copy ?? path }, CHUNK);
  if (typeof chunks === "string") throw goneError(message, chunks);
  return chunks;
}

/** Prints bytes unchanged; on a terminal without anything it could take for commands. */
async function print({ out }: Context, chunks: Iterable<Uint8Array>): Promise<void> {
  if (!out.isTerminal) {
    for (const chunk of chunks) {
      if (out.closed.aborted) return;
      await out.bytes(chunk);
    }
    return;
  }
  const decoder = new TextDecoder();
  let last = "";
  for (const chunk of chunks) {
    const text = printable(decoder.decode(chunk, { stream: true }));
    await out.bytes(new TextEncoder().encode(text));
    last = text || last;
  }
  if (!last.endsWith("\n")) out.raw("\n");
}
