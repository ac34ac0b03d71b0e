import { type Context, pause, remark } from "../command.ts";
import { oneLine } from "../terminal/text.ts";
import type { CursorLock } from "./cursor_lock.ts";
import type { Plan } from "./plan.ts";
import { NoProgramError, runProgram } from "./program.ts";

/** Pauses between two tries, milliseconds: the first, and the longest. */
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 60_000;

/** Variables that every program gets; those without a value are empty, so that none is inherited. */
const VARIABLES = [
  "EARSHOT_EVENT",
  "EARSHOT_ID",
  "EARSHOT_FROM",
  "EARSHOT_FROM_ID",
  "EARSHOT_NAME",
  "EARSHOT_STREAM",
  "EARSHOT_PATH",
  "EARSHOT_SENT_AT",
  "EARSHOT_TO",
  "EARSHOT_RE",
  "EARSHOT_CODE",
  "EARSHOT_PEER_STATE",
] as const;

/** Values of the variables of a program. */
export type Variables = Partial<Record<typeof VARIABLES[number], string>>;

/** The input of one run. */
export interface Material {
  readonly variables: Variables;
  readonly input: Iterable<Uint8Array>;
}

/** Something to run the program for. */
export interface Job {
  /** Subject of it, for people. */
  readonly title: string;
  /**
   * Reads it, for each try anew.
   *
   * @throws {GoneError} nobody can read it any more
   */
  material(): Promise<Material>;
  /** Takes the standard output of each try in place of the screen; called with undefined when a try begins. */
  readonly takeOutput?: (piece: Uint8Array | undefined) => void;
}

/** Thrown if the subject of a job is gone. The message is the end of a sentence. */
export class GoneError extends Error {}

/** How a job ended. `stopped`: it did not. */
export type Outcome =
  | { readonly status: "done" | "stopped" }
  | { readonly status: "skipped"; readonly why: string };

/** Runs the program of a plan, again and again until it succeeds or there are no tries left. */
export class Runner {
  /** @param stop ends running programs, and pauses */
  constructor(
    private readonly context: Context,
    private readonly plan: Plan,
    private readonly lock: CursorLock | undefined,
    private readonly stop: AbortSignal,
  ) {}

  /** @throws {NoProgramError} the program is not there: that is not the fault of what it is run for */
  async run(job: Job): Promise<Outcome> {
    const { argv: [program], retries } = this.plan;
    for (let tries = 1, ms = PAUSE_MS;; tries++, ms = Math.min(2 * ms, PAUSE_MAX_MS)) {
      if (this.stop.aborted) return { status: "stopped" };
      const { trouble, lastLine = "", isOurs } = await this.#try(job);
      if (trouble === undefined) return { status: "done" };
      if (this.stop.aborted) return { status: "stopped" };
      const what = isOurs ? trouble : `${oneLine(program)} ${trouble}`;
      if (isOurs && isOurs !== "again") return this.#skip(job, what, lastLine);
      if (!isOurs && tries > retries) {
        return this.#skip(job, tries === 1 ? what : `${what}, after ${tries} tries`, lastLine);
      }
      const left = isOurs ? "" : ` (try ${tries + 1} of ${retries + 1})`;
      remark(this.context, `earshot: ${job.title}: ${what}. Trying again in ${ms / 1000} s${left}.`);
      await pause(ms, this.stop);
    }
  }

  #skip(job: Job, what: string, lastLine: string): Outcome {
    this.context.err.line(`earshot: Skipped ${job.title}: ${what}.`);
    return { status: "skipped", why: lastLine || what };
  }

  async #try(job: Job): Promise<
    { readonly trouble?: string; readonly lastLine?: string; readonly isOurs?: "again" | "never" }
  > {
    const { argv, timeout } = this.plan;
    const { out, err } = this.context;
    let pid: number | undefined;
    try {
      const { variables, input } = await job.material();
      job.takeOutput?.(undefined);
      return await runProgram({
        argv,
        env: environment(variables),
        input,
        takeOutput: job.takeOutput,
        timeout,
        out,
        err,
        stop: this.stop,
        started: (started) => this.lock?.started(pid = started),
      });
    } catch (error) {
      if (error instanceof NoProgramError) throw error;
      if (error instanceof GoneError) return { trouble: error.message, isOurs: "never" };
      return { trouble: oneLine((error as Error).message), isOurs: "again" };
    } finally {
      if (pid !== undefined) this.lock?.ended(pid);
    }
  }
}

/** Makes the variables of a program. A value cannot hold a NUL, which ends it. */
function environment(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    VARIABLES.map((name) => [name, (variables[name] ?? "").replaceAll("\0", "\ufffd")]),
  );
}
