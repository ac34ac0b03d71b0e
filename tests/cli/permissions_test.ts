// That no command may start programs but those that are there to: whatever a peer sends, nothing is started.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { pollUntil } from "../support/patience.ts";
import { ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { readTrace, startTraced } from "../support/strace.ts";
import { withHosts } from "./hosts.ts";

/** Arguments with which each command gets to its work. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  "": [],
  run: [],
  peers: ["--wait", "0"],
  say: ["hi", "--timeout", "0"],
  send: ["a.json", "--to", "bob", "--timeout", "0"],
  ask: ["1", "--to", "bob", "--timeout", "0"],
  inbox: [],
  withdraw: ["0000"],
  id: [],
  group: ["show"],
  join: ["nonsense"],
  known: [],
  trust: ["bob"],
  forget: ["bob"],
  block: ["bob"],
  dial: ["udp://127.0.0.1:9", "--wait", "0"],
  completion: ["bash"],
};

/** Commands that use the network in any case. */
const NETWORK = ["", "run", "peers", "say", "dial"];

/** Commands that start programs; the doctor only without the name of a peer. */
const STARTING = ["on", "web", "doctor", "service"];
const OF_ONE_PEER = ["doctor", "bob"];

Deno.test("the right to start programs is given up first of all in main.ts, by every command but those that need it", () => {
  assertEquals(
    COMMANDS.filter(({ startsPrograms }) => startsPrograms !== undefined).map(({ name }) => name),
    STARTING,
  );
  const [, body] = /if \(import\.meta\.main\) \{\n([^]*)\}\n$/.exec(
    Deno.readTextFileSync(join(ROOT, "main.ts")),
  )!;
  assertEquals(body!.split("\n").map((line) => line.trim()).filter(Boolean), [
    "giveUpPermissions(Deno.args);",
    "Deno.exit(await main(Deno.args));",
  ]);
  const { permissions: { library } } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  assertEquals(library.run, { deny: true }, "a program of the user's own has no such right");
});

for (const words of [...COMMANDS.map(({ name }) => [name]), OF_ONE_PEER]) {
  const [name] = words as [string];
  const shown = words.join(" ") || "the chat";
  if (STARTING.includes(name) && words !== OF_ONE_PEER) {
    Deno.test(`${shown} may start programs, but not to explain itself`, () =>
      withHosts(["alice"], async (alice) => {
        const help = await alice.run([name, "--help", "--verbose"]);
        assertEquals(help.code, 0);
        if (name === "doctor") return;
        const { stderr } = await alice.run([name, "--verbose", "document", "--", "none-such"]);
        assert(stderr.startsWith("earshot: This process may start programs.\n"), stderr);
      }));
    continue;
  }
  Deno.test(
    `${shown} can start no program when the first byte of the network comes`,
    { ignore: lacks("strace") },
    () =>
      withHosts(["alice"], async (alice) => {
        const trace = join(alice.home, "trace");
        const args = name === "" ? [] : [...words];
        await using program = startTraced(
          [...alice.options, ...args, "--verbose", ...words.length > 1 ? [] : ARGUMENTS[name]!],
          trace,
          ["socket", "write", "execve"],
          alice.env,
        );
        await program.waitForStderr(/^earshot: This process may (?:not )?start programs\.$/m);
        const network = () =>
          readTrace(trace).filter((call) => call.name === "socket" && /AF_INET/.test(call.text));
        if (NETWORK.includes(name) || words === OF_ONE_PEER) {
          await pollUntil(() => network().length > 0, () => "it uses the network");
        }
        await program.stop();
        assert(program.stderr.startsWith("earshot: This process may not start programs.\n"), program.stderr);
        const calls = readTrace(trace);
        const told = calls.find((call) => call.name === "write" && /^2</.test(call.text))!;
        assert(network().every(({ began }) => began > told.ended), "it told so before it opened a socket");
        assertEquals(
          calls.filter((call) => call.name === "execve").length,
          1,
          "it started nothing",
        );
      }),
  );
}

Deno.test(
  "the doctor reads the system's tools first, and can start no program when the first byte of the network comes",
  { ignore: lacks("strace") },
  () =>
    withHosts(["alice"], async (alice) => {
      const trace = join(alice.home, "trace");
      await using program = startTraced(
        [...alice.options, "doctor", "--verbose"],
        trace,
        ["bind", "connect", "write", "execve"],
        alice.env,
      );
      const told = "earshot: The system's tools are read; this process may no longer start programs.";
      await program.waitForLine(/ peers /);
      assertEquals(program.stderr.split("\n").slice(0, 2), [
        "earshot: This process may start programs.",
        told,
      ]);
      await program.stop();
      const calls = readTrace(trace);
      const writes = calls.filter((call) => call.name === "write" && /^2</.test(call.text));
      // The programs that it starts have a standard error of their own.
      const [own] = /^2<[^>]*>/.exec(writes[0]!.text)!;
      const given = writes.filter((call) => call.text.startsWith(own))[1]!;
      const started = calls.filter(({ name }) => name === "execve");
      assert(started.length > 1, "it reads the system's tools");
      assert(started.every(({ began }) => began < given.began), "it starts nothing later");
      const network = calls.filter(({ name, text }) => name !== "write" && /AF_INET/.test(text));
      assert(
        network.length > 0 && network.every(({ began }) => began > given.ended),
        "it uses the network after that",
      );
    }),
);
