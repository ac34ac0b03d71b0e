import type { CommandSyntax } from "../../config/command_line.ts";
import type { PeerRef } from "../../peer/types.ts";
import { foldLabel } from "../../protocol/label.ts";
import { GENERAL_OPTIONS, type Option, type OptionKey, OPTIONS } from "../../config/options.ts";

/** A command, as far as its completion needs it. */
export interface CompletedCommand extends CommandSyntax {
  readonly usage: string;
  readonly summary: string;
}

/** Words that can stand at the end of a command line. */
export interface Completion {
  /** Words, each with a line of help. */
  readonly words: readonly (readonly [word: string, help: string])[];
  /** Kind of words to look up besides: names of peers, ids, peers and sets, or files. */
  readonly lookUp?: "names" | "ids" | "recipients" | "files";
  /** Text before the value in its word: `--to=`. */
  readonly prefix: string;
}

const NOTHING: Completion = { words: [], prefix: "" };

/**
 * Completes a command line.
 *
 * @param line its words after the program; the last one is what is typed so far
 * @returns also what does not begin as the last word does
 */
export function complete(line: readonly string[], commands: readonly CompletedCommand[]): Completion {
  const current = line.at(-1) ?? "";
  const before = line.slice(0, -1);
  const named = namedCommand(before, commands);
  const command = named ?? commands.find(({ name }) => name === "")!;
  const keys = [...command.options, ...GENERAL_OPTIONS];
  const end = before.indexOf("--");
  if (end >= 0) return named?.usage.includes("PROGRAM") ? { ...NOTHING, lookUp: "files" } : NOTHING;
  const [, flag] = /^(--[^=]+)=/.exec(current) ?? [];
  const open = flag ?? before.at(-1);
  const option = keys.map((key) => OPTIONS[key]).find((option) => `--${option.flag}` === open);
  if (option?.value !== undefined && (flag !== undefined || option.bare === undefined)) {
    return { ...valuesOf(option), prefix: flag === undefined ? "" : `${flag}=` };
  }
  if (current.startsWith("-") && current !== "-") return { ...NOTHING, words: optionWords(keys, before) };
  if (named === undefined) {
    const help = ["help", "explain a command"] as const;
    const isHelp = wordsOf(before, commands).length > 0;
    return {
      ...NOTHING,
      words: [
        ...commands.filter(({ name }) => name !== "").map(({ name, summary }) => [name, summary] as const),
        ...isHelp ? [] : [help],
      ],
    };
  }
  return argumentsOf(named.usage, wordsOf(before, commands).length - 1);
}

/** Returns the words for peers, each with a line of help: names, and ids where only they tell who is meant. */
export function peerWords(peers: readonly PeerRef[], lookUp: Completion["lookUp"]): Completion["words"] {
  const namesakes = Map.groupBy(peers, ({ name }) => foldLabel(name));
  return peers.map(({ id, name }) => {
    const isAlone = namesakes.get(foldLabel(name))!.length === 1;
    return isAlone && lookUp !== "ids" ? [name, "a peer"] : [id, name];
  });
}

/** The words that are no options and no values of any. */
function wordsOf(before: readonly string[], commands: readonly CompletedCommand[]): string[] {
  const options = [...new Set([...GENERAL_OPTIONS, ...commands.flatMap(({ options }) => options)])]
    .map((key) => OPTIONS[key]);
  const words: string[] = [];
  for (let i = 0; i < before.length; i++) {
    const word = before[i]!;
    if (!word.startsWith("-") || word === "-") words.push(word);
    else if (options.some(({ flag, value, bare }) => `--${flag}` === word && value && !bare)) i++;
  }
  return words;
}

/** The command of a line; undefined if the line has none yet. */
function namedCommand(
  before: readonly string[],
  commands: readonly CompletedCommand[],
): CompletedCommand | undefined {
  const [word = ""] = wordsOf(before, commands);
  return word === "" ? undefined : commands.find(({ name }) => name === word);
}

/** The options that can be given once more. */
function optionWords(keys: readonly OptionKey[], before: readonly string[]): (readonly [string, string])[] {
  const flags = new Map<string, string>();
  for (const key of keys) {
    const { flag, many, help } = OPTIONS[key];
    const isGiven = before.some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
    // A command's own meaning of a name comes first.
    if ((many || !isGiven) && !flags.has(flag)) flags.set(flag, help);
  }
  return [...flags].map(([flag, help]) => [`--${flag}`, help]);
}

function valuesOf({ value, path, help }: Option): Completion {
  if (path || value === "FILE") return { ...NOTHING, lookUp: "files" };
  if (value!.includes("@SET")) {
    return { words: [["all", "everyone who is up"]], lookUp: "recipients", prefix: "" };
  }
  if (value === "NAME|ID") return { ...NOTHING, lookUp: "names" };
  return { ...NOTHING, words: choicesOf(value!).map((choice) => [choice, help]) };
}

/** Returns the words that a command takes as its argument after `count` others. */
function argumentsOf(usage: string, count: number): Completion {
  if (usage.startsWith("FILE")) return { ...NOTHING, lookUp: "files" };
  if (count > 0) return NOTHING;
  const forms = usage.replace(/^\[(.*)\]$/, "$1");
  if (/^NAME(\|ID)?$/.test(forms)) return { ...NOTHING, lookUp: "names" };
  if (forms === "ID") return { ...NOTHING, lookUp: "ids" };
  return { ...NOTHING, words: choicesOf(forms).map((choice) => [choice, ""]) };
}

/** The words among alternatives that stand for themselves. */
function choicesOf(text: string): string[] {
  return text.split("|").map((form) => form.trim().split(" ")[0]!).filter((word) => /^[a-z]+$/.test(word));
}
