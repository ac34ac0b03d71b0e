import { monotonicUlid } from "../../platform/std_ulid.ts";
import type { SeriesResult, Service } from "../../control/service.ts";
import type { DeliveryResult, DocumentOptions, PeerRef } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import type { Refusal } from "../../protocol/refusal.ts";
import { exitCodeOf, isDone, isWithdrawn } from "./results.ts";
import type { JsonLine } from "./json_lines.ts";
import type { Recipients } from "./recipients.ts";

/** Most documents under way at once, and most of their bytes; at least some, however many recipients there are. */
const UNDER_WAY = 512;
const UNDER_WAY_MIN = 16;
const BYTES_UNDER_WAY = 4 * 1024 * 1024;
/** Most documents under way times recipients: each waits for its outcome. */
const OUTCOMES = 65_536;
/** Most bytes of the lines that are handed over together, and their share of all that are under way. */
const BATCH_BYTES = 96 * 1024;
const BATCH_SHARE = 1 / 4;

/** Refusals that concern one document; any other one will meet the next document as well. */
const OF_ONE_DOCUMENT = ["too-large", "not-json", "corrupt", "unreadable"];

/** A line with the text that names it, such as `line 3 of a.jsonl`. */
export interface NamedLine extends JsonLine {
  readonly text: string;
}

/** Outcome for a line. */
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
  /** Called if a recipient cannot take a line now. */
  readonly deferred?: (line: NamedLine, isLarge: boolean, to: PeerRef, why: Refusal) => void;
  /** Called with the outcomes in the order of the lines. */
  readonly take: (outcome: LineOutcome) => Promise<void>;
  /** Called once {@linkcode LineSeries.goesOn} is false: nothing more need be read. */
  readonly over: () => void;
}

/** Lines that are handed over together. */
interface Batch {
  readonly lines: NamedLine[];
  /** Name of the documents. */
  readonly name: string;
  bytes: number;
}

/**
 * Sends lines in order, many at once, in bounded memory. Lines are handed over together until {@linkcode flush} is
 * called, but not many. A recipient that does not acknowledge a line in time, or refuses more than that line, gets no
 * further ones; the others do.
 */
export class LineSeries {
  readonly #options;
  /** Most lines under way. */
  readonly #most: number;
  /** Lines that were not handed over yet. */
  #batch: Batch | undefined;
  /** Batches that were handed over, oldest first; each promise resolves when the outcomes were taken. */
  readonly #under: Promise<void>[] = [];
  /** Lines under way, and their bytes, with those of the batch. */
  #lines = 0;
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
    this.#most = Math.max(UNDER_WAY_MIN, Math.min(UNDER_WAY, Math.floor(OUTCOMES / this.#left.length)));
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

  /**
   * Takes a line once there is room for it; it is sent with those after it, at {@linkcode flush} at the latest. Returns
   * false, without having taken it, if {@linkcode goesOn} is false.
   */
  async send(line: NamedLine, name: string): Promise<boolean> {
    const content = line.content!;
    const isLarge = "spool" in content;
    const size = isLarge ? content.size : content.length;
    // A large document would be overtaken by those that follow.
    const isFull = () => isLarge || this.#lines >= this.#most || this.#bytes + size > BYTES_UNDER_WAY;
    if (isFull()) this.flush();
    while (this.#under.length > 0 && isFull()) await this.#under[0];
    if (!this.goesOn) return false;
    if (this.#batch && (this.#batch.name !== name || this.#batch.bytes + size > BATCH_BYTES)) this.flush();
    this.#lines++;
    this.#bytes += size;
    this.#batch ??= { lines: [], name, bytes: 0 };
    this.#batch.lines.push(line);
    this.#batch.bytes += size;
    if (isLarge || this.#batch.lines.length >= this.#most * BATCH_SHARE) this.flush();
    if (isLarge) await this.#under.at(-1);
    return true;
  }

  /** Hands over the lines that were taken; call it before a wait for more. */
  flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const taken = this.#take(this.#hand(batch), this.#under.at(-1)).finally(() => {
      this.#under.shift();
      this.#lines -= batch.lines.length;
      this.#bytes -= batch.bytes;
    });
    // A fault surfaces when its turn comes; until then it must not count as unhandled.
    taken.catch((error) => this.#fault ??= { error });
    this.#under.push(taken);
  }

  /** Hands over the lines that were taken, and waits for all outcomes. */
  async end(): Promise<void> {
    this.flush();
    while (this.#under.length > 0) await this.#under[0];
    if (this.#fault) throw this.#fault.error;
  }

  async #take(outcomes: Promise<readonly LineOutcome[]>, before: Promise<void> | undefined): Promise<void> {
    // The lines before it may have failed.
    const [settled] = await Promise.all([outcomes, before]);
    for (const outcome of settled) await this.#options.take(outcome);
  }

  async #hand({ lines, name }: Batch): Promise<LineOutcome[]> {
    const { service, document: { stream, timeout, queue }, isTimeoutGiven, deferred } = this.#options;
    const to = this.#left;
    const [{ content } = {}] = lines;
    const isLarge = content !== undefined && "spool" in content;
    const isInParts = isLarge && content.size > INLINE_DOCUMENT_MAX;
    const report = deferred &&
      ((to: PeerRef, why: Refusal, at = 0) => deferred(lines[at]!, isInParts, to, why));
    const ids = lines.map(() => monotonicUlid());
    const options = { to: to.map(({ id }) => id), name, stream, queue, deferred: report };
    let outcomes: readonly SeriesResult[];
    try {
      outcomes = isLarge
        ? [{
          results: await service.send(content, {
            ...options,
            id: ids[0],
            timeout: isInParts && !isTimeoutGiven ? undefined : timeout,
            series: true,
          }),
        }]
        : await service.sendSeries(lines.map((line) => line.content as Uint8Array), {
          ...options,
          ids,
          timeout,
        });
    } catch (failure) {
      if (!(failure instanceof UserError)) throw failure;
      outcomes = lines.map(() => ({ failure }));
    }
    const settled = outcomes.map((outcome, at) => this.#settle(lines[at]!, ids[at]!, to, outcome));
    if (!this.goesOn) this.#options.over();
    return settled;
  }

  #settle(line: NamedLine, id: string, to: readonly PeerRef[], outcome: SeriesResult): LineOutcome {
    let failure: UserError | undefined;
    let results: readonly DeliveryResult[];
    if ("failure" in outcome) {
      const { message, exitCode } = outcome.failure;
      failure = new UserError(message, exitCode);
      this.#failure ??= failure;
      const why = message.replace(/\.$/, "");
      results = to.map((to) => ({ id, to, status: "unreachable", why }));
    } else results = outcome.results;
    const { recipients } = this.#options;
    results = results.map((result) => ({ ...result, to: recipients.asAddressed(result.to) }));
    this.note(results);
    for (const result of results) {
      this.#latest.set(result.to.id, result);
      if (isLast(result)) this.#left = this.#left.filter(({ id }) => id !== result.to.id);
    }
    return { line, results, failure };
  }
}

/** Tells whether the recipient gets no further lines after this result. */
export function isLast(result: DeliveryResult): boolean {
  return !isDone(result) && !isWithdrawn(result) &&
    !(result.status === "refused" && OF_ONE_DOCUMENT.includes(result.code!));
}
