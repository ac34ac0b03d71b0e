import type { CommandSyntax } from "../config/command_line.ts";
import type { Config } from "../config/config.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { table } from "./terminal/columns.ts";
import type { Output } from "./terminal/output.ts";

/** One command of the program. */
export interface Command extends CommandSyntax {
  /** Arguments as its help shows them, without options. */
  readonly usage: string;
  /** Line in the program's help. */
  readonly summary: string;
  /** Further text of its own help. */
  readonly details?: string;
  /**
   * True if it may start other programs, with these arguments; every other command gives up the right to before it does
   * anything.
   */
  readonly startsPrograms?: true | ((args: readonly string[]) => boolean);
  /** Loads the module whose `run` runs it and returns the exit code. */
  load(): Promise<{ run(context: Context): Promise<ExitCode> }>;
}

/** Surroundings of a running command. */
export interface Context {
  readonly config: Config<Command>;
  /** Every command of the program. */
  readonly commands: readonly Command[];
  /** For results. */
  readonly out: Output;
  /** For remarks and errors. */
  readonly err: Output;
  /** Aborted by Ctrl-C, SIGTERM or a closed terminal. */
  readonly interrupted: AbortSignal;
}

/** The user ended a command before it was done. */
export class Interrupted extends Error {}

/** Waits for `work`. @throws {Interrupted} if the user ends the command first */
export async function unlessInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Interrupted());
  if (interrupted.aborted) stop();
  interrupted.addEventListener("abort", stop);
  try {
    return await Promise.race([promise, work]);
  } finally {
    interrupted.removeEventListener("abort", stop);
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Waits for `work`, or until the signal aborts. Afterwards nothing of it is left at the signal, which may live long. */
export async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  signal.addEventListener("abort", stop);
  try {
    await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Waits `ms` milliseconds, or until the signal aborts or `over` is resolved. */
export async function pause(
  ms: number,
  signal: AbortSignal,
  over = Promise.withResolvers<void>(),
): Promise<void> {
  const timer = setTimeout(over.resolve, ms);
  await unlessAborted(over.promise, signal);
  clearTimeout(timer);
}

/** Waits for `work`, but at most `ms` milliseconds. */
export async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([work, new Promise<void>((resolve) => timer = setTimeout(resolve, ms))]);
  clearTimeout(timer);
}

/** Prints a remark, unless `--quiet` is given. */
export function remark(context: Context, text: string): void {
  if (!context.config.quiet) context.err.line(text);
}

/** Gives up the right to start programs once the system's tools are read; tells it with `--verbose`. */
export function startNoMore(context: Context): void {
  Deno.permissions.revokeSync({ name: "run" });
  if (!context.config.verbose) return;
  const may = Deno.permissions.querySync({ name: "run" }).state === "granted" ? "may still" : "may no longer";
  remark(context, `earshot: The system's tools are read; this process ${may} start programs.`);
}

/** Checks the number of arguments; `most` is `least` by default. */
export function expectArgs(context: Context, least: number, most = least): readonly string[] {
  const { args } = context.config;
  if (args.length < least) throw wrongUsage(context, "missing argument");
  if (args.length > most) throw wrongUsage(context, `unexpected argument "${args[most]}"`);
  return args;
}

/** Returns the error for a wrong command line: the problem, and the right usage. */
export function wrongUsage({ config: { command } }: Context, what: string): UserError {
  const called = `earshot ${command.name}`.trim();
  const usage = `${called} ${command.usage}`.trim();
  return new UserError(`${what}; usage: ${usage} (\`${called} --help\` tells more).`, ExitCode.usage);
}

/** Prints results: with `--json` as lines of JSON, else as rows of a table. */
export async function printList<T>(
  { config, out }: Context,
  list: readonly T[],
  row: (item: T) => readonly string[],
  json: (item: T) => unknown = (item) => item,
): Promise<void> {
  await out.lines(config.json ? list.map((item) => jsonLine(json(item))) : table(list.map(row)));
}

/**
 * Formats an object as a line of JSON. Escapes characters that a terminal could take for commands; the value is the
 * same.
 */
export function jsonLine(value: unknown): string {
  return harmless(JSON.stringify(value));
}

/** Escapes characters in JSON that a terminal could take for commands; the value is the same. */
export function harmless(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}
