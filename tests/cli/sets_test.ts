import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { idOf, withHosts } from "./hosts.ts";

Deno.test("a document or a message goes to every member of a set, and one who is away is told like any other", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    const carolsId = await idOf(carol);
    const sets = { "class-7b": ["bob", carolsId, "dave"], here: ["bob"], away: ["dave", "erin"], empty: [] };
    await alice.file("state/earshot.jsonc", JSON.stringify({ name: "alice", timeout: 30, sets }));
    await using _b = await bob.up();
    await using c = await carol.up();
    const file = await alice.file("a.json", "[1]");
    // Dave is waited for, and the others as long as a busy machine needs.
    await using _dave = await bob.up("--profile", "dave", "--name", "dave");
    const all = await alice.run(["send", file, "--to", "@class-7b", "--to", "@HERE", "--json"]);
    assertEquals(all.code, 0, all.stderr);
    const results = all.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(results.map(({ to, status }) => [to.name, status]).toSorted(), [
      ["bob", "delivered"],
      ["carol", "delivered"],
      ["dave", "delivered"],
    ]);
    await _dave.stop();

    const some = await alice.run(["say", "hello", "--to", "@class-7b", "--timeout", "2"]);
    assertEquals(some.code, 1);
    assertMatch(some.stdout, /^Said to bob \(\w{6}\), carol \(\w{6}\)\.\n$/);
    assertStringIncludes(some.stderr, "dave could not be reached, the message was not sent");
    assertEquals((await c.waitForEvent("chat")).text, "hello");
    const none = await alice.run(["send", file, "--to", "@away", "--timeout", "0"]);
    assertEquals([none.code, none.stdout], [3, ""]);
    assertStringIncludes(none.stderr, "None of these is within earshot: dave, erin.");
  }));

Deno.test("a set that is unknown, empty or no set is told with exit code 2, before anything starts", () =>
  withHosts(["alice"], async (alice) => {
    const file = await alice.file("a.json", "[1]");
    const fails = async (config: string, target: string, message: RegExp) => {
      await alice.file("state/earshot.jsonc", config);
      for (const command of [["send", file], ["say", "hi"], ["send", "--lines", file]]) {
        const { code, stdout, stderr } = await alice.run([...command, "--to", target]);
        assertEquals([code, stdout], [2, ""], stderr);
        assertMatch(stderr, message);
        assertEquals(stderr.trim().split("\n").length, 1, stderr);
      }
    };
    await fails("{}", "@x", /There is no set "@x": .*earshot\.jsonc has no sets\. Add them as "sets": /);
    await fails(
      `{"sets": {"class-7b": ["bob"], "lab": []}}`,
      "@class",
      /There is no set "@class" in .*earshot\.jsonc: it has @class-7b, @lab\./,
    );
    await fails(`{"sets": {"lab": []}}`, "@lab", /The set @lab in .*earshot\.jsonc is empty/);
    await fails(`{\n"sets": ["bob"]}`, "@lab", /earshot\.jsonc:2: invalid value \["bob"\] for "sets"/);
    assertEquals([...Deno.readDirSync(`${alice.home}/state`)].map(({ name }) => name), ["earshot.jsonc"]);
  }));
