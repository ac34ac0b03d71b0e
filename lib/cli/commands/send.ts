import { monotonicUlid } from "../../platform/std_ulid.ts";
import type { Service } from "../../control/service.ts";
import { checkHead, checkName } from "../../peer/message_checks.ts";
import type { DeliveryResult } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { INLINE_DOCUMENT_MAX, NAME_MAX, STREAM_MAX } from "../../protocol/limits.ts";
import { type Context, expectArgs, remark } from "../command.ts";
import { DeferredRemarks } from "../messages/deferred_remarks.ts";
import type { Document } from "../messages/document.ts";
import { Documents } from "../messages/documents.ts";
import { isStandardInput } from "../messages/input.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { findRecipients, type Recipients, TIMEOUT } from "../messages/recipients.ts";
import { exitCodeOf, printResults } from "../messages/results.ts";
import { nameList } from "../terminal/text.ts";
import { Progress } from "../terminal/progress.ts";
import { tellWaiting, whoWaits } from "../messages/waiting_messages.ts";
import { withPeer } from "../profile/with_peer.ts";

/** Most documents under way at once. */
const PARALLEL = 16;

/** `earshot send`: sends JSON documents, and ends when they are durable at the recipients. */
export async function run(context: Context): Promise<ExitCode> {
  const files = expectArgs(context, 1, Infinity).map((file) => isStandardInput(file) ? "-" : file);
  checkOptions(context, files);
  if (context.config.lines) {
    const { sendLines } = await import("../messages/send_lines.ts");
    return await withPeer(context, (service) => sendLines(context, service, files));
  }
  const documents = await Documents.read(context, files);
  return await withPeer(context, (service) => sendAll(context, service, documents))
    .finally(() => documents.discard());
}

function checkOptions({ config }: Context, files: readonly string[]): void {
  const { documentName, stream, id, lines, skipBad } = config;
  if (lines && id !== undefined) {
    throw new UserError(
      "--id names one document, and --lines sends many: leave one of them out.",
      ExitCode.usage,
    );
  }
  if (skipBad && !lines) throw new UserError("--skip-bad goes with --lines.", ExitCode.usage);
  if (files.length > 1) {
    for (const [option, value] of [["--name", documentName], ["--id", id]]) {
      if (value !== undefined) {
        throw new UserError(`${option} goes with one file, not with several.`, ExitCode.usage);
      }
    }
  }
  if (files.filter((file) => file === "-").length > 1) {
    throw new UserError("Standard input (-) can be sent only once.", ExitCode.usage);
  }
  if (documentName !== undefined) checkName("--name", documentName, NAME_MAX);
  if (stream !== undefined) checkName("--stream", stream, STREAM_MAX);
  checkHead(documentName ?? "", stream);
}

/** Hands documents over in order, prints their outcomes, and returns the exit code. */
export async function sendAll(context: Context, service: Service, documents: Documents): Promise<ExitCode> {
  const { to, timeout = TIMEOUT, queue = false } = context.config;
  const waiting = whoWaits(service);
  const recipients = await findRecipients(service, to, timeout, queue, () => rememberedPeers(context));
  const count = documents.size;
  const progress = new Progress(context.err, count * (recipients.peers.length + recipients.missing.length));
  const deferred = new DeferredRemarks((text) => {
    progress.clear();
    remark(context, text);
    progress.advance(0);
  });
  const results: DeliveryResult[] = [];
  const failures: UserError[] = [];
  try {
    const send = (document: Document) => sendOne(context, service, document, recipients, progress, deferred);
    await inOrder(documents.handOver(), send, ({ source, sent, failure }) => {
      progress.clear();
      if (failure === undefined || context.config.json) printResults(context, source, sent);
      else context.err.line(`earshot: ${source} was not sent: ${failure.message}`);
      if (failure) failures.push(failure);
      results.push(...sent);
      progress.advance(sent.length, sent.map((result) => `${result.id} ${result.to.id}`));
    });
  } finally {
    progress.end();
  }
  await remarkSent(context, service, recipients, results);
  await tellWaiting(context, service, results, waiting);
  if (failures.length === count) return failures[0]!.exitCode;
  return failures.length > 0 ? ExitCode.failed : exitCodeOf(results);
}

/** Tells the user to whom a document went. */
async function remarkSent(
  context: Context,
  service: Service,
  recipients: Recipients,
  results: readonly DeliveryResult[],
): Promise<void> {
  if (context.config.to === undefined && !context.config.json) {
    remark(context, `To ${nameList(recipients.peers)}, the one peer that is up.`);
  }
  if (recipients.away.length > 0) {
    remark(context, `Not within earshot now: ${nameList(recipients.away)}.`);
  }
  if (results.some((result) => result.status === "queued") && (await service.status()).brief) {
    remark(context, "What is queued is delivered when earshot next runs.");
  }
  await recipients.noteMet(service, results);
}

/** The results of a document, or the reason why it could not be handed over. */
interface Sent {
  readonly source: string;
  readonly sent: DeliveryResult[];
  readonly failure?: UserError;
}

/** Hands a document over before it returns, and waits for the outcome. */
async function sendOne(
  { config }: Context,
  service: Service,
  { content, name, source }: Document,
  recipients: Recipients,
  progress: Progress,
  deferred: DeferredRemarks,
): Promise<Sent> {
  // The id is fixed before the call, which may be repeated through another process. Ids sort in the order of the
  // documents.
  const id = config.id ?? monotonicUlid();
  const isLarge = "spool" in content && content.size > INLINE_DOCUMENT_MAX;
  const tellDeferred = deferred.about(source, isLarge, config.timeout);
  try {
    const sent = await service.send(content, {
      to: recipients.ids,
      id,
      name,
      stream: config.stream,
      timeout: config.timeout ?? (isLarge ? undefined : TIMEOUT),
      queue: config.queue,
      progress: isLarge ? (to, bytes) => progress.part(`${id} ${to.id}`, bytes / content.size) : undefined,
      // With --json, standard output reports it in the end.
      deferred: config.json ? undefined : (to, why) => tellDeferred(recipients.asAddressed(to), why),
    });
    return { source, sent: recipients.results(sent, id) };
  } catch (failure) {
    if (!(failure instanceof UserError)) throw failure;
    const why = failure.message.replace(/\.$/, "");
    const sent = recipients.peers.map((to): DeliveryResult => ({ id, to, status: "unreachable", why }));
    return { source, sent: recipients.results(sent, id), failure };
  }
}

/**
 * Starts the work on items in order, several at once, and yields the results in order.
 *
 * @param work starts before it returns
 */
async function inOrder<T, R>(
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
  take: (result: R) => void,
): Promise<void> {
  const under: Promise<R>[] = [];
  for (const item of items) {
    if (under.length === PARALLEL) take(await under.shift()!);
    const one = work(item);
    // The failure surfaces when its turn comes; until then it must not count as unhandled.
    one.catch(() => {});
    under.push(one);
  }
  for (const one of under) take(await one);
}
