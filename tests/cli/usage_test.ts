import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { programCommand, programEnv } from "../support/program.ts";
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
      "ask",
      "inbox",
      "withdraw",
      "on",
      "id",
      "group",
      "join",
      "known",
      "trust",
      "forget",
      "block",
      "web",
      "dial",
      "doctor",
      "service",
      "completion",
    ];
    for (const command of commands) {
      assertMatch(stdout, new RegExp(`^earshot ${command}\\b`, "m"));
      const help = await alice.run([command, "--help"]);
      assertEquals([help.code, help.stderr], [0, ""]);
      assertStringIncludes(help.stdout, `earshot ${command}`);
    }
    assertStringIncludes((await alice.run(["help", "send"])).stdout, "--queue");
    const version = await alice.run(["--version"]);
    assertEquals(version.code, 0);
    assertMatch(version.stdout, /^earshot \d+\.\d+\.\d+\n$/);
  }));

Deno.test("wrong usage ends with exit code 2, one sentence on standard error, and nothing on standard output", () =>
  withHosts(["alice"], async (alice) => {
    const file = await alice.file("a.json", "{}");
    const bad = await alice.file("bad.json", '{"a":\n oops}');
    const cases: [string[], RegExp][] = [
      [["snd"], /unknown command "snd" \(did you mean "send"\?\)/],
      [["send"], /^earshot: missing argument; usage: earshot send FILE\|- \.\.\./],
      [["say"], /missing argument; usage: earshot say TEXT/],
      [["say", ""], /There is nothing to say/],
      [[""], /unknown command ""/],
      [["run", "now"], /unexpected argument "now"; usage: earshot run/],
      [["send", file, "--too", "bob"], /unknown option --too \(did you mean "--to"\?\)/],
      [
        ["send", file, "--timeout", "soon"],
        /invalid value "soon" for --timeout: expected a number of seconds/,
      ],
      [["send", file, "--name"], /--name needs a value/],
      [["send", file, file, "--name", "x"], /--name goes with one file/],
      [["ask"], /missing argument; usage: earshot ask JSON/],
      [["ask", "{oops}", "--to", "bob"], /The question: not JSON at byte 1, line 1\./],
      [["ask", `"${"x".repeat(65_000)}"`, "--to", "bob"], /A question has at most 65000 bytes\./],
      [["send", "-", "-"], /Standard input \(-\) can be sent only once/],
      [["send", file, "--id", "x"], /invalid value "x" for --id: expected a message id/],
      [["send", bad], /bad\.json: not JSON at byte 7, line 2\./],
      [["send", "none.json"], /There is no file none\.json\./],
      [["group"], /missing argument; usage: earshot group new NAME/],
      [["group", "make", "x"], /unknown action "make"; usage: earshot group new NAME/],
      [["group", "new", "No Good"], /group/],
      [["join", "nonsense"], /join code/],
      [["run", "--config", "none.jsonc"], /There is no configuration file/],
      [
        ["run", "--name", "all"],
        /invalid value "all" for --name: expected 1 to 32 printable characters with no space at either end, except "all", an id/,
      ],
      [
        ["run", "--name=-x"],
        /invalid value "-x" for --name: expected .* or anything that begins with "@", "-" or "plain-"/,
      ],
      [
        ["say", "hi", "--name", "a".repeat(24)],
        /invalid value "a+" for --name: expected .* except "all", an id,/,
      ],
      [["on"], /missing argument; usage: earshot on document\|chat/],
      [["on", "documents", "--", "cat"], /unknown event "documents"; usage: earshot on/],
      [["on", "document"], /no program is given; usage: earshot on/],
      [["on", "document", "--", "none-such"], /There is no program "none-such" in the PATH\./],
      [["on", "document", "--", file], /a\.json" is not executable: `chmod \+x .*` makes it so\./],
      [["on", "chat", "--name", "x", "--", "cat"], /--name does not go with `on chat`/],
      [["on", "peer", "--all", "--", "cat"], /--all does not go with `on peer`/],
      [["on", "document", "--as", "a/b", "--", "cat"], /invalid value "a\/b" for --as: expected 1 to 64/],
      [["completion", "tcsh"], /unknown shell "tcsh"; usage: earshot completion bash\|zsh\|fish/],
      [["peers", "--port", "99999"], /invalid value "99999" for --port: expected a number from 1 to 65535/],
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
      /^earshot: .*state\/earshot\.jsonc:3: unknown option "prot" \(did you mean "port"\?\)\.\n$/,
    );
  }));

Deno.test("what is asked for on the command line and a running peer does not follow is told", () =>
  withHosts(["alice"], async (alice) => {
    await using a = await alice.up("--keep-days", "0.3");
    const refused: string[][] = [
      ["--name", "bob"],
      ["--port", "4000"],
      ["--interface", "127.0.0.1"],
      ["--inbox", "elsewhere"],
      ["--accept", "known"],
      ["--max-size", "1k"],
      ["--quota", "1GiB"],
      ["--keep-days", "30"],
      ["--keep-size", "1GB"],
      ["--outbox-days", "1"],
    ];
    for (const [option, value] of refused) {
      const { code, stdout, stderr } = await alice.run(["peers", option!, value!]);
      assertEquals([code, stdout], [1, ""], option);
      assertStringIncludes(
        stderr,
        `was started with another ${option}: restart it with that, leave it out here`,
      );
    }
    const both = await alice.run(["known", "--accept", "known", "--port", "4000"]);
    assertMatch(both.stderr, /\(process \d+\) was started with another --port, --accept: /);
    const same = ["--name", "alice", "--accept", "everyone", "--keep-days", "0.3", "--outbox-days", "7"];
    assertEquals((await alice.run(["known", ...same])).code, 0);
    await alice.file("state/earshot.jsonc", '{"name": "alice", "accept": "known"}');
    assertEquals((await alice.run(["known"])).code, 0, "the file is for the next start");
    assertEquals(a.json().filter(({ event }) => event === "warning"), []);
  }));

Deno.test(
  "results that cannot be written make a command fail",
  { ignore: Deno.build.os !== "linux" },
  () =>
    withHosts(["alice"], async (alice) => {
      const command = [...programCommand(), ...alice.options, "id"].map((word) => `'${word}'`).join(" ");
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", `${command} > /dev/full`],
        env: programEnv(alice.env),
        clearEnv: true,
      }).output();
      assertEquals(code, 1);
      assertStringIncludes(
        new TextDecoder().decode(stderr),
        "The output could not be written (its disk is full): make room there.",
      );
    }),
);
