// firmware/README.md, tried as its reader would: what is typed there is typed, what it shows is what is seen.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { type Host, withHosts } from "../cli/hosts.ts";
import { Page, shellWords } from "../support/page.ts";
import { Program, ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { makeForPages } from "./board.ts";

const README = new Page("firmware/README.md");
const ignore = lacks("firmware") || lacks("tmux");

/** The lines of the `sh` blocks of a section that begin with a command. */
function lines(heading: string, command: string): string[] {
  const found = README.blocks("sh", README.section(heading)).flatMap((block) => block.trim().split("\n"))
    .filter((line) => line.startsWith(command));
  assert(found.length > 0, `${heading} has ${command}`);
  return found;
}

/** Runs a board as a line of the page does, in the group of a machine. Ends with it; use it with `await using`. */
class PageBoard implements AsyncDisposable {
  private constructor(readonly program: Program) {}

  static async start(line: string, machine: Host, make: string[], ...more: string[]): Promise<PageBoard> {
    const [, , , ...words] = shellWords(line)[0]!;
    const group = machine.options.at(-1)!;
    const port = 100 + Number(machine.options[machine.options.indexOf("--port") + 1]);
    const process = new Deno.Command("make", {
      args: [
        ...make,
        ...words,
        `GROUP=${group}`,
        "INTERFACE=lo",
        `PORT=${port}`,
        `STATE=${machine.home}/board`,
        ...more,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const board = new PageBoard(new Program(process, line, true));
    await board.program.waitForLine(/^ready /);
    return board;
  }

  /** Ends the board; `make` hands the signal on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.program.signal("SIGTERM");
    await this.program.exitCode;
    await this.program[Symbol.asyncDispose]();
  }
}

/** Runs a line of the page; gives the JSON that it prints. */
async function ask(line: string, machine: Host): Promise<Record<string, unknown>> {
  const [, ...words] = shellWords(line)[0]!;
  const { code, stdout, stderr } = await machine.run(words);
  assertEquals(code, 0, `${line}\n${stderr}`);
  return JSON.parse(stdout);
}

Deno.test({
  name: "the first board goes as firmware/README.md says, line by line",
  ignore,
  fn: () =>
    withHosts(["alice"], async (alice) => {
      const make = makeForPages("earshot-board");
      const section = "## See it work";
      const [chat, answer] = README.blocks("text", README.section(section));
      await using terminal = await alice.terminal(shellWords(lines(section, "earshot")[0]!)[0]!.slice(1), {
        columns: 200,
      });
      await terminal.waitFor(/^You are alice /m);
      await using _board = await PageBoard.start(lines(section, "make")[0]!, alice, make);
      const shown = chat!.trim().split("\n");
      const readings = shown.find((line) => line.startsWith("kitchen · "))!;
      for (const line of shown) {
        if (line.startsWith("> ")) {
          // The page shows the line of readings where it stays, at the end; they come before they are stopped.
          if (line.endsWith(" stop")) await terminal.waitFor(pattern(readings));
          await terminal.type(line.slice(2));
          await terminal.press("Enter");
        } else {
          await terminal.waitFor(pattern(line));
        }
      }
      const [led, read, info] = lines(section, "earshot ask");
      assertEquals(await ask(led!, alice), JSON.parse(answer!));
      assertEquals(typeof (await ask(read!, alice)).celsius, "number");
      assertEquals((await ask(info!, alice)).kind, "host");
    }),
});

/** A line of the chat as the page shows it, with any id, address and reading. */
function pattern(line: string): RegExp {
  const text = line.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\\\(\w{6}\\\) is here \\\(host, .*$/, "\\(\\w{6}\\) is here \\(host, [^ )]+:\\d+\\)")
    .replace(/reading \d+, .*$/, "reading \\d+, 2\\d\\.5 °C, \\d+ s ago \\(×\\d+\\)$");
  return new RegExp(`^${text}`, "m");
}

Deno.test({
  name: "the greenhouse obeys, sends readings, and goes on after a restart, as firmware/README.md says",
  ignore,
  fn: () =>
    withHosts(["alice"], async (alice) => {
      const make = makeForPages("greenhouse");
      const section = "## Your own board";
      const [start] = lines(section, "make");
      const [read, set, readings] = lines(section, "earshot ask");
      await using peer = await alice.up();
      {
        await using board = await PageBoard.start(start!, alice, make);
        await peer.waitForEvent("peer", { state: "up", name: "greenhouse" });
        const { celsius, soil } = await ask(read!, alice);
        assertEquals([celsius, typeof soil], [21.5, "number"]);
        await ask(set!, alice);
        await board.program.waitForLine(/^water on$/);
        await ask(readings!, alice);
        await peer.waitForEvent("document", { stream: "greenhouse" });
      }
      await using _board = await PageBoard.start(start!, alice, make);
      await peer.waitForEvent("document", { stream: "greenhouse" });
      const file = join(alice.home, "a.json");
      await Deno.writeTextFile(file, "{}");
      const { code, stderr } = await alice.run(["send", file, "--to", "greenhouse"]);
      assertEquals(code, 4, stderr);
      assertMatch(stderr, /a greenhouse takes questions, and no documents/);
    }),
});

Deno.test({
  name: "an application of one's own begins as a copy of the template, in any folder",
  ignore,
  fn: () =>
    withHosts(["alice"], async (alice) => {
      const section = "## Your own board";
      const [copy] = lines(section, "cp");
      const [, start] = lines(section, "make");
      const folder = join(alice.home, "shed");
      const [cp, ...words] = shellWords(copy!)[0]!;
      const { success } = await new Deno.Command(cp!, { args: [...words.slice(0, -1), folder], cwd: ROOT })
        .output();
      assert(success, copy);
      const make = makeForPages("greenhouse");
      await using peer = await alice.up();
      await using _board = await PageBoard.start(start!, alice, make, `APP=${folder}`);
      await peer.waitForEvent("peer", { state: "up", name: "shed" });
      assertMatch(JSON.stringify(await ask(`earshot ask '{"cmd":"read"}' --to shed`, alice)), /21\.5/);
    }),
});
