import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "@std/fs";
import { parse } from "@std/jsonc";
import { fromFileUrl, join } from "@std/path";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { CHAT_COMMANDS } from "../../lib/cli/chat/chat_line.ts";
import { parseCommandLine } from "../../lib/config/command_line.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { OPTIONS } from "../../lib/config/options.ts";
import { ExitCode } from "../../lib/platform/user_error.ts";
import { databasePath, openDatabase } from "../../lib/storage/database/open_database.ts";
import { answer } from "../../lib/storage/history/query.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const README = Deno.readTextFileSync(join(ROOT, "README.md"));
const { tasks, imports } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json"))) as {
  tasks: Record<string, string>;
  imports: Record<string, string>;
};

/** Other programs that the page may ask its reader to use. */
const FOREIGN = ["echo", "make", "ufw", ".ci/run"];

Deno.test("every command that the README shows is one that exists, with options that exist", () => {
  const lines = [
    ...blocks("sh").flatMap((block) => block.split("\n")),
    ...[...README.matchAll(/(?<!`)`((?:earshot|deno|npx)(?: [^`\n]*)?)`/g)].map(([, code]) => code!),
  ];
  const commands = lines.flatMap((line) => words(line)).filter((command) => command.length > 0);
  assert(commands.length > 20, "the README shows how to use it");
  for (const command of commands) checkCommand(command);
});

Deno.test("every command of the program and of the chat is in the README, the chat's own help aside", () => {
  for (const { name } of COMMANDS) {
    assert(README.includes(`\`earshot ${name}`.trim()), `earshot ${name} is missing`);
  }
  const shown = [...README.matchAll(/`(\/\w+)/g)].map(([, name]) => name!);
  for (const name of shown) assert(CHAT_COMMANDS.some(([known]) => known === name), `${name} does not exist`);
});

Deno.test("the README's exit codes are those of the program", () => {
  const shown = [...README.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  assertEquals(shown, Object.values(ExitCode));
});

Deno.test("the README's configuration file has every key that one may have, and is good as it stands", () => {
  const [block] = blocks("jsonc");
  const keys = Object.keys(parse(block!) as Record<string, unknown>);
  const possible = Object.values(OPTIONS).filter((option) => !option.commandLineOnly).map(({ flag }) => flag);
  assertEquals(keys.toSorted(), possible.toSorted());
  for (const key of keys) {
    assertMatch(block!, new RegExp(`^  "${key}": .*// \\S`, "m"), `${key} has no comment`);
  }
  const folder = Deno.makeTempDirSync({ prefix: "earshot-readme-" });
  try {
    Deno.writeTextFileSync(join(folder, "earshot.jsonc"), block!);
    const env = (name: string) => name === "HOME" ? "/home/me" : undefined;
    const config = loadConfig(["run", "--state", folder], COMMANDS, {
      env,
      cwd: folder,
      os: "linux",
      accountHome: () => undefined,
    });
    assertEquals([config.name, config.inbox, config.maxSize, config.keepDays, config.quota], [
      "lab-pc",
      "/home/me/documents/incoming",
      1024 ** 3,
      365,
      20 * 2 ** 30,
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("the columns that the README names are those of the views, and its query is answered", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "earshot-readme-" });
  try {
    openDatabase(databasePath(folder)).close();
    const text = README.replaceAll(/\s+/g, " ");
    for (const view of ["received", "sent"]) {
      const { columns } = answer(folder, folder, `SELECT * FROM ${view}`)!;
      const named = new RegExp(`\`${view}\` has ([^;.]*)`).exec(text)![1]!.replaceAll(/\([^)]*\)/g, "");
      assertEquals(named.split(/, | and /).map((name) => name.trim()), [...columns]);
    }
    const query = /^earshot inbox sql "(.*)"$/m.exec(README)![1]!;
    assertEquals(answer(folder, folder, query)!.rows, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every relative link of the README leads somewhere", () => {
  const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
  assert(links.length > 0);
  assertEquals(links.filter((link) => !existsSync(join(ROOT, link))), []);
});

Deno.test("the README's tables name every folder of lib/ and every dependency, and no other", () => {
  const shown = [...README.matchAll(/^\| `lib\/(\w+)`/gm)].map(([, folder]) => folder!).sort();
  const folders = [...Deno.readDirSync(join(ROOT, "lib"))].filter((entry) => entry.isDirectory);
  assertEquals(shown, folders.map((entry) => entry.name).sort());
  const dependencies = [...README.matchAll(/^\| (`@std.*?) +\|/gm)]
    .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  assertEquals(dependencies.sort(), Object.keys(imports).sort());
});

function checkCommand(command: readonly string[]): void {
  const shown = command.join(" ");
  const [program, ...args] = command[0] === "npx" ? command.slice(2) : command;
  if (command[0] === "npx") assertEquals(command.slice(0, 3), ["npx", "--yes", "deno@2.9.6"], shown);
  if (program === "earshot") return checkArguments(args);
  if (program === "deno" || program === "deno@2.9.6") {
    // The program of the reader's own.
    if (args[0] === "run") return assertEquals(args, ["run", "-P=earshot", "thermometer.ts"]);
    assertEquals(args[0], "task", shown);
    assert(tasks[args[1]!], `${shown}: there is no such task`);
    if (args[1] === "start") checkArguments(args.slice(2));
    return;
  }
  assert(FOREIGN.includes(program!), `${shown}: what is ${program}?`);
}

/** Throws what the program itself would say. */
function checkArguments(args: readonly string[]): void {
  const { command, args: rest } = parseCommandLine(args, COMMANDS);
  if (command.usage.includes(" | ") && rest.length > 0) {
    assert(command.usage.split(/\W+/).includes(rest[0]!), `earshot ${args.join(" ")}`);
  }
}

/** Contents of the fenced blocks in a language. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp("^```" + language + "\\n([^]*?)^```", "gm"))].map(([, block]) =>
    block!
  );
}

/** The commands of a line, each as its words. Knows comments, quotes and pipes. */
function words(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [, quoted, single, bare] of line.matchAll(/"([^"]*)"|'([^']*)'|#.*|([^\s"'#]+)/g)) {
    const word = quoted ?? single ?? bare;
    if (bare === "|") commands.push([]);
    else if (word !== undefined) commands.at(-1)!.push(word);
  }
  return commands;
}
