import type { CommandSyntax } from "../config/command_line.ts";
import type { Config } from "../config/config.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import type { Output } from "./terminal/output.ts";

/** One command of the program. */
export interface Command extends CommandSyntax {
  /** What follows the command in its help, options left out. */
  readonly usage: string;
  /** Line of the program's help. */
  readonly summary: string;
  /** More for its own help. */
  readonly details?: string;
  /** Does it, and tells with what the program ends. */
  run(context: Context): Promise<ExitCode>;
}

/** What a command works with. */
export interface Context {
  readonly config: Config<Command>;
  /** Results. */
  readonly out: Output;
  /** Remarks and errors. */
  readonly err: Output;
  /** Aborted by Ctrl-C, SIGTERM or a closed terminal. */
  readonly interrupted: AbortSignal;
}

/** The user has ended a command before it was done. */
export class Interrupted extends Error {}

/** Tells the user something that is no result, unless that was not wanted. */
export function remark(context: Context, text: string): void {
  if (!context.config.quiet) context.err.line(text);
}

/** Checks the number of arguments; `most` unless given is `least`. */
export function expectArgs(context: Context, least: number, most = least): readonly string[] {
  const { args, command } = context.config;
  if (args.length >= least && args.length <= most) return args;
  const called = `earshot ${command.name}`.trim();
  const usage = `${called} ${command.usage}`.trim();
  throw new UserError(
    args.length < least
      ? `Something is missing: ${usage} (\`${called} --help\` tells more).`
      : `"${args[most]}" is one word too many: ${usage} (\`${called} --help\` tells more).`,
    ExitCode.usage,
  );
}

/** An object as a line of JSON. Characters that a terminal could take for commands are escaped, which changes nothing. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}
