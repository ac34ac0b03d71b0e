import type { Withdrawal } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { peerFilter } from "../../storage/history/history.ts";
import type { HistoryMessage } from "../../storage/history/message_rows.ts";
import { type Context, expectArgs, jsonLine } from "../command.ts";
import { isEveryone } from "../messages/recipients.ts";
import { openHistory } from "../profile/open_history.ts";
import { withPeer } from "../profile/with_peer.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { type NameText, oneLine, timeText } from "../terminal/text.ts";

/** Most messages that are listed if an id is ambiguous. */
const NAMED_MAX = 5;

/** `earshot withdraw`: gives up a message that waits in the outbox. */
export async function run(context: Context): Promise<ExitCode> {
  const [id] = expectArgs(context, 1);
  const messages = await find(context, id!);
  // A recipient is meant here that may not be there: nobody is looked for.
  const quiet = { ...context, config: { ...context.config, to: undefined } };
  const results = await withPeer(
    quiet,
    (service) => service.withdraw(messages[0]!.id, messages.map(({ peer }) => peer.id)),
  );
  const { text } = new ScreenNames(messages.map(({ peer }) => peer));
  for (const message of messages) {
    const { peer } = message;
    const result = results.find(({ to }) => to.id === peer.id) ?? ended(message);
    const isDone = result.status === "withdrawn";
    if (context.config.json) context.out.line(jsonLine({ ...result, to: peer }));
    else if (isDone) context.out.line(sentence(message, result, text));
    else context.err.line(`earshot: ${sentence(message, result, text)}`);
  }
  return results.every(({ status }) => status === "withdrawn") ? ExitCode.done : ExitCode.failed;
}

/** Finds the message with this id, for each of its recipients that is meant: those for whom it waits, if there are any. */
async function find(context: Context, part: string): Promise<HistoryMessage[]> {
  const { config } = context;
  const targets = (config.given.to ?? []).filter((target) => !isEveryone(target)).map(peerFilter);
  using history = await openHistory(context, config.inbox);
  const found = (history?.find(part, true) ?? []).filter(({ peer }) =>
    targets.length === 0 || targets.some((isMeant) => isMeant(peer))
  );
  const waiting = found.filter(({ status }) => status === "queued");
  const messages = waiting.length > 0 ? waiting : found;
  if (messages.length === 0) {
    const whom = config.given.to === undefined ? "" : ` for ${config.given.to.map(oneLine).join(", ")}`;
    throw new UserError(
      `Nothing with the id "${
        oneLine(part)
      }" waits${whom}, or was sent; \`earshot inbox --sent\` lists the ids.`,
    );
  }
  const distinct = [...new Map(messages.map((message) => [message.id, message])).values()];
  if (distinct.length === 1) return messages;
  const named = distinct.slice(0, NAMED_MAX).map(({ id, peer, at }) =>
    `${id} (to ${oneLine(peer.name)}, ${timeText(at)})`
  );
  throw new UserError(
    `"${oneLine(part)}" fits ${distinct.length} messages, give more of it: ${named.join(", ")}${
      distinct.length > NAMED_MAX ? ", …" : ""
    }`,
    ExitCode.usage,
  );
}

/** The outcome of a message that the peer no longer has in its history. */
function ended({ id, peer, status, why }: HistoryMessage): Withdrawal {
  return { id, to: peer, status: status === "queued" || status === undefined ? "expired" : status, why };
}

function sentence(message: HistoryMessage, { status, why }: Withdrawal, nameText: NameText): string {
  const what = message.kind === "chat" ? "the message" : oneLine(message.name);
  const to = nameText(message.peer);
  switch (status) {
    case "withdrawn":
      return `Withdrawn: nothing of ${what} is sent to ${to} any more${
        why === undefined ? "" : `; ${oneLine(why)}`
      }.`;
    case "kept":
      return `${what} to ${to} is not withdrawn: ${oneLine(why ?? "it is under way")}.`;
    case "delivered":
      return `${what} cannot be withdrawn: ${to} has it.`;
    case "refused":
      return `${what} does not wait: it was refused${why === undefined ? "" : ` (${oneLine(why)})`}.`;
    case "expired":
      return `${what} does not wait: it was given up, because its time in the outbox was over.`;
  }
}
