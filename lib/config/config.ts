import { resolve } from "@std/path";
import { expandPath, type Places, profilePaths, systemPlaces } from "../platform/paths.ts";
import { type CommandSyntax, parseCommandLine } from "./command_line.ts";
import { readConfigFile } from "./config_file.ts";
import type { OptionValues } from "./options.ts";

/** Everything the user has asked for: command line over configuration file over what goes without saying. */
export interface Config<C extends CommandSyntax = CommandSyntax> extends Partial<OptionValues> {
  readonly command: C;
  /** The words that follow the command, without options. */
  readonly args: readonly string[];
  /** State folder of the profile, absolute. */
  readonly state: string;
  /** Inbox folder of the profile, absolute. */
  readonly inbox: string;
  /** Those of the options that the command line gave. */
  readonly given: Partial<OptionValues>;
  /** The configuration file that was read, if any. */
  readonly file?: string;
  /** Sentences about files that were passed over. */
  readonly warnings: readonly string[];
}

/** The surroundings that have a say. */
export interface Surroundings extends Places {
  /** The current folder. */
  readonly cwd: string;
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
  surroundings: Surroundings = systemSurroundings(),
): Config<C> {
  const { command, args: words, values } = parseCommandLine(args, commands);
  // Somebody without a home can ask for help, too.
  if (values.help || values.version) {
    return { ...values, given: values, command, args: words, state: "", inbox: "", warnings: [] };
  }
  const { cwd } = surroundings;
  const given = withPaths(values, surroundings);
  const firstState = given.state ?? profilePaths(given.profile, surroundings).state;
  const { file, values: configured, warnings } = readConfigFile(
    given.config,
    [firstState, cwd],
    surroundings,
  );
  const merged: Partial<OptionValues> = { ...configured, ...given };
  const paths = profilePaths(merged.profile, surroundings);
  return {
    ...merged,
    given,
    command,
    args: words,
    state: resolve(cwd, merged.state ?? paths.state),
    inbox: resolve(cwd, merged.inbox ?? paths.inbox),
    file,
    warnings,
  };
}

/** The options with a `~` in paths replaced, which a shell leaves in `--inbox=~/in`. */
function withPaths(values: Partial<OptionValues>, places: Places): Partial<OptionValues> {
  const paths = (["state", "inbox", "config"] as const).flatMap((key) => {
    const path = values[key];
    return path === undefined ? [] : [[key, expandPath(`--${key}`, path, places)]];
  });
  return { ...values, ...Object.fromEntries(paths) };
}

function systemSurroundings(): Surroundings {
  return { ...systemPlaces, cwd: Deno.cwd() };
}
