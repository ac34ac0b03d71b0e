import { monotonicUlid } from "@std/ulid";
import type { Service } from "../../control/service.ts";
import type { DeliveryResult, DocumentOptions, PeerRef } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { exitCodeOf, isDone } from "./results.ts";
import type { JsonLine } from "./json_lines.ts";
import type { Recipients } from "./recipients.ts";

/** Most documents under way at once, and most of their bytes. */
const UNDER_WAY = 128;
const BYTES_UNDER_WAY = 4 * 1024 * 1024;

/** Refusals that concern one document; any other one will meet the next document as well. */
const OF_ONE_DOCUMENT = ["too-large", "not-json", "corrupt", "unreadable"];

/** A line with the text that names it, such as `line 3 of a.jsonl`. */
export interface NamedLine extends JsonLine {
  readonly text: string;
}

/** What became of a line. */
export interface LineOutcome {
  readonly line: NamedLine;
  readonly results: readonly DeliveryResult[];
  /** The reason why it could not be handed over. */
  readonly failure?: UserError;
}

/** Options of {@linkcode LineSeries}. */
export interface LineSeriesOptions {
  readonly service: Service;
  readonly recipients: Recipients;
  /** Options of each document. */
  readonly document: Pick<DocumentOptions, "stream" | "timeout" | "queue"> & { readonly timeout: number };
  /** True if the user gave the timeout: then it holds for long lines, too. */
  readonly isTimeoutGiven: boolean;
  readonly deferred?: (line: NamedLine, isLarge: boolean) => DocumentOptions["deferred"];
  /** Called with the outcomes in the order of the lines. */
  readonly take: (outcome: LineOutcome) => Promise<void>;
  /** Called once {@linkcode LineSeries.goesOn} is false: nothing more need be read. */
  readonly over: () => void;
}

/**
 * Sends lines in order, many at once, in bounded memory. A recipient that does not acknowledge a line in time, or
 * refuses more than that line, gets no further ones; the others do.
 */
export class LineSeries {
  readonly #options;
  /** Lines under way, oldest first; each promise resolves when the outcome was taken. */
  readonly #under: Promise<void>[] = [];
  #bytes = 0;
  #fault: { readonly error: unknown } | undefined;
  #left: readonly PeerRef[];
  #failure: UserError | undefined;
  /** One result of each kind, for the exit code: there may be any number of results. */
  readonly #kinds = new Map<string, DeliveryResult>();
  readonly #latest = new Map<string, DeliveryResult>();

  constructor(options: LineSeriesOptions) {
    this.#options = options;
    this.#left = options.recipients.peers;
  }

  /** False if no recipient is left, or the outbox takes nothing more. */
  get goesOn(): boolean {
    return this.#left.length > 0 && this.#failure === undefined && this.#fault === undefined;
  }

  /** The last result of each recipient. */
  get latest(): DeliveryResult[] {
    return [...this.#latest.values()];
  }

  /** Exit code of all outcomes so far. */
  get exitCode(): ExitCode {
    const results = [...this.#kinds.values()];
    if (this.#failure === undefined) return exitCodeOf(results);
    return results.some(isDone) ? ExitCode.failed : this.#failure.exitCode;
  }

  /** Counts results of no line, such as those of recipients that are away. */
  note(results: readonly DeliveryResult[]): void {
    for (const result of results) {
      const { status, code, address } = result;
      this.#kinds.set([status, code === undefined, address === undefined].join(), result);
    }
  }

  /** Sends a line once there is room for it. Returns false, without having sent it, if {@linkcode goesOn} is false. */
  async send(line: NamedLine, name: string): Promise<boolean> {
    const content = line.content!;
    const isLarge = "spool" in content;
    const size = isLarge ? content.size : content.length;
    // A large document would be overtaken by those that follow.
    const isFull = () => isLarge || this.#under.length >= UNDER_WAY || this.#bytes + size > BYTES_UNDER_WAY;
    while (this.#under.length > 0 && isFull()) await this.#under[0];
    if (!this.goesOn) return false;
    const outcome = this.#hand(line, name, isLarge && size > INLINE_DOCUMENT_MAX);
    this.#bytes += size;
    const taken = this.#take(outcome, this.#under.at(-1)).finally(() => {
      this.#under.shift();
      this.#bytes -= size;
    });
    // A fault surfaces when its turn comes; until then it must not count as unhandled.
    taken.catch((error) => this.#fault ??= { error });
    this.#under.push(taken);
    if (isLarge) await taken;
    return true;
  }

  /** Waits for the outcomes of all lines. */
  async end(): Promise<void> {
    while (this.#under.length > 0) await this.#under[0];
    if (this.#fault) throw this.#fault.error;
  }

  async #take(outcome: Promise<LineOutcome>, before: Promise<void> | undefined): Promise<void> {
    // The line before it may have failed.
    const [settled] = await Promise.all([outcome, before]);
    await this.#options.take(settled);
  }

  async #hand(line: NamedLine, name: string, isLarge: boolean): Promise<LineOutcome> {
    const { service, recipients, document: { stream, timeout, queue }, isTimeoutGiven, deferred } =
      this.#options;
    const to = this.#left;
    const id = monotonicUlid();
    let results: DeliveryResult[];
    let failure: UserError | undefined;
    try {
      results = await service.send(line.content!, {
        to: to.map(({ id }) => id),
        id,
        name,
        stream,
        timeout: isLarge && !isTimeoutGiven ? undefined : timeout,
        queue,
        series: true,
        deferred: deferred?.(line, isLarge),
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failure = error;
      this.#failure ??= error;
      const why = error.message.replace(/\.$/, "");
      results = to.map((to) => ({ id, to, status: "unreachable", why }));
    }
    results = results.map((result) => ({ ...result, to: recipients.asAddressed(result.to) }));
    this.note(results);
    for (const result of results) {
      this.#latest.set(result.to.id, result);
      if (!isLast(result)) continue;
      this.#left = this.#left.filter(({ id }) => id !== result.to.id);
    }
    if (!this.goesOn) this.#options.over();
    return { line, results, failure };
  }
}

/** Tells whether the recipient gets no further lines after this result. */
export function isLast(result: DeliveryResult): boolean {
  return !isDone(result) && !(result.status === "refused" && OF_ONE_DOCUMENT.includes(result.code!));
}
