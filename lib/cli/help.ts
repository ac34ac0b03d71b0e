import { GENERAL_OPTIONS, type OptionKey, OPTIONS, optionText } from "../config/options.ts";
import type { Command } from "./command.ts";
import { table } from "./terminal/columns.ts";

const EXIT_CODES = [
  ["0", "done: acknowledged by every recipient"],
  ["1", "failed, or some recipients did not acknowledge"],
  ["2", "wrong usage, bad configuration, input that is not JSON"],
  ["3", "no such peer within the timeout"],
  ["4", "refused by a recipient, or here because a known name came with a new key; ask: no real answer"],
  ["5", "ask: delivered, and no answer in time"],
  ["130", "interrupted (for the chat, run, on, web, peers --watch and inbox --follow: 0)"],
];

/** Returns the help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  return [
    "Finds the peers on your network, chats with them, and hands over JSON that is safely on disk there.",
    "",
    ...table(commands.map((command) => [`earshot ${command.name} ${command.usage}`.trim(), command.summary])),
    "",
    "Options of every command (`earshot COMMAND --help` shows its own):",
    ...optionLines(GENERAL_OPTIONS),
    "",
    "Most options can be set in earshot.jsonc, in the state folder or the current one, under the same name.",
    "",
    "Exit codes:",
    ...indent(table(EXIT_CODES)),
  ].join("\n");
}

/** Returns the help of one command. */
export function commandHelp(command: Command): string {
  return [
    `earshot ${command.name} ${command.usage}`.trim() + `: ${command.summary}`,
    ...(command.details === undefined ? [] : ["", command.details]),
    ...(command.options.length === 0 ? [] : ["", "Options:", ...optionLines(command.options)]),
    "",
    "`earshot --help` lists the options of every command.",
  ].join("\n");
}

function optionLines(keys: readonly OptionKey[]): string[] {
  return indent(table(keys.map((key) => {
    const { short, help } = OPTIONS[key];
    return [`${optionText(OPTIONS[key])}${short === undefined ? "" : `, -${short}`}`, help];
  })));
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
