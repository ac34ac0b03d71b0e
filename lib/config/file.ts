import { parse } from "@std/jsonc";
import { dirname, join, resolve } from "@std/path";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { invalidUtf8At, otherEncoding } from "../protocol/text_encoding.ts";
import { type OptionKey, OPTIONS, type OptionValues } from "./options.ts";
import { didYouMean } from "./suggest.ts";

/** Name of the configuration file in the folders where it is looked for. */
export const CONFIG_FILE = "earshot.jsonc";

/** Longest configuration file that is read, bytes. */
const FILE_MAX = 1 << 20;

/**
 * Reads the configuration: `explicit` where given, else {@linkcode CONFIG_FILE} in the first of `folders` that has one.
 * Paths in it are relative to its own folder, `~/` being `home`.
 *
 * @returns the values and the file they came from; neither where there is no file
 * @throws {UserError} exit code 2, with file, line and key
 */
export function readConfigFile(
  explicit: string | undefined,
  folders: readonly string[],
  home: string | undefined,
): { readonly file?: string; readonly values: Partial<OptionValues> } {
  if (explicit !== undefined) {
    const text = readText(explicit);
    if (text === undefined) {
      throw new UserError(`There is no configuration file ${explicit}.`, ExitCode.usage);
    }
    return { file: explicit, values: readConfig(explicit, text, home) };
  }
  for (const file of folders.map((folder) => join(folder, CONFIG_FILE))) {
    const text = readText(file);
    if (text !== undefined) return { file, values: readConfig(file, text, home) };
  }
  return { values: {} };
}

function readText(file: string): string | undefined {
  try {
    if (Deno.statSync(file).size > FILE_MAX) throw new Error("it is over 1 MiB long");
    return decode(Deno.readFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    const why = error instanceof Error ? error.message : error;
    throw new UserError(`The configuration file ${file} cannot be read: ${why}.`, ExitCode.usage, {
      cause: error,
    });
  }
}

/** Text of UTF-8, with a byte-order mark or without. */
function decode(bytes: Uint8Array): string {
  const invalid = invalidUtf8At(bytes);
  const other = invalid !== undefined || bytes.includes(0) ? otherEncoding(bytes, invalid ?? 0) : undefined;
  const text = new TextDecoder().decode(bytes);
  if (!other) return text;
  const { what, todo, at } = other;
  const place = at === undefined
    ? ""
    : ` in line ${text.slice(0, text.indexOf("\ufffd")).split("\n").length}`;
  throw new Error(`it ${what}${place}; ${todo}`);
}

function readConfig(file: string, text: string, home: string | undefined): Partial<OptionValues> {
  const object = parseObject(file, text);
  const values: Record<string, unknown> = {};
  const seen = new Set<string>();
  const inFile = (Object.keys(OPTIONS) as OptionKey[]).filter((key) => !OPTIONS[key].commandLineOnly);
  for (const { name, line } of keysOf(text)) {
    const fail = (what: string) => new UserError(`${file}:${line}: ${what}.`, ExitCode.usage);
    if (seen.has(name)) throw fail(`"${name}" stands there twice`);
    seen.add(name);
    const key = inFile.find((key) => OPTIONS[key].flag === name);
    if (key === undefined) {
      throw fail(`there is no option "${name}"${didYouMean(name, inFile.map((key) => OPTIONS[key].flag))}`);
    }
    const option = OPTIONS[key];
    const given = object[name];
    const items = option.many && Array.isArray(given) ? given : [given];
    const read = items.map((item) => {
      const value = option.read(item);
      if (value === undefined) {
        throw fail(`"${name}" must be ${option.expected}, not ${JSON.stringify(item)}`);
      }
      return option.path ? resolvePath(file, value as string, home) : value;
    });
    values[key] = option.many ? read : read[0];
  }
  return values as Partial<OptionValues>;
}

function resolvePath(file: string, path: string, home: string | undefined): string {
  return home !== undefined && path.startsWith("~/")
    ? join(home, path.slice(2))
    : resolve(dirname(file), path);
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

/** The keys of the outermost object of valid JSONC, with their lines. */
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

/** Whether a colon follows at `position`, behind nothing but blanks and comments. */
function isKey(text: string, position: number): boolean {
  return /^(?:\s|\/\/[^\r\n]*|\/\*[^]*?\*\/)*:/.test(text.slice(position));
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}
