import { isEveryone } from "../../protocol/label.ts";
import type { Withdrawal } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { peerFilter } from "../../storage/history/history.ts";
import type { HistoryMessage } from "../../storage/history/message_rows.ts";
import { type Context, expectArgs, jsonLine } from "../command.ts";
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
  const [message] = messages;
  const to = message && messages.map(({ peer }) => peer.id);
  const results = await withPeer(quiet, (service) => service.withdraw(message?.id ?? wholeId(id!)!, to));
  const outcomes = message ? messages.map((each) => outcomeOf(each, results)) : results;
  if (outcomes.length === 0) throw nothing(context, id!);
  const what = !message || message.kind === "chat" ? "the message" : oneLine(message.name);
  const { text } = new ScreenNames(outcomes.map(({ to }) => to));
  for (const outcome of outcomes) {
    const isDone = outcome.status === "withdrawn";
    if (context.config.json) context.out.line(jsonLine(outcome));
    else if (isDone) context.out.line(sentence(what, outcome, text));
    else context.err.line(`earshot: ${sentence(what, outcome, text)}`);
  }
  return outcomes.every(({ status }) => status === "withdrawn") ? ExitCode.done : ExitCode.failed;
}

/**
 * Finds the message with this id, for each of its recipients that is meant: those for whom it waits, if there are any.
 * None if only the peer may know it: a message is in the outbox a moment after it was handed in, or never.
 */
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
    if (history && targets.length === 0 && wholeId(part)) return [];
    throw nothing(context, part);
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

/** Returns an id as the history has it; undefined if it is only a part of one. */
function wholeId(part: string): string | undefined {
  return /^[0-9A-Z]{26}$/i.test(part) ? part.toUpperCase() : undefined;
}

function nothing({ config: { given: { to } } }: Context, part: string): UserError {
  const whom = to === undefined ? "" : ` for ${to.map(oneLine).join(", ")}`;
  return new UserError(
    `Nothing with the id "${
      oneLine(part)
    }" waits${whom}, or was sent; \`earshot inbox --sent\` lists the ids.`,
  );
}

/** Returns what became of a message, also if the peer no longer has it in its history. */
function outcomeOf({ id, peer, status, why }: HistoryMessage, results: readonly Withdrawal[]): Withdrawal {
  const result = results.find(({ to }) => to.id === peer.id);
  if (result) return { ...result, to: peer };
  return { id, to: peer, status: status === "queued" || status === undefined ? "expired" : status, why };
}

function sentence(what: string, { to: peer, status, why }: Withdrawal, nameText: NameText): string {
  const to = nameText(peer);
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
