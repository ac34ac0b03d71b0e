import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { withHosts } from "./hosts.ts";
import { lacks } from "../support/require.ts";

Deno.test("standard input has its names, and special files of the system are refused in a sentence", {
  ignore: Deno.build.os !== "linux",
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    assertEquals((await alice.run(["send", "/dev/stdin", "--to", "bob"], { input: "[7]" })).code, 0);
    assertEquals((await b.waitForEvent("document")).size, 3);
    const { code, stderr } = await alice.run(["send", "/proc/self/environ"]);
    assertEquals([code, stderr], [
      2,
      "earshot: /proc/self/environ cannot be read: special files of the system are not opened (- is standard input).\n",
    ]);
  }));

Deno.test("what can be read only once, as a pipe of the shell, is sent", {
  ignore: Deno.build.os === "windows",
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const pipe = join(alice.home, "pipe.json");
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).code, 0);
    const sent = alice.run(["send", pipe, "--to", "bob"]);
    await Deno.writeTextFile(pipe, '{"once":1}');
    const { code, stderr } = await sent;
    assertEquals(code, 0, stderr);
    assertEquals(await Deno.readTextFile((await b.waitForEvent("document")).path), '{"once":1}');
  }));

Deno.test(
  "a pipe to which nobody writes can be interrupted, and an empty one ends",
  { ignore: Deno.build.os === "windows" },
  () =>
    withHosts(["alice"], async (alice) => {
      const pipe = join(alice.home, "pipe.json");
      assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).code, 0);
      await using sending = alice.start(["send", pipe, "--to", "bob", "--verbose"]);
      await sending.waitForStderr(/This process may/);
      await sending.stop("SIGINT");
      assertEquals((await sending.ended()).code, 130);
      const empty = alice.run(["send", pipe, "--to", "bob"]);
      await Deno.writeTextFile(pipe, "");
      assertStringIncludes((await empty).stderr, "is empty", "its writer may end without a word");
    }),
);

Deno.test("what standard input holds is said as one message", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const say = (input: string | Uint8Array, ...rest: string[]) =>
      alice.run(["say", "-", "--to", "bob", ...rest], { input: input as string });
    assertEquals((await say("text\n")).stdout.startsWith("Said to bob ("), true);
    assertEquals((await b.waitForEvent("chat")).text, "text");
    assertEquals((await say("\ufefftwo\r\nlines ü\r\n")).code, 0);
    assertEquals((await b.waitForEvent("chat")).text, "two\r\nlines ü");
    assertEquals((await alice.run(["say", "a", "-", "b", "--to", "bob"])).code, 0);
    assertEquals((await b.waitForEvent("chat")).text, "a - b");
    const faults: [string | Uint8Array, string][] = [
      ["\n", "There is nothing to say"],
      ["x".repeat(16_385), "standard input is longer than the 16384 bytes of a chat message"],
      [Uint8Array.of(0x67, 0xfc, 0x0a), 'standard input is not UTF-8: byte 0xFC is "ü" in Windows-1252; '],
    ];
    for (const [input, message] of faults) {
      const { code, stdout, stderr } = await say(input);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, message);
    }
    assertEquals((await say("x".repeat(16_384) + "\n")).code, 0);
    assertEquals((await b.waitForEvent("chat")).text.length, 16_384);
  }));

Deno.test("a command that reads the keyboard says so, and ends with Ctrl-D or Ctrl-C", {
  ignore: lacks("tmux"),
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    for (const [command, text] of [["send", "[7]"], ["say", "typed"]] as const) {
      await using screen = await alice.terminal([command, "-", "--to", "bob"]);
      await screen.waitFor(
        /^Reading from the keyboard: Ctrl-D on a line of its own ends it, Ctrl-C gives up\.$/m,
      );
      await screen.type(text);
      await screen.press("Enter", "C-d");
      await screen.waitFor(/^\[exit 0\]$/m);
    }
    assertEquals((await b.waitForEvent("document")).size, 4);
    assertEquals((await b.waitForEvent("chat")).text, "typed");
    await using screen = await alice.terminal(["send", "-"]);
    await screen.waitFor(/Reading from the keyboard/);
    await screen.press("C-c");
    await screen.waitFor(/\[exit 130\]$/m);
  }));
