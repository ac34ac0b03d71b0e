import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { pollUntil } from "../support/patience.ts";
import { lacks } from "../support/require.ts";
import { readTrace, startTraced } from "../support/strace.ts";
import { withHosts } from "./hosts.ts";
import { isAlive, noted, script, send, startOn, untilNoted } from "./on_host.ts";

Deno.test("a program runs for each document that fits, in order, also for those that came while it was down", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const store = await script(
      alice,
      "store",
      'echo "$EARSHOT_EVENT|$EARSHOT_FROM|$EARSHOT_NAME|$EARSHOT_STREAM|$(cat)|$(cat "$EARSHOT_PATH")" >> "$HOME/noted"\n' +
        'test ${#EARSHOT_ID} = 26 && test ${#EARSHOT_FROM_ID} = 24 || exit 1\necho "$EARSHOT_SENT_AT" > "$HOME/at"',
    );
    await using a = await alice.up();
    await send(bob, "before.json", "0");
    const line = ["document", "--from", "bob", "--name", "[!x]*.json", "--", store];
    {
      await using on = await startOn(alice, ...line);
      await send(bob, "1.json", "1");
      await send(bob, "x.json", "2");
      assertEquals((await bob.run(["say", "hi", "--to", "alice"])).code, 0);
      await send(bob, "3.json", "3");
      await untilNoted(alice, 2);
      assertEquals((await on.stop()).code, 0);
    }
    await send(bob, "4.json", "4");
    await a.stop();
    {
      // No peer runs: it starts one.
      await using on = await startOn(alice, ...line);
      await send(bob, "5.json", "5");
      await untilNoted(alice, 4);
      assertEquals((await on.stop()).code, 0);
    }
    assertEquals(
      noted(alice),
      [1, 3, 4, 5].map((n) => `document|bob|${n}.json||${n}|${n}`),
    );
    assertMatch(noted(alice, "at")[0]!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }));

Deno.test("the peer that it started makes room for the user's own, and it goes on with that", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const note = await script(alice, "note", 'echo "$EARSHOT_NAME" >> "$HOME/noted"');
    const pid = async () => {
      const { stdout } = await alice.run(["id", "--json"]);
      return JSON.parse(stdout).running;
    };
    await using on = alice.start(["on", "--verbose", "document", "--", note]);
    await on.waitForStderr(/Waiting for arrivals/);
    const first = await pid();
    {
      await using own = await alice.up();
      assertNotEquals(await pid(), first);
      await send(bob, "1.json", "1");
      await untilNoted(alice, 1);
      await own.stop();
    }
    await pollUntil(async () => await pid() !== undefined, () => "it starts a peer again");
    await using _own = await alice.up();
    await send(bob, "2.json", "2");
    await untilNoted(alice, 2);
    assertEquals((await on.stop()).code, 0);
  }));

Deno.test("a program that a killed one left running is ended by the next, and runs again", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const hang = await script(
      alice,
      "hang",
      'echo $$ >> "$HOME/noted"; exec sleep 1000 < /dev/null > /dev/null 2>&1',
    );
    await using _a = await alice.up();
    const line = ["document", "--", hang];
    {
      await using on = await startOn(alice, ...line);
      await send(bob, "1.json", "1");
      await untilNoted(alice, 1);
      // The program can be faster than the command that started it.
      const [running] = [...Deno.readDirSync(`${alice.home}/state/on`)].filter(({ name }) =>
        name.endsWith(".running")
      );
      const notes = () => Deno.readTextFileSync(`${alice.home}/state/on/${running!.name}`);
      await pollUntil(() => notes().includes(noted(alice)[0]!), () => `it is noted: ${notes()}`);
      on.signal("SIGKILL");
      await on.ended();
    }
    const [first] = noted(alice);
    assert(await isAlive(first));
    await using on = await startOn(alice, ...line);
    await untilNoted(alice, 2);
    assert(!await isAlive(first), "one at a time");
    const [, second] = noted(alice);
    assertEquals((await on.stop()).code, 0);
    await pollUntil(async () => !await isAlive(second), () => "it ends with the command");
  }));

Deno.test(
  "it opens no socket to the network: it uses the running peer",
  { ignore: lacks("strace") },
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      const note = await script(alice, "note", 'echo "$EARSHOT_NAME" >> "$HOME/noted"');
      const trace = join(alice.home, "trace");
      await using _a = await alice.up();
      const args = [...alice.options, "on", "document", "--verbose", "--", note];
      await using on = startTraced(args, trace, ["socket", "execve"], alice.env);
      await on.waitForStderr(/Waiting for arrivals/);
      await send(bob, "1.json", "1");
      await untilNoted(alice, 1);
      await on.stop();
      const calls = readTrace(trace);
      assert(calls.some(({ name, text }) => name === "execve" && text.includes("note")));
      const sockets = calls.filter(({ name }) => name === "socket").map(({ text }) => text);
      assert(sockets.some((text) => text.includes("AF_UNIX")), "it uses the control socket");
      assertEquals(sockets.filter((text) => /AF_INET|AF_PACKET|AF_NETLINK/.test(text)), []);
    }),
);

Deno.test("run --until-eof ends when its input does", () =>
  withHosts(["alice"], async (alice) => {
    await using run = alice.start(["run", "--json", "--until-eof"], { stdin: "piped" });
    await run.waitForEvent("ready");
    await run.endInput();
    assertEquals((await run.ended()).code, 0);
  }));
