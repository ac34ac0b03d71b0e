import { parse } from "../platform/std_jsonc.ts";
import { dirname, join, resolve } from "../platform/std_path.ts";
import { explain } from "../platform/trouble.ts";
import { expandPath, isOpenAlready, type Places } from "../platform/paths.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { invalidUtf8At, otherEncoding } from "../protocol/text_encoding.ts";
import { distrust } from "./ownership.ts";
import { type OptionKey, OPTIONS, type OptionValues } from "./options.ts";
import { readSets, type RecipientSet, SETS_KEY } from "./sets.ts";
import { didYouMean } from "./suggest.ts";

/** Name of the configuration file in the folders that are searched. */
export const CONFIG_FILE = "earshot.jsonc";

/** Largest configuration file that is read, bytes. */
const FILE_MAX = 1 << 20;

/** Content of a configuration file. */
interface Configured {
  readonly values: Partial<OptionValues>;
  readonly sets: readonly RecipientSet[];
}

/**
 * Reads the configuration: `explicit` if given, else the first trusted {@linkcode CONFIG_FILE} in `folders`, of which
 * the first is the state folder. Paths in the file are relative to its folder; `~` is the home.
 *
 * @returns values, sets and the file they came from, none of them if there is no file; and warnings about files that
 *   were ignored
 * @throws {UserError} exit code 2, with file, line and key
 */
export function readConfigFile(
  explicit: string | undefined,
  folders: readonly string[],
  places: Places,
): Configured & { readonly file?: string; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  if (explicit !== undefined) {
    const text = readText(explicit, true);
    if (text === undefined) {
      throw new UserError(`There is no configuration file ${explicit}.`, ExitCode.usage);
    }
    return { file: explicit, ...readConfig(explicit, text, places), warnings };
  }
  for (const [index, folder] of folders.entries()) {
    const file = join(folder, CONFIG_FILE);
    // A file in a folder that this user may not enter cannot be seen; an unusable state folder is reported when it is
    // used.
    const state = stateOf(file);
    if (state === "closed") continue;
    const why = state === "there" ? distrust(file, index === 0) : undefined;
    if (why !== undefined) {
      warnings.push(`${file} is ignored because ${why}: to use it anyway, give --config ${file}.`);
      continue;
    }
    const text = readText(file);
    if (text !== undefined) return { file, ...readConfig(file, text, places), warnings };
  }
  return { values: {}, sets: [], warnings };
}

function stateOf(file: string): "there" | "missing" | "closed" {
  try {
    Deno.statSync(file);
    return "there";
  } catch (error) {
    const isClosed = error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
    return isClosed ? "closed" : "missing";
  }
}

/** Reads a file. @param given by the user, so it may be a pipe of the shell */
function readText(file: string, given = false): string | undefined {
  const unreadable = (why: string, cause?: unknown) =>
    new UserError(`The configuration file ${file} cannot be read ${why}.`, ExitCode.usage, { cause });
  let bytes: Uint8Array;
  try {
    const { isFile, isFifo, size } = Deno.statSync(file);
    // Whoever gives a pipe of the shell, as <(PROGRAM), has a writer; to wait for one could not be interrupted.
    const isOpenPipe = given && isFifo && isOpenAlready(file);
    if (!isFile && !isOpenPipe) throw unreadable("(it is not a file)");
    if (size > FILE_MAX) throw unreadable("(it is over 1 MiB long)");
    bytes = Deno.readFileSync(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw unreadable(explain(error), error);
  }
  return decode(bytes, unreadable);
}

/** Decodes UTF-8, with or without a byte-order mark. @param unreadable makes the error from the reason */
function decode(bytes: Uint8Array, unreadable: (why: string) => UserError): string {
  const invalid = invalidUtf8At(bytes);
  const other = invalid !== undefined || bytes.includes(0) ? otherEncoding(bytes, invalid ?? 0) : undefined;
  const text = new TextDecoder().decode(bytes);
  if (!other) return text;
  const { what, todo, at } = other;
  const place = at === undefined
    ? ""
    : ` in line ${text.slice(0, text.indexOf("\ufffd")).split("\n").length}`;
  throw unreadable(`(it ${what}${place}): ${todo}`);
}

function readConfig(file: string, text: string, places: Places): Configured {
  const object = parseObject(file, text);
  const values: Record<string, unknown> = {};
  let sets: RecipientSet[] = [];
  const seen = new Set<string>();
  const inFile = (Object.keys(OPTIONS) as OptionKey[]).filter((key) => !OPTIONS[key].commandLineOnly);
  for (const { name, line } of keysOf(text)) {
    const fail = (what: string) => new UserError(`${file}:${line}: ${what}.`, ExitCode.usage);
    if (seen.has(name)) throw fail(`duplicate option "${name}"`);
    seen.add(name);
    if (name === SETS_KEY) {
      sets = readSets(object[name], fail);
      continue;
    }
    const key = inFile.find((key) => OPTIONS[key].flag === name);
    if (key === undefined) {
      if (Object.values(OPTIONS).some(({ flag }) => flag === name)) {
        throw fail(`"${name}" can only be given on the command line`);
      }
      const known = [...inFile.map((key) => OPTIONS[key].flag), SETS_KEY];
      throw fail(`unknown option "${name}"${didYouMean(name, known)}`);
    }
    const option = OPTIONS[key];
    const given = object[name];
    const items = option.many && Array.isArray(given) ? given : [given];
    const read = items.map((item) => {
      const value = option.read(item);
      if (value === undefined) {
        throw fail(`invalid value ${JSON.stringify(item)} for "${name}": expected ${option.expected}`);
      }
      if (!option.path) return value;
      return resolve(dirname(file), expandPath(`${file}:${line}: "${name}"`, value as string, places));
    });
    values[key] = option.many ? read : read[0];
  }
  return { values: values as Partial<OptionValues>, sets };
}

function parseObject(file: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const [, what, position] = /: (.*?)(?: in JSONC at position (\d+))?$/.exec((error as Error).message) ??
      [];
    const line = lineAt(text, position === undefined ? text.length : Number(position));
    throw new UserError(`${file}:${line}: ${what ?? "not JSON"}.`, ExitCode.usage, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${file}:1: the configuration must be one object, { … }.`, ExitCode.usage);
  }
  return value as Record<string, unknown>;
}

/** Lists the keys of the outermost object of valid JSONC, with their lines. */
function keysOf(text: string): { name: string; line: number }[] {
  const keys: { name: string; line: number }[] = [];
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|\/\/[^\r\n]*|\/\*[^]*?\*\/|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && token.startsWith('"') && isKey(text, index + token.length)) {
      keys.push({ name: JSON.parse(token), line: lineAt(text, index) });
    }
  }
  return keys;
}

/** Tells whether a colon stands at `position`, after nothing but white space and comments. */
function isKey(text: string, position: number): boolean {
  return /^(?:\s|\/\/[^\r\n]*|\/\*[^]*?\*\/)*:/.test(text.slice(position));
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}
