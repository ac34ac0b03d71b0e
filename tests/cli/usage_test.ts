import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { withHosts } from "./hosts.ts";

Deno.test("the program and each command explain themselves, with exit code 0 and on standard output", () =>
  withHosts(["alice"], async (alice) => {
    const { code, stdout, stderr } = await alice.run(["--help"]);
    assertEquals([code, stderr], [0, ""]);
    const commands = [
      "run",
      "peers",
      "say",
      "send",
      "inbox",
      "id",
      "group",
      "join",
      "known",
      "trust",
      "forget",
      "block",
    ];
    for (const command of commands) {
      assertMatch(stdout, new RegExp(`^earshot ${command}\\b`, "m"));
      const help = await alice.run([command, "--help"]);
      assertEquals([help.code, help.stderr], [0, ""]);
      assertStringIncludes(help.stdout, `earshot ${command}`);
    }
    assertStringIncludes((await alice.run(["help", "send"])).stdout, "--queue");
    assertNotMatch(stdout, /doctor|dial|web|plain/);
    const version = await alice.run(["--version"]);
    assertEquals(version.code, 0);
    assertMatch(version.stdout, /^earshot \d+\.\d+\.\d+\n$/);
  }));

Deno.test("wrong usage ends with exit code 2, one sentence on standard error, and nothing on standard output", () =>
  withHosts(["alice"], async (alice) => {
    const file = await alice.file("a.json", "{}");
    const bad = await alice.file("bad.json", '{"a":\n oops}');
    const cases: [string[], RegExp][] = [
      [["snd"], /"snd" is not a command of earshot \(did you mean "send"\?\)/],
      [["send"], /^earshot: Something is missing: earshot send FILE\|- \.\.\./],
      [["say"], /Something is missing: earshot say TEXT/],
      [["say", ""], /There is nothing to say/],
      [["run", "now"], /"now" is one word too many: earshot run/],
      [["send", file, "--too", "bob"], /has no option --too \(did you mean "--to"\?\)/],
      [["send", file, "--timeout", "soon"], /--timeout must be a number of seconds/],
      [["send", file, "--name"], /--name needs a value/],
      [["send", file, file, "--name", "x"], /--name goes with one file/],
      [["send", "-", "-"], /Standard input \(-\) can be sent only once/],
      [["send", file, "--id", "x"], /--id must be a message id/],
      [["send", bad], /bad\.json: not JSON at byte 7, line 2\./],
      [["send", "none.json"], /There is no file none\.json\./],
      [["group"], /Say what to do: earshot group new NAME/],
      [["group", "make", "x"], /"make" is not known/],
      [["group", "new", "No Good"], /group/],
      [["join", "nonsense"], /join code/],
      [["run", "--config", "none.jsonc"], /There is no configuration file/],
      [["peers", "--port", "99999"], /--port must be a number from 1 to 65535/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await alice.run(args);
      assertEquals([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
      assertMatch(stderr, message);
      assertEquals(stderr.trim().split("\n").length, 1, stderr);
    }
    assertEquals([...Deno.readDirSync(`${alice.home}/state`)].map((entry) => entry.name), ["earshot.jsonc"]);
  }));

Deno.test("a mistake in earshot.jsonc is told with file, line and key", () =>
  withHosts(["alice"], async (alice) => {
    await alice.file("state/earshot.jsonc", '{\n  // a comment\n  "prot": 3333\n}');
    const { code, stderr } = await alice.run(["run"]);
    assertEquals(code, 2);
    assertMatch(
      stderr,
      /^earshot: .*state\/earshot\.jsonc:3: there is no option "prot" \(did you mean "port"\?\)\.\n$/,
    );
  }));
