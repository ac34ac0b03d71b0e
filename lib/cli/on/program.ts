import { explain } from "../../platform/trouble.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { within } from "../command.ts";
import type { Output } from "../terminal/output.ts";
import { Lines } from "./lines.ts";

/** Time between the request to end and the end by force, milliseconds. */
const GRACE_MS = 2_000;
/** The same when this program has to end itself. */
const LAST_GRACE_MS = 400;
/** How long the output may be silent after the program has ended: something that it left running may hold it open. */
const SILENCE_MS = 500;
/** How often that is waited for if it is not silent. */
const SILENCES = 20;

const IS_WINDOWS = Deno.build.os === "windows";

/** One run of a program. */
export interface Run {
  readonly argv: readonly [string, ...string[]];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input. */
  readonly input: Iterable<Uint8Array>;
  /** Takes its standard output in place of the screen. */
  readonly takeOutput?: (piece: Uint8Array) => void;
  /** How long it may run, milliseconds. */
  readonly timeout: number;
  readonly out: Output;
  readonly err: Output;
  /** Ends it. */
  readonly stop: AbortSignal;
  /** Called with its process id once it runs. */
  readonly started?: (pid: number) => void;
}

/** How a program ended. */
export interface Ended {
  readonly code: number;
  /** End of a sentence: `ended with exit code 3`. Undefined for exit code 0. */
  readonly trouble?: string;
  /** Its last line on standard error; empty if it wrote none. */
  readonly lastLine: string;
}

/** The program is not there, or may not be run. */
export class NoProgramError extends UserError {}

/**
 * Runs a program, in a process group of its own, to its end. It never goes through a shell. It need not read its input;
 * its output goes to the screen line by line. If it takes too long, the whole group ends.
 *
 * @throws {NoProgramError} it cannot be started at all
 * @throws {Error} the system cannot start anything now
 */
export async function runProgram(run: Run): Promise<Ended> {
  const { argv: [program, ...args], env, timeout, out, err, stop } = run;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: !IS_WINDOWS,
    }).spawn();
  } catch (error) {
    throw startError(program, error);
  }
  run.started?.(child.pid);
  let late = false;
  let killer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    endGroup(child.pid, "SIGTERM");
    clearTimeout(killer);
    killer = setTimeout(() => endGroup(child.pid, "SIGKILL"), stop.aborted ? LAST_GRACE_MS : GRACE_MS);
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeout);
  stop.addEventListener("abort", end);
  if (stop.aborted) end();
  try {
    const printed = new Lines(out);
    const complaints = new Lines(err);
    const done = new AbortController();
    const { takeOutput } = run;
    let pieces = 0;
    const counted = (take: (piece: Uint8Array) => void | Promise<void>) => async (piece: Uint8Array) => {
      await take(piece);
      pieces++;
    };
    const output = Promise.all([
      pump(child.stdout, done.signal, counted(takeOutput ?? ((piece) => printed.push(piece)))).then(() =>
        printed.end()
      ),
      pump(child.stderr, done.signal, counted((piece) => complaints.push(piece))).then(() =>
        complaints.end()
      ),
    ]);
    const fed = feed(child.stdin, run.input, done.signal);
    const { code, signal } = await child.status;
    let isRead = false;
    void output.then(() => isRead = true);
    for (let silences = 0, before = -1; !isRead && pieces !== before && silences < SILENCES; silences++) {
      before = pieces;
      await within(output, SILENCE_MS);
    }
    done.abort();
    const unread = await fed;
    await output;
    if (unread !== undefined && code === 0) throw unread;
    const trouble = late
      ? `was ended because it ran longer than ${timeout / 1000} s`
      : signal !== null
      ? `was ended by ${signal}`
      : code === 0
      ? undefined
      : `ended with exit code ${code}`;
    return { code: late && code === 0 ? 1 : code, trouble, lastLine: complaints.last };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    if (late || stop.aborted) endGroup(child.pid, "SIGKILL");
    stop.removeEventListener("abort", end);
  }
}

/** Ends a process and all of its group. Harmless if there are none. */
export function endGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(IS_WINDOWS ? pid : -pid, signal);
  } catch { /* it has ended */ }
}

/** @throws {UserError} exit code 2: there is no such program, or it may not be run */
export function checkProgram(program: string): void {
  if (IS_WINDOWS) return;
  const places = program.includes("/")
    ? [program]
    : (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder || "."}/${program}`);
  const found = places.flatMap((place) => {
    try {
      return [Deno.statSync(place)];
    } catch {
      return [];
    }
  }).filter(({ isFile }) => isFile);
  if (found.some(({ mode }) => (mode! & 0o111) !== 0)) return;
  throw new NoProgramError(
    found.length > 0
      ? `"${program}" is not executable: \`chmod +x ${program}\` makes it so.`
      : `There is no program "${program}"${program.includes("/") ? "" : " in the PATH"}.`,
    ExitCode.usage,
  );
}

function startError(program: string, error: unknown): unknown {
  const isMissing = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    /exec format/i.test((error as Error).message);
  return isMissing ? new NoProgramError(`"${program}" cannot be started ${explain(error)}.`) : error;
}

/** Reads a stream to its end, or until `done`. */
async function pump(
  stream: ReadableStream<Uint8Array>,
  done: AbortSignal,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const reader = stream.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  done.addEventListener("abort", cancel);
  try {
    for (let piece; !(piece = await reader.read()).done;) await take(piece.value);
  } catch { /* it has ended */ }
}

/**
 * Writes the input; the program may end, or close it, before it has read everything.
 *
 * @returns the error with which the input itself could not be read
 */
async function feed(
  stdin: WritableStream<Uint8Array>,
  input: Iterable<Uint8Array>,
  done: AbortSignal,
): Promise<unknown> {
  const writer = stdin.getWriter();
  const abort = () => void writer.abort().catch(() => {});
  done.addEventListener("abort", abort);
  writer.closed.catch(() => {});
  const pieces = input[Symbol.iterator]();
  try {
    for (;;) {
      let next;
      try {
        next = pieces.next();
      } catch (error) {
        return error;
      }
      if (next.done) break;
      await writer.write(next.value);
    }
    await writer.close();
  } catch {
    /* it does not read */
  } finally {
    pieces.return?.();
    if (!done.aborted) abort();
  }
}
