import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "@std/fs";
import { parse } from "@std/jsonc";
import { fromFileUrl, join } from "@std/path";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { CHAT_COMMANDS } from "../../lib/cli/chat/chat_line.ts";
import { parseCommandLine } from "../../lib/config/command_line.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { OPTIONS } from "../../lib/config/options.ts";
import { SETS_KEY } from "../../lib/config/sets.ts";
import { codeWords, Page, shellWords } from "../support/page.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const [README, MANUAL] = ["README.md", "MANUAL.md"].map((file) => new Page(file)) as [Page, Page];
const PAGES = [README, MANUAL];
const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json"))) as {
  tasks: Record<string, string>;
};

/** Other programs that the pages may ask their reader to use. */
const FOREIGN = ["echo", "make", "ufw", ".ci/run", "sudo", "rtl_433"];

for (const page of PAGES) {
  Deno.test(`every command that ${page.file} shows is one that exists, with options that exist`, () => {
    const inText = [...page.text.matchAll(/(?<!`)`((?:earshot|deno|npx)(?: [^`\n]*)?)`/g)]
      .map(([, code]) => code!.replaceAll("\\|", "|"));
    const commands = [...page.shellLines(), ...inText].flatMap(shellWords);
    assert(commands.length > 20, `${page.file} shows how to use it`);
    for (const command of commands) checkCommand(command);
  });

  Deno.test(`every chat command that ${page.file} names exists`, () => {
    const shown = [...page.text.matchAll(/`(\/\w+)/g)].map(([, name]) => name!);
    for (const name of shown) {
      assert(CHAT_COMMANDS.some(([known]) => known === name), `${name} does not exist`);
    }
  });

  Deno.test(`every link of ${page.file} into the project leads to a file, and to a heading there`, () => {
    const links = [...page.text.matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)];
    assert(links.length > 5);
    for (const [, file, heading] of links) {
      assert(file === "" || existsSync(join(ROOT, file!)), `${file} does not exist`);
      if (heading === "") continue;
      const target = file === "" ? page : new Page(file!);
      assert(target.anchors().includes(heading!), `${target.file} has no heading #${heading}`);
    }
  });
}

Deno.test("the README has at most 150 lines", () => {
  assert(README.text.trimEnd().split("\n").length <= 150);
});

Deno.test("the README's table of commands has every command, and no other", () => {
  const shown = README.rows("## Commands").flatMap(([cell]) => codeWords(cell!).map(commandOf));
  assertEquals([...new Set(shown)], COMMANDS.map(({ name }) => name));
});

Deno.test("the manual's table of commands has every command with its arguments, and no other", () => {
  const shown = MANUAL.rows("## Commands").map(([cell]) => codeWords(cell!).join());
  const expected = COMMANDS.flatMap(({ name, usage }) => {
    const [, optional] = /^\[(.*)\]$/.exec(usage) ?? [];
    const isChoice = usage.includes(" | ");
    const forms = isChoice ? (optional ?? usage).split(" | ") : [usage];
    return [...(isChoice && optional ? [""] : []), ...forms].map((form) => `earshot ${name} ${form}`.trim());
  });
  assertEquals(shown, expected);
});

Deno.test("the manual's table of chat commands has every one with its arguments, and no other", () => {
  const shown = MANUAL.rows("### The chat").map(([cell]) => codeWords(cell!).join());
  assertEquals(shown, CHAT_COMMANDS.map(([name, usage]) => `${name} ${usage}`.trim()));
});

Deno.test("the manual's configuration file has every key that one may have, and is good as it stands", () => {
  const [block] = MANUAL.blocks("jsonc");
  const keys = Object.keys(parse(block!) as Record<string, unknown>);
  const possible = Object.values(OPTIONS).filter((option) => !option.commandLineOnly).map(({ flag }) => flag);
  assertEquals(keys.toSorted(), [...possible, SETS_KEY].toSorted());
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

Deno.test("the README draws every folder of lib/ above all that it imports", () => {
  const drawing = README.blocks("text").find((block) => block.startsWith("main.ts\n"))!;
  const line = new Map(
    drawing.trim().split("\n").flatMap((text, i) =>
      text.split("│")[0]!.trim().split(/ +/).map((folder) => [folder, i] as const)
    ),
  );
  const folders = [...Deno.readDirSync(join(ROOT, "lib"))].filter((entry) => entry.isDirectory)
    .map((entry) => entry.name);
  assertEquals([...line.keys()].sort(), ["main.ts", ...folders].sort());
  for (const folder of folders) {
    for (const other of importsOf(folder)) {
      assert(line.get(folder)! < line.get(other)!, `lib/${folder} imports lib/${other}`);
    }
  }
});

/** Other folders of lib/ that the files of one import from. */
function importsOf(folder: string): Set<string> {
  const found = new Set<string>();
  const look = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(join(ROOT, path))) {
      const inner = `${path}/${name}`;
      if (isDirectory) look(inner);
      else if (name.endsWith(".ts")) {
        for (
          const [, specifier] of Deno.readTextFileSync(join(ROOT, inner)).matchAll(/"(\.\.?\/[^"\s]+\.ts)"/g)
        ) {
          found.add(join(path, specifier!).split(/[\\/]/)[1]!);
        }
      }
    }
  };
  look(`lib/${folder}`);
  found.delete(folder);
  return found;
}

/** The name of the command in a cell. */
function commandOf(code: string): string {
  return code.split(" ")[1] ?? "";
}

function checkCommand(command: readonly string[]): void {
  const shown = command.join(" ");
  if (command[0] === "npx" && command[1] === "earshot") return checkArguments(command.slice(2));
  const isNpx = command[0] === "npx";
  const [program, ...args] = isNpx ? command.filter((word) => word !== "--offline").slice(2) : command;
  if (isNpx) assertEquals([command.includes("--yes"), program], [true, "deno@2.9.6"], shown);
  if (program === "earshot") return checkArguments(args);
  if (program === "deno" || program === "deno@2.9.6") {
    // The program of the reader's own.
    if (args[0] === "run") return assertEquals(args, ["run", "-P=library", "thermometer.ts"]);
    if (args[0] === "add") return assertEquals(args, ["add", "npm:earshot"]);
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
