// README.md and MANUAL.md, tried as their reader would: what they have typed is typed, what they show is what is seen.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { freePort } from "../support/free_port.ts";
import { codeWords, Page, shellWords } from "../support/page.ts";
import { type JsonLine, programEnv, ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { programLine, type Terminal } from "../support/tmux.ts";
import { type Host, meet, withHosts } from "./hosts.ts";

const README = new Page("README.md");
const MANUAL = new Page("MANUAL.md");
const START = "npx --yes deno@2.9.6 task start";

Deno.test(
  "the beginning of the README goes as it says, line by line",
  { ignore: lacks("tmux") },
  () =>
    withHosts(["alice"], async (machine) => {
      const section = README.section("## See it work");
      const lines = README.blocks("sh", section).flatMap((block) => block.trim().split("\n"));
      const [chat, sent, arrived] = README.blocks("text", section).map((block) => block.trim().split("\n"));
      const [startAlice, startBob, write, send, ...rest] = lines;
      assertEquals(rest, []);
      const patterns = (shown: readonly string[]) => shown.map((line) => pattern(line, machine));

      await using alice = await machine.terminal(argumentsOf(startAlice!), { columns: 200 });
      await alice.waitFor(/^You are alice /m);
      await using bob = await machine.terminal(argumentsOf(startBob!), { columns: 200 });
      await bob.waitFor(patterns(chat!)[1]!);
      await alice.waitFor(/^\+ bob /m);
      await enter(alice, "hello bob");
      await bob.waitFor(patterns(chat!)[2]!);
      await enter(bob, "hello alice");
      await alice.waitFor(/^bob: hello alice$/m);
      const screen = (await bob.screen()).join("\n");
      for (const each of patterns(chat!)) assertMatch(screen, each);

      await enter(bob, "/peers");
      await bob.waitFor(/^alice +\w{24} +/m);
      await enter(bob, "/msg alice hi");
      await alice.waitFor(/^bob to you: hi$/m);

      await shell(machine, write!);
      const { code, stdout } = await machine.run(argumentsOf(send!), { cwd: machine.home });
      assertEquals([code, stdout], [0, `${sent!.join("\n")}\n`]);
      await bob.waitFor(patterns(arrived!)[0]!);
      const inbox = join(machine.home, "earshot-inbox-bob", "alice");
      const document = Deno.readTextFileSync(join(machine.home, "reading.json"));
      assertEquals(Deno.readTextFileSync(join(inbox, "reading.json")), document);
      assertEquals((await machine.run(argumentsOf(send!), { cwd: machine.home })).code, 0);
      assertEquals(Deno.readTextFileSync(join(inbox, "reading-2.json")), document);

      await enter(bob, "/quit");
      await bob.waitFor(/^\[exit 0\]$/m);
      await alice.press("C-c");
      await alice.waitFor(/^\[exit 0\]$/m);
    }),
);

Deno.test("every command in the blocks of both pages does what it is shown for", () =>
  withHosts(["alice", "bob", "carol", "kitchen"], async (alice, bob, carol, kitchen) => {
    await using a = await alice.up();
    await using b = await bob.up();
    await using c = await carol.up();
    await using k = await kitchen.up();
    await meet({ alice: a, bob: b, carol: c, kitchen: k });
    await using answers = kitchen.start(["--verbose", "on", "ask", "--", "echo", '{"celsius":21.5}']);
    await answers.waitForStderr(/Waiting for arrivals/);
    const document = '{"id": 12345678901234567890, "celsius": 21.5}';
    const reading = await bob.file("reading.json", document);
    assertEquals((await bob.run(["send", reading, "--to", "alice"])).code, 0);
    const { id } = await a.waitForEvent("document");
    for (const name of ["reading", "a", "b"]) await alice.file(`${name}.json`, document);
    await alice.file("readings.jsonl", `${document}\n${document}\n`);

    const lines = [README, MANUAL].flatMap((page) => page.shellLines())
      .filter((line) => shellWords(line).some(([program]) => program === "earshot"))
      // Another network is in lan/reach_test.ts, what never ends in follow_test.ts and lines_test.ts, and what needs a
      // user's systemd in install/service_test.ts.
      .filter((line) => !/--peer|--follow|rtl_433|earshot service/.test(line));
    assert(lines.length > 15);
    const isStaying = (line: string) => /^earshot (?:on|web)\b/.test(line);
    for (const line of lines.filter((line) => !isStaying(line))) {
      const stdout = await shell(alice, line.replace("2AC1XTNG", id.slice(-8)));
      if (line.includes("body ->")) assertMatch(stdout, /^12345678901234567890$/m, line);
      if (line.includes("inbox show")) assertEquals(stdout, document, line);
      if (line.includes("--queue")) assertMatch(stdout, /^(?:Queued|Delivered) reading\.json /, line);
      if (line.includes("celsius FROM")) assertMatch(stdout, / 21\.5$/m, line);
    }
    await b.waitForEvent("document", { stream: "log" });
    await c.waitForEvent("document", { name: "b.json" });
    assert(bob.received("alice").includes("today.json"));
    for (const line of lines.filter(isStaying)) {
      const [, ...words] = shellWords(line)[0]!;
      if (words[0] === "web") {
        // Another may serve a page on this machine.
        const args = words.map((word) => word.replace(/^0\.0\.0\.0:8033$/, `127.0.0.1:${freePort()}`));
        await using web = alice.start(args);
        await web.waitForLine(/^http:\/\/127\.0\.0\.1:\d+\/#token=/);
        assertEquals((await web.stop()).code, 0, line);
        continue;
      }
      const filters = words.slice(0, words.indexOf("--"));
      await using on = alice.start(["--verbose", ...filters, "--", "true"]);
      await on.waitForStderr(/Waiting for arrivals/);
      assertEquals((await on.stop()).code, 0, line);
    }
  }));

Deno.test("a closed group is made and joined as the pages say", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    for (const page of [README, MANUAL]) {
      assert(page.text.includes("`earshot group new lab`") && page.text.includes("`earshot join`"));
    }
    const code = (await alice.run(["group", "new", "lab"])).stdout;
    const joined = await bob.run(["join"], { input: code });
    assertEquals([joined.code, joined.stdout], [0, 'Joined the group "lab".\n']);
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    assertEquals((await alice.run(["say", "hi"])).code, 0);
    const [known] = await objects(alice, ["known"]);
    assertEquals([known!.name, known!.how], ["bob", "group"]);
  }, null));

Deno.test("what commands print under --json has the members that the manual lists", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using a = await alice.up();
    await using b = await bob.up();
    await using c = await carol.up();
    await meet({ alice: a, bob: b, carol: c });
    const file = await alice.file("a.json", "{}");
    assertEquals((await alice.run(["send", file, "--to", "carol"])).code, 0);
    await c.stop();
    await a.waitForEvent("peer", { state: "gone", name: "carol" });
    const [waiting] = await objects(alice, ["send", file, "--to", "carol", "--queue"]);
    assertEquals((await alice.run(["trust", "bob"])).code, 0);
    const commands: Record<string, string[][]> = {
      peers: [["peers"]],
      say: [["say", "hi"]],
      send: [["send", file, "--to", "bob"], ["send", file, "--to", "bob", "--stream", "log"]],
      ask: [["ask", '{"cmd":"info"}', "--to", "bob"]],
      inbox: [["inbox"], ["inbox", "--sent"]],
      withdraw: [["withdraw", `${waiting!.id}`]],
      id: [["id"]],
      "group show": [["group", "show"]],
      known: [["known"]],
      trust: [["trust", "bob"]],
      forget: [["forget", "bob"]],
      block: [["block", "bob"]],
      doctor: [["doctor"]],
    };
    const rows = MANUAL.rows("## JSON output").map((
      [names, members],
    ) => [codeWords(names!), codeWords(members!)]);
    assertEquals(rows.flatMap(([names]) => names), Object.keys(commands));
    const seen = new Map<string, Set<string>>();
    for (const [names, members] of rows) {
      for (const name of names!) {
        for (const args of commands[name]!) {
          const printed = await objects(alice, args);
          assert(printed.length > 0, name);
          for (const object of printed) {
            const missing = members!.filter((member) => !member.endsWith("?") && !(member in object));
            const known = members!.map((member) => member.replace("?", ""));
            assertEquals(
              [missing, Object.keys(object).filter((key) => !known.includes(key))],
              [[], []],
              name,
            );
            for (const key of Object.keys(object)) seen.set(name, (seen.get(name) ?? new Set()).add(key));
          }
        }
      }
    }
    assertAmong(["answer", "answerId", "path"], [...seen.get("ask")!]);
    assertAmong(["status", "toAll", "re"], [...seen.get("inbox")!]);
    assertAmong(["running"], [...seen.get("id")!]);
    const [received] = await objects(bob, ["inbox"]);
    assertAmong(["from", "path", "ask"], Object.keys(received!));
  }));

Deno.test("the program of the manual's library section delivers to bob", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const group = alice.options.at(-1);
    const source = MANUAL.blocks("ts")[0]!;
    const options = JSON.stringify({ name: "thermometer", interfaces: ["lo"], port: 0, group });
    const program = await alice.file(
      "thermometer.ts",
      source.replace("./lib/mod.ts", `${ROOT}lib/mod.ts`).replace('{ name: "thermometer" }', options),
    );
    assert(MANUAL.text.includes("`deno run -P=library thermometer.ts`"));
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--cached-only", "--config", `${ROOT}deno.json`, "-P=library", program],
      env: programEnv(alice.env),
      clearEnv: true,
      stdin: "null",
      stderr: "inherit",
    }).output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "delivered\n"]);
    await b.waitForEvent("document", { name: "reading.json" });
    assertEquals(bob.received("thermometer"), ["reading.json"]);
  }));

function assertAmong(expected: readonly string[], all: readonly string[]): void {
  assertEquals(expected.filter((each) => !all.includes(each)), [], `of ${all.join()}`);
}

/** The words after the start of the program. */
function argumentsOf(line: string): string[] {
  assert(line.startsWith(START), line);
  return shellWords(line.slice(START.length))[0] ?? [];
}

/** A line of a screen as the page shows it; ids, addresses, the home and the name of the group may be others. */
function pattern(line: string, machine: Host): RegExp {
  const group = machine.options.at(-1)!;
  const text = line.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\\\(\w{6}\\\)/, "\\(\\w{6}\\)")
    .replace(/group earshot\b/, `group ${group}`)
    .replace(/\\\(linux, [^)]*\)/, "\\(\\w+, [^ )]+:\\d+\\)")
    .replace(/\/home\/\w+/, machine.home);
  return new RegExp(`^${text}$`, "m");
}

async function enter(terminal: Terminal, line: string): Promise<void> {
  await terminal.type(line);
  await terminal.press("Enter");
}

/** Runs a line in the home of a machine, where `earshot` is the program; gives what it printed. It must succeed. */
async function shell(machine: Host, line: string): Promise<string> {
  const earshot = `earshot() { ${programLine(machine.options)} "$@"; }`;
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${earshot}\n${line}`],
    cwd: machine.home,
    env: programEnv(machine.env),
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, `${line}\n${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** What a command prints under `--json`. */
async function objects(machine: Host, args: readonly string[]): Promise<JsonLine[]> {
  const { code, stdout, stderr } = await machine.run([...args, "--json"]);
  // What the doctor finds depends on the machine.
  if (args[0] !== "doctor") assertEquals(code, 0, `${args.join(" ")}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
