import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { lacks } from "../support/require.ts";
import { meet, withHosts } from "./hosts.ts";

const TERMINAL = { ignore: lacks("tmux") };

Deno.test("sending to oneself, by name or id, is told as such, with and without a running peer", () =>
  withHosts(["alice"], async (alice) => {
    const file = await alice.file("a.json", "{}");
    const { id } = JSON.parse((await alice.run(["id", "--json"])).stdout);
    const check = async () => {
      const tries = [
        [["send", file], "alice"],
        [["send", "--queue", file], "Alice"],
        [["say", "hi"], id],
        [["send", file], id.slice(0, 8)],
      ] as const;
      for (const [command, target] of tries) {
        const { code, stdout, stderr } = await alice.run([...command, "--to", target]);
        assertEquals([code, stdout], [2, ""], stderr);
        assertStringIncludes(stderr, `"${target}" is this peer itself (${id}, alice)`);
      }
      assertEquals((await alice.run(["trust", id])).code, 2);
    };
    await check();
    await using _a = await alice.up();
    await check();
  }));

Deno.test("a stranger whose name is the beginning of somebody's id gets nothing, whoever of the two is there", () =>
  withHosts(["alice", "bob", "liar"], async (alice, bob, liar) => {
    const file = await alice.file("a.json", "{}");
    const { id } = JSON.parse((await bob.run(["id", "--json"])).stdout);
    const short = id.slice(0, 6);
    {
      await using _b = await bob.up();
      assertEquals((await alice.run(["send", file, "--to", short])).code, 0);
      assertEquals(bob.received("alice"), ["a.json"]);
      await using _l = await liar.up("--name", short);
      const { code, stderr } = await alice.run(["send", file, "--to", short]);
      assertEquals(code, 2, stderr);
      assertMatch(stderr, new RegExp(`"${short}" fits 2 peers; name one by its id: .*${id} \\(bob\\)`));
    }
    await using l = await liar.up("--name", short);
    for (const args of [["send", file], ["send", "--queue", file], ["say", "hi"]]) {
      const { code, stderr } = await alice.run([...args, "--to", short]);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, `${id} (bob)`);
    }
    assertEquals((await alice.run(["send", file, "--to", id, "--timeout", "1"])).code, 3);
    assertEquals(liar.received("alice"), []);
    assertEquals((await alice.run(["send", file, "--to", l.ready.id])).code, 0, "its id still names it");
  }));

Deno.test("a new name is a line of run and of peers --watch", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using a = alice.start(["run"]);
    await a.waitForLine(/is ready in group/);
    await using watch = alice.start(["peers", "--watch"]);
    await watch.waitForStderr(/Nobody yet/);
    const first = await bob.up();
    for (const program of [a, watch]) await program.waitForLine(/^\+ bob \(/);
    await first.stop();
    await using b = await bob.up("--name", "robert");
    const line = new RegExp(`^\\* bob \\(${b.ready.id.slice(0, 6)}\\) is now called robert$`);
    for (const program of [a, watch]) await program.waitForLine(line);
  }));

Deno.test("peers whose names look alike are told apart by the beginning of their ids", () =>
  withHosts(["alice", "bob", "liar"], async (alice, bob, liar) => {
    await using a = alice.start(["run"]);
    await using b = await bob.up();
    await a.waitForLine(/^\+ bob/);
    assertEquals((await bob.run(["say", "one"])).code, 0);
    await a.waitForLine(/^bob: one$/);
    await using l = await liar.up("--name", "B\u043eb");
    await meet({ bob: b });
    await a.waitForLine(/^\+ B\u043eb/);
    assertEquals((await bob.run(["say", "two"])).code, 0);
    await a.waitForLine((line) => line === `bob (${b.ready.id.slice(0, 6)}): two`);
    assertEquals((await liar.run(["say", "three"])).code, 0);
    await a.waitForLine((line) => line === `B\u043eb (${l.ready.id.slice(0, 6)}): three`);
  }));

Deno.test(
  "in the chat, text that may be part of a name goes to nobody before the user has said whom it is for",
  TERMINAL,
  () =>
    withHosts(["alice", "bob", "liar"], async (alice, bob, liar) => {
      await using b = await bob.up();
      await using l = await liar.up("--name", "bob I will be late,");
      await using screen = await alice.terminal([], { columns: 200 });
      await screen.waitFor(/\+ bob \(/);
      await screen.waitFor(/\+ bob I will be late, \(/);
      const enter = async (line: string) => {
        await screen.type(line);
        await screen.press("Enter");
      };
      await enter("/msg bob I will be late, the door code is 4711");
      await screen.waitFor(/Nothing was sent: that may be for "bob" or "bob I will be late,"/);
      await enter('/msg "bob" I will be late, the door code is 4711');
      const text = "I will be late, the door code is 4711";
      assertEquals((await b.waitForEvent("chat")).text, text);
      await enter('/msg "bob I will be late," for you');
      assertEquals((await l.waitForEvent("chat")).text, "for you");
      await enter("/msg alice hello");
      await screen.waitFor(/"alice" is this peer itself/);
    }),
);
