import { resolve } from "../platform/std_path.ts";
import { expandPath, type Places, profilePaths, systemPlaces } from "../platform/paths.ts";
import { type CommandSyntax, parseCommandLine } from "./command_line.ts";
import { readConfigFile } from "./config_file.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import type { OptionValues } from "./options.ts";
import { expandSets, type RecipientSet } from "./sets.ts";

/** The complete configuration: the command line overrides the configuration file, which overrides the defaults. */
export interface Config<C extends CommandSyntax = CommandSyntax> extends Partial<OptionValues> {
  readonly command: C;
  /** Words after the command, without options. */
  readonly args: readonly string[];
  /** State folder of the profile, absolute. */
  readonly state: string;
  /** Inbox folder of the profile, absolute. */
  readonly inbox: string;
  /** Options given on the command line. */
  readonly given: Partial<OptionValues>;
  /** The configuration file that was read, if any. */
  readonly file?: string;
  /** Sets of recipients in that file. */
  readonly sets: readonly RecipientSet[];
  /** Sentences about files that were ignored. */
  readonly warnings: readonly string[];
}

/** The environment that the configuration depends on. */
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
  // Help must work for a user without a home, too.
  if (values.help || values.version) {
    return { ...values, given: values, command, args: words, state: "", inbox: "", sets: [], warnings: [] };
  }
  const { cwd } = surroundings;
  const given = withPaths(values, surroundings);
  const firstState = given.state ?? profilePaths(given.profile, surroundings).state;
  const { file, values: configured, sets, warnings } = readConfigFile(
    given.config,
    [firstState, cwd],
    surroundings,
  );
  const asTyped: Partial<OptionValues> = { ...configured, ...given };
  const merged = command.options.includes("to") ? withMembers(asTyped, sets, file) : asTyped;
  const paths = profilePaths(merged.profile, surroundings);
  return {
    ...merged,
    given: given.to === undefined ? given : { ...given, to: merged.to },
    command,
    args: words,
    state: resolve(cwd, merged.state ?? paths.state),
    inbox: resolve(cwd, merged.inbox ?? paths.inbox),
    file,
    sets,
    warnings,
  };
}

/** Replaces sets of recipients with their members. */
function withMembers(
  values: Partial<OptionValues>,
  sets: readonly RecipientSet[],
  file: string | undefined,
): Partial<OptionValues> {
  return values.to === undefined ? values : { ...values, to: expandSets(values.to, sets, file) };
}

/** Expands `~` in paths that the shell left alone, as in `--inbox=~/in`. */
function withPaths(values: Partial<OptionValues>, places: Places): Partial<OptionValues> {
  const paths = (["state", "inbox", "config"] as const).flatMap((key) => {
    const path = values[key];
    return path === undefined ? [] : [[key, expandPath(`--${key}`, path, places)]];
  });
  return { ...values, ...Object.fromEntries(paths) };
}

function systemSurroundings(): Surroundings {
  try {
    return { ...systemPlaces, cwd: Deno.cwd() };
  } catch {
    const why = "it was removed, or its name is not UTF-8";
    throw new UserError(`The current folder cannot be used (${why}): go to another one.`, ExitCode.usage);
  }
}
