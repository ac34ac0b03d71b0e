import type { Service } from "../../control/service.ts";
import type { PeerRef } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { Spool } from "../../storage/files/spool.ts";
import { type Context, Interrupted, jsonLine, remark } from "../command.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { LineProgress } from "../terminal/line_progress.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { nameList, oneLine } from "../terminal/text.ts";
import { DeferredRemarks } from "./deferred_remarks.ts";
import { nameOfFile } from "./document_name.ts";
import { Input, remarkKeyboard } from "./input.ts";
import { JsonLines } from "./json_lines.ts";
import { isLast, type LineOutcome, LineSeries, type NamedLine } from "./line_series.ts";
import { findRecipients, type Recipients, TIMEOUT } from "./recipients.ts";
import { isDone, resultText } from "./results.ts";
import { tellWaiting, whoWaits } from "./waiting_messages.ts";

/** Extensions of JSON Lines, which a single document must not have. */
const LINES_EXTENSION = /\.(?:jsonl|ndjson|jsonlines|ldjson)$/i;

/** Sends each line of JSON Lines as a document, in order and as it comes, and returns the exit code. */
export async function sendLines(
  context: Context,
  service: Service,
  files: readonly string[],
): Promise<ExitCode> {
  const { config: { to, timeout = TIMEOUT, queue = false }, interrupted } = context;
  const inputs: Input[] = [];
  const over = new AbortController();
  try {
    const ended = AbortSignal.any([interrupted, over.signal]);
    for (const file of files) inputs.push(await Input.open(file, Deno.stdin, ended));
    if (files.includes("-")) remarkKeyboard(context);
    const waiting = whoWaits(service);
    const recipients = await findRecipients(service, to, timeout, queue, () => rememberedPeers(context));
    const sending = new SendingLines(context, service, recipients, totalOf(inputs), () => over.abort());
    try {
      const code = await sending.run(files, inputs);
      // With --queue the lines themselves wait.
      const sent = recipients.peers.map((to) => ({ id: "", to, status: "delivered" } as const));
      if (!queue) await tellWaiting(context, service, sent, waiting);
      return code;
    } finally {
      sending.progress.end();
    }
  } finally {
    for (const input of inputs) input[Symbol.dispose]();
  }
}

/** Returns the size of all inputs; undefined if one of them has none. */
function totalOf(inputs: readonly Input[]): number | undefined {
  const sizes = inputs.map(({ size }) => size);
  return sizes.some((size) => size === undefined) ? undefined : sizes.reduce((sum, size) => sum! + size!, 0);
}

/** One run of `send --lines`: what it sends, and what it tells the user. */
class SendingLines {
  readonly progress: LineProgress;
  readonly #context: Context;
  readonly #service: Service;
  readonly #recipients: Recipients;
  readonly #series: LineSeries;
  readonly #names: ScreenNames;
  /** Documents that each recipient acknowledged, or that wait for it. */
  readonly #done = new Map<string, number>();
  /** Recipients that get no further lines. */
  readonly #leftOut = new Set<string>();
  #isComplete = true;
  /** Last line of the longest beginning that every recipient acknowledged. */
  #last: NamedLine | undefined;
  #skipped = 0;
  #failure: string | undefined;

  /** @param over called when nothing more need be read */
  constructor(
    context: Context,
    service: Service,
    recipients: Recipients,
    total: number | undefined,
    over: () => void,
  ) {
    const { config } = context;
    const { timeout = TIMEOUT, stream, queue } = config;
    this.#context = context;
    this.#service = service;
    this.#recipients = recipients;
    this.#names = new ScreenNames(recipients.peers);
    this.progress = new LineProgress(context.err, total);
    const deferred = new DeferredRemarks((text) => {
      this.progress.clear();
      remark(context, text);
    }, this.#names.text);
    this.#series = new LineSeries({
      service,
      recipients,
      document: { stream, timeout, queue },
      isTimeoutGiven: config.timeout !== undefined,
      deferred: config.json
        ? undefined
        : (line, isLarge, to, why) =>
          deferred.about(line.text, isLarge, config.timeout)(recipients.asAddressed(to), why),
      take: (outcome) => this.#take(outcome),
      over,
    });
  }

  async run(files: readonly string[], inputs: readonly Input[]): Promise<ExitCode> {
    const { interrupted } = this.#context;
    const tellInterrupted = () => this.#tellInterrupted();
    interrupted.addEventListener("abort", tellInterrupted);
    try {
      await this.#tellAway();
      let bad: UserError | undefined;
      let before = 0;
      for (const [i, input] of inputs.entries()) {
        bad = await this.#send(files[i]!, input, before).catch((error) => {
          if (!(error instanceof Interrupted) || interrupted.aborted) throw error;
          return undefined;
        });
        if (bad !== undefined || !this.#series.goesOn) break;
        before += input.size ?? 0;
      }
      await this.#series.end();
      // Told where it stopped already.
      if (interrupted.aborted) throw new Interrupted();
      await this.#tellEnd();
      if (bad === undefined) return this.#series.exitCode;
      throw bad;
    } finally {
      interrupted.removeEventListener("abort", tellInterrupted);
    }
  }

  /**
   * Sends the lines of an input, until a recipient is left.
   *
   * @param before bytes of earlier inputs
   * @returns the error for a line that cannot be sent, if none may be skipped
   */
  async #send(file: string, input: Input, before: number): Promise<UserError | undefined> {
    const { config } = this.#context;
    const name = config.documentName ??
      nameOfFile(file.replace(LINES_EXTENSION, ".json"), input.name, config.stream).name;
    const spool = new Spool(config.state);
    const lines = new JsonLines(
      input,
      config.stream === undefined ? (pieces) => spool.add(pieces) : undefined,
      // Nothing waits for a line that may come much later.
      () => this.#series.flush(),
    );
    for await (const line of lines) {
      const text = `line ${line.number} of ${input.name}`;
      if (line.fault !== undefined) {
        const what = `${input.name}, line ${line.number} ${line.fault}`;
        if (!config.skipBad) {
          const todo = "The lines before it were sent; --skip-bad skips such lines";
          return new UserError(`${what}. ${todo}.`, ExitCode.usage);
        }
        this.#skipped++;
        this.progress.clear();
        this.#context.err.line(`earshot: ${what}: skipped.`);
      } else if (!await this.#series.send({ ...line, text, end: before + line.end }, name)) {
        if ("spool" in line.content!) spool.remove(line.content.spool);
        return;
      }
    }
  }

  /** Prints the outcome of a line: with `--json` every one, else what is not as it should be. */
  async #take({ line, results, failure }: LineOutcome): Promise<void> {
    const { config, out, err, interrupted } = this.#context;
    this.progress.advance(line.end);
    if (config.json) {
      await out.lines(results.map((result) => jsonLine({ ...result, line: line.number })));
    }
    if (failure !== undefined && this.#failure === undefined) {
      this.#failure = failure.message;
      this.progress.clear();
      if (!config.json) err.line(`earshot: ${line.text} was not sent: ${failure.message}`);
    }
    for (const result of results) {
      const { id } = result.to;
      if (isDone(result)) this.#done.set(id, (this.#done.get(id) ?? 0) + 1);
      else {
        this.#isComplete = false;
        // Lines that were under way fail for the same reason.
        const isNews = !this.#leftOut.has(id) || result.status === "refused";
        const end = isLast(result)
          ? " What comes after it is not sent there, unless it had left already."
          : "";
        if (isLast(result)) this.#leftOut.add(id);
        if (!isNews || config.json || failure !== undefined || interrupted.aborted) continue;
        this.progress.clear();
        err.line(`earshot: ${resultText(line.text, result, false, this.#names.text)}${end}`);
      }
    }
    if (this.#isComplete) this.#last = line;
  }

  /** Tells the user which recipients get nothing at all. */
  async #tellAway(): Promise<void> {
    const { config, out, err } = this.#context;
    const away = this.#recipients.results([], "");
    this.#series.note(away);
    for (const result of away) {
      if (config.json) await out.lines([jsonLine(result)]);
      else {err.line(
          `earshot: ${oneLine(result.to.name)} could not be reached (${result.why}): nothing was sent there.`,
        );}
    }
  }

  async #tellEnd(): Promise<void> {
    const { config, out } = this.#context;
    this.progress.end();
    const { peers, away } = this.#recipients;
    const counted = (peer: PeerRef) => this.#done.get(peer.id) ?? 0;
    if (!config.json) {
      const verb = config.queue ? "Queued" : "Delivered";
      const preposition = config.queue ? "for" : "to";
      for (const peer of peers) {
        const count = counted(peer);
        if (count === 0) continue;
        out.line(
          `${verb} ${count} document${count === 1 ? "" : "s"} ${preposition} ${this.#names.text(peer)}.`,
        );
      }
      if (config.to === undefined) remark(this.#context, `To ${nameList(peers)}, the one peer that is up.`);
    }
    if (this.#skipped > 0) {
      const lines = this.#skipped === 1 ? "One line was" : `${this.#skipped} lines were`;
      remark(this.#context, `${lines} skipped.`);
    }
    if (away.length > 0) remark(this.#context, `Not within earshot now: ${nameList(away)}.`);
    const latest = this.#series.latest;
    if (latest.length === 0) return remark(this.#context, "There was nothing to send.");
    await this.#recipients.noteMet(this.#service, latest);
    await this.#service.recorded();
    if (config.queue && (await this.#service.status()).brief) {
      remark(this.#context, "What is queued is delivered when earshot next runs.");
    }
  }

  /** Tells the user where to continue. */
  #tellInterrupted(): void {
    const { config, err } = this.#context;
    this.progress.end();
    if (config.json) return;
    const upTo = this.#last === undefined ? "no line" : `everything up to ${oneLine(this.#last.text)}`;
    const what = config.queue ? "was queued" : "was acknowledged";
    err.line(`earshot: Interrupted: ${upTo} ${what}; lines after it may still arrive.`);
  }
}
