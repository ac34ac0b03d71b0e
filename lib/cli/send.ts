import { ulid } from "@std/ulid";
import type { Service } from "../control/service.ts";
import type { DeliveryResult } from "../peer/types.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { Spool } from "../storage/spool.ts";
import { type Command, type Context, expectArgs, remark } from "./command.ts";
import { DeferredRemarks } from "./deferred.ts";
import { type Document, isStandardInput, readDocument } from "./document.ts";
import { rememberedPeers } from "./open_history.ts";
import { findRecipients, missed, noteMet, type Recipients, TIMEOUT } from "./recipients.ts";
import { exitCodeOf, printResults } from "./results.ts";
import { nameList } from "./text.ts";
import { Progress } from "./terminal/progress.ts";
import { withPeer } from "./with_peer.ts";

/** Documents that are under way at once. */
const PARALLEL = 16;

/** `earshot send`: hands over JSON that is durable at the recipient before the command is done. */
export const send: Command = {
  name: "send",
  usage: "FILE|- ...",
  summary: "hand over JSON documents; done when they are safely on disk there",
  details:
    "Takes JSON, or JSON with comments and trailing commas, which are removed. `-` reads standard input.\n" +
    "Without --to it goes to the one peer that is up. A document that may have arrived keeps its place in\n" +
    "the outbox; the same command with its --id takes it up again, so repeating is safe.\n" +
    "What is over 65 000 bytes may take as long as it gets on; --timeout is for how long it does not (30 s).\n" +
    "Ctrl-C ends it with exit code 130; what had left already may still arrive.",
  options: ["to", "documentName", "stream", "timeout", "queue", "id"],
  async run(context) {
    const files = expectArgs(context, 1, Infinity).map((file) => isStandardInput(file) ? "-" : file);
    checkOptions(context, files);
    const spool = new Spool(context.config.state);
    const kept = new Map<string, Document>();
    const handedOver = new Set<string>();
    try {
      // Nothing leaves before everything is known to be JSON. Small files are read once more when their turn comes.
      for (const file of files) {
        const document = await readDocument(file, (pieces) => spool.add(pieces));
        if (!document.isFile || "spool" in document.content) kept.set(file, document);
      }
      const read = async (file: string) => {
        const document = kept.get(file) ?? await readDocument(file, (pieces) => spool.add(pieces));
        if ("spool" in document.content) handedOver.add(document.content.spool);
        return document;
      };
      return await withPeer(context, (service) => sendAll(context, service, files, read));
    } finally {
      for (const { content } of kept.values()) {
        if ("spool" in content && !handedOver.has(content.spool)) spool.remove(content.spool);
      }
    }
  },
};

function checkOptions({ config }: Context, files: readonly string[]): void {
  if (files.length > 1) {
    for (const [option, value] of [["--name", config.documentName], ["--id", config.id]]) {
      if (value !== undefined) {
        throw new UserError(`${option} goes with one file, not with several.`, ExitCode.usage);
      }
    }
  }
  if (files.filter((file) => file === "-").length > 1) {
    throw new UserError("Standard input (-) can be sent only once.", ExitCode.usage);
  }
}

async function sendAll(
  context: Context,
  service: Service,
  files: readonly string[],
  read: (file: string) => Promise<Document>,
): Promise<ExitCode> {
  const { to, timeout = TIMEOUT, queue = false } = context.config;
  const recipients = await findRecipients(service, to, timeout, queue, () => rememberedPeers(context));
  const progress = new Progress(
    context.err,
    files.length * (recipients.peers.length + recipients.missing.length),
  );
  const deferred = new DeferredRemarks((text) => {
    progress.clear();
    remark(context, text);
    progress.advance(0);
  });
  const results: DeliveryResult[] = [];
  try {
    await inOrder(files, async (file) => {
      const document = await read(file);
      const sent = await sendOne(context, service, document, recipients, progress, deferred);
      return { document, sent };
    }, ({ document, sent }) => {
      progress.clear();
      printResults(context, document.source, sent);
      results.push(...sent);
      progress.advance(sent.length, sent.map((result) => `${result.id} ${result.to.id}`));
    });
  } finally {
    progress.end();
  }
  if (to === undefined && !context.config.json) {
    remark(context, `To ${nameList(recipients.peers)}, the one peer that is up.`);
  }
  if (recipients.away.length > 0) {
    remark(context, `Not within earshot now: ${nameList(recipients.away)}.`);
  }
  if (results.some((result) => result.status === "queued") && (await service.status()).brief) {
    remark(context, "What is queued is delivered when earshot next runs.");
  }
  await noteMet(service, recipients, results);
  return exitCodeOf(results);
}

async function sendOne(
  { config }: Context,
  service: Service,
  { content, name, source }: Document,
  recipients: Recipients,
  progress: Progress,
  deferred: DeferredRemarks,
): Promise<DeliveryResult[]> {
  // One id whatever happens: the call may be repeated through another process.
  const id = config.id ?? ulid();
  const { peers } = recipients;
  const isLarge = "spool" in content;
  const sent = await service.send(content, {
    to: peers.map((peer) => peer.id),
    id,
    name: config.documentName ?? name,
    stream: config.stream,
    timeout: config.timeout ?? (isLarge ? undefined : TIMEOUT),
    queue: config.queue,
    progress: isLarge ? (to, bytes) => progress.part(`${id} ${to.id}`, bytes / content.size) : undefined,
    // Under --json standard output has it in the end.
    deferred: config.json ? undefined : deferred.about(source, content, config.timeout),
  });
  return [...sent.map((result) => withName(result, recipients)), ...missed(recipients, id)];
}

/** The recipient named as the user knows it: a peer that has just started may know no name. */
function withName(result: DeliveryResult, { away }: Recipients): DeliveryResult {
  return { ...result, to: away.find(({ id }) => id === result.to.id) ?? result.to };
}

/** Works on several items at once, and takes the results in the order of the items. */
async function inOrder<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  take: (result: R) => void,
): Promise<void> {
  const under: Promise<R>[] = [];
  for (const item of items) {
    if (under.length === PARALLEL) take(await under.shift()!);
    const one = work(item);
    // Awaited in its turn: until then a failure is nobody's fault.
    one.catch(() => {});
    under.push(one);
  }
  for (const one of under) take(await one);
}
