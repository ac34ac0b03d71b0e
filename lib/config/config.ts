import { resolve } from "@std/path";
import { profilePaths } from "../platform/paths.ts";
import { type CommandSyntax, parseCommandLine } from "./command_line.ts";
import { readConfigFile } from "./file.ts";
import type { OptionValues } from "./options.ts";

/** Everything the user has asked for: command line over configuration file over what goes without saying. */
export interface Config<C extends CommandSyntax = CommandSyntax> extends Partial<OptionValues> {
  readonly command: C;
  /** What follows the command, without options. */
  readonly args: readonly string[];
  /** State folder of the profile, absolute. */
  readonly state: string;
  /** Inbox folder of the profile, absolute. */
  readonly inbox: string;
  /** Those of the options that the command line gave. */
  readonly given: Partial<OptionValues>;
  /** The configuration file that was read, if any. */
  readonly file?: string;
}

/** What of the surroundings has a say. */
export interface Surroundings {
  /** An environment variable, undefined where it is missing or empty. */
  readonly env: (name: string) => string | undefined;
  /** The current folder. */
  readonly cwd: string;
  readonly os: typeof Deno.build.os;
}

/**
 * Reads the command line and the configuration file (`--config`, else `earshot.jsonc` in the state folder, else in the
 * current folder).
 *
 * @throws {UserError} exit code 2
 */
export function loadConfig<C extends CommandSyntax>(
  args: readonly string[],
  commands: readonly C[],
  { env, cwd, os }: Surroundings = systemSurroundings(),
): Config<C> {
  const line = parseCommandLine(args, commands);
  const given = line.values;
  const firstState = given.state ?? profilePaths(given.profile, os, env).state;
  const { file, values } = given.help || given.version
    ? { values: {} }
    : readConfigFile(given.config, [firstState, cwd], env(os === "windows" ? "USERPROFILE" : "HOME"));
  const merged: Partial<OptionValues> = { ...values, ...given };
  const paths = profilePaths(merged.profile, os, env);
  return {
    ...merged,
    given,
    command: line.command,
    args: line.args,
    state: resolve(cwd, merged.state ?? paths.state),
    inbox: resolve(cwd, merged.inbox ?? paths.inbox),
    file,
  };
}

function systemSurroundings(): Surroundings {
  return { env: (name) => Deno.env.get(name) || undefined, cwd: Deno.cwd(), os: Deno.build.os };
}
