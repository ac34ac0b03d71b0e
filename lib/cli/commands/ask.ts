import { monotonicUlid } from "../../platform/std_ulid.ts";
import type { Service } from "../../control/service.ts";
import type { AskResult, DeliveryResult, PeerRef } from "../../peer/types.ts";
import { type ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, expectArgs, remark } from "../command.ts";
import {
  answerLine,
  answerText,
  exitCodeOfAnswers,
  isAnswered,
  unansweredText,
} from "../messages/answers.ts";
import { readQuestion } from "../messages/question.ts";
import { findRecipients, type Recipients, TIMEOUT } from "../messages/recipients.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { withPeer } from "../profile/with_peer.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { nameList } from "../terminal/text.ts";

/** `earshot ask`: sends a question, waits for its answer, and prints it. */
export async function run(context: Context): Promise<ExitCode> {
  const [given] = expectArgs(context, 1);
  const question = await readQuestion(context, given!);
  return await withPeer(context, (service) => askAll(context, service, question));
}

/** Asks every recipient, prints each outcome as it comes, and returns the exit code. */
export async function askAll(context: Context, service: Service, question: string): Promise<ExitCode> {
  const { to, timeout, id = monotonicUlid() } = context.config;
  const remembered = () => rememberedPeers(context);
  const recipients = await findRecipients(service, to, timeout ?? TIMEOUT, false, remembered);
  if (to === undefined && !context.config.json) {
    remark(context, `Asking ${nameList(recipients.peers)}, the one peer that is up.`);
  }
  const results: AskResult[] = [];
  const take = (result: AskResult) => {
    results.push(result);
    print(context, recipients, result);
  };
  recipients.results([], id).forEach(take);
  await Promise.all(
    recipients.peers.map(async (peer) => take(await askOne(context, service, peer, question, id))),
  );
  const arrived = results.filter(({ status }) =>
    ["answered", "failed", "no-answer", "delivered"].includes(status)
  );
  const delivered = arrived.map(({ id, to }): DeliveryResult => ({ id, to, status: "delivered" }));
  await recipients.noteMet(service, delivered);
  return exitCodeOfAnswers(results);
}

async function askOne(
  { config }: Context,
  service: Service,
  to: PeerRef,
  question: string,
  id: string,
): Promise<AskResult> {
  try {
    const [result] = await service.ask(question, { to: [to.id], id, timeout: config.timeout });
    return { ...result!, to };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { id, to, status: "unreachable", why: error.message.replace(/\.$/, "") };
  }
}

function print(context: Context, recipients: Recipients, result: AskResult): void {
  const { config, out, err, interrupted } = context;
  if (config.json) return out.line(answerLine(result));
  const { text } = new ScreenNames(recipients.peers);
  if (!isAnswered(result)) {
    return err.line(`earshot: ${unansweredText(result, interrupted.aborted, text)}`);
  }
  const isOne = recipients.peers.length + recipients.missing.length === 1;
  out.line(
    isOne ? answerText(result) : `${text(result.to)}: ${answerText(result).replaceAll(/\n\s*/g, " ")}`,
  );
}
