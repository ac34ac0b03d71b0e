import { parseArgs } from "../platform/std_cli.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { GENERAL_OPTIONS, type Option, type OptionKey, OPTIONS, type OptionValues } from "./options.ts";
import { didYouMean } from "./suggest.ts";

/** The part of a command that the parser needs. */
export interface CommandSyntax {
  /** Word that selects the command; empty for the default command. */
  readonly name: string;
  /** Options that it takes besides the general ones. */
  readonly options: readonly OptionKey[];
}

/** A parsed command line. */
export interface CommandLine<C extends CommandSyntax> {
  readonly command: C;
  /** Words after the command, without options. */
  readonly args: readonly string[];
  /** The options that were given. */
  readonly values: Partial<OptionValues>;
}

/**
 * Parses a command line: `[COMMAND] [ARGUMENT | OPTION]…`; everything after `--` is an argument. `help COMMAND` is the
 * same as `COMMAND --help`.
 *
 * @throws {UserError} exit code 2, with a hint
 */
export function parseCommandLine<C extends CommandSyntax>(
  args: readonly string[],
  commands: readonly C[],
): CommandLine<C> {
  const all = optionsFor(args, commands);
  const unknown: string[] = [];
  const parsed = parseArgs(expandFlags(args, all), {
    boolean: all.filter((option) => option.value === undefined).map((option) => option.flag),
    string: ["_", ...all.filter((option) => option.value !== undefined).map((option) => option.flag)],
    collect: all.filter((option) => option.many).map((option) => option.flag),
    // Also called for arguments, without a key.
    unknown: (arg, key) => key === undefined || (unknown.push(arg), false),
  });
  const words = parsed._ as string[];
  const helpAsked = words[0] === "help";
  if (helpAsked) words.shift();
  const command = findCommand(words.shift(), commands);
  const allowed = new Map<string, OptionKey>();
  for (const key of [...GENERAL_OPTIONS, ...command.options]) allowed.set(OPTIONS[key].flag, key);
  if (unknown.length > 0) throw unknownOption(unknown[0]!, command, allowed);

  const values: Record<string, unknown> = helpAsked ? { help: true } : {};
  for (const given of new Set(all.map((option) => option.flag))) {
    const value = parsed[given];
    // The parser gives false and empty arrays for options that are absent.
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    const key = allowed.get(given);
    if (key === undefined) throw unknownOption(`--${given}`, command, allowed);
    values[key] = readValue(OPTIONS[key], value);
  }
  return { command, args: words, values: values as Partial<OptionValues> };
}

/** Flags that take a value for some commands and none for others. */
const TWOFOLD = Object.values(OPTIONS).filter(({ flag, value }) =>
  value === undefined &&
  Object.values(OPTIONS).some((other) => other.flag === flag && other.value !== undefined)
).map(({ flag }) => `--${flag}`);

/** Lists the options; of those with one flag, where some take a value, only that of the command, which stands before. */
function optionsFor(args: readonly string[], commands: readonly CommandSyntax[]): readonly Option[] {
  const all = Object.values(OPTIONS);
  const at = args.findIndex((arg) => TWOFOLD.includes(arg.split("=")[0]!));
  if (at < 0) return all;
  const own = commands.find(({ name }) => name !== "" && args.slice(0, at).includes(name))?.options ?? [];
  return all.filter((option) =>
    !own.some((key) => OPTIONS[key] !== option && OPTIONS[key].flag === option.flag)
  );
}

/**
 * Writes flags as `--flag=true` and short options as long ones. The parser would take an argument `true` or `false`
 * after a flag, which may be a message, for the flag's value.
 */
function expandFlags(args: readonly string[], all: readonly Option[]): string[] {
  const flags = all.filter((option) => option.value === undefined);
  const bares = all.filter((option) => option.bare !== undefined);
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  const expanded = options.flatMap((arg) => {
    const letters = /^-([a-zA-Z]+)$/.exec(arg)?.[1];
    const names = letters === undefined ? [arg] : [...letters].map((letter) => {
      const option = flags.find((option) => option.short === letter);
      return option === undefined ? arg : `--${option.flag}`;
    });
    return names.map((name) => {
      const bare = bares.find((option) => name === `--${option.flag}`);
      if (bare) return `${name}=${bare.bare}`;
      // With a value, the parser would read --no-open as another option.
      if (name.startsWith("--no-")) return name;
      return flags.some((option) => name === `--${option.flag}`) ? `${name}=true` : name;
    });
  });
  for (const arg of expanded) {
    const option = flags.find((option) => arg.startsWith(`--${option.flag}=`));
    if (option !== undefined && !/=(true|false)$/.test(arg)) {
      throw new UserError(`--${option.flag} takes no value: write it alone.`, ExitCode.usage);
    }
  }
  return [...expanded, ...args.slice(options.length)];
}

/** @param word undefined for the default command; an empty word (an unset variable in a script) is an unknown one */
function findCommand<C extends CommandSyntax>(word: string | undefined, commands: readonly C[]): C {
  const command = word === "" ? undefined : commands.find(({ name }) => name === (word ?? ""));
  if (command !== undefined || word === undefined) return command!;
  const hint = didYouMean(word, commands.map((command) => command.name).filter((name) => name !== ""));
  throw new UserError(
    `unknown command "${word}"${hint}; \`earshot --help\` lists them.`,
    ExitCode.usage,
  );
}

function unknownOption(
  arg: string,
  command: CommandSyntax,
  allowed: ReadonlyMap<string, OptionKey>,
): UserError {
  const name = arg.split("=")[0]!;
  const called = `earshot ${command.name}`.trim();
  const hint = didYouMean(name, [...allowed.keys()].map((flag) => `--${flag}`));
  const dash = command.name === "say" ? "; text that begins with a dash goes after `--`" : "";
  return new UserError(
    `unknown option ${name}${hint}; \`${called} --help\` lists them${dash}.`,
    ExitCode.usage,
  );
}

function readValue(option: Option, given: unknown): unknown {
  if (option.many) return (given as unknown[]).map((item) => readOne(option, item));
  return readOne(option, given);
}

function readOne(option: Option, given: unknown): unknown {
  if (given === "") {
    throw new UserError(`--${option.flag} needs a value: --${option.flag} ${option.value}.`, ExitCode.usage);
  }
  const value = option.read(option.numeric ? Number(given) : given);
  if (value === undefined) {
    throw new UserError(
      `invalid value "${given}" for --${option.flag}: expected ${option.expected}.`,
      ExitCode.usage,
    );
  }
  return value;
}
