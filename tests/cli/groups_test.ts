import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Host, meet, withHosts } from "./hosts.ts";

/** For a test that makes its own group. */
const NO_GROUP = null;

async function newGroup(host: Host): Promise<string> {
  const { code, stdout, stderr } = await host.run(["group", "new", "lab"]);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^lab\.[a-z2-7]{32}\n$/);
  assertStringIncludes(stderr, "earshot join CODE");
  return stdout.trim();
}

Deno.test("whoever joins by the code is in the group, and becomes known", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const code = await newGroup(alice);
    const joined = await bob.run(["join", code]);
    assertEquals([joined.code, joined.stdout], [0, 'Joined the group "lab".\n']);
    assertEquals((await bob.run(["join", code])).code, 0);
    assertEquals(JSON.parse((await bob.run(["group", "show", "--json"])).stdout), {
      group: "lab",
      closed: true,
      code,
    });
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    assertEquals((await alice.run(["say", "hi"])).code, 0);
    await b.waitForEvent("chat", { text: "hi" });
    assertMatch((await bob.run(["known"])).stdout, /^alice +[a-z2-7]{24} +met in a closed group/);
    assertEquals(a.stderr + b.stderr, "", "a closed group is not called open");
  }, NO_GROUP));

Deno.test("a group is left before another is joined, so that no code is lost by accident", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const code = await newGroup(alice);
    const other = (await bob.run(["group", "new", "other"])).stdout.trim();
    for (const args of [["join", other], ["group", "new", "again"]]) {
      const { code: exitCode, stderr } = await alice.run(args);
      assertEquals(exitCode, 1);
      assertStringIncludes(stderr, 'in the closed group "lab" already');
    }
    assertEquals((await alice.run(["group", "show"])).stdout, `lab (closed), join code ${code}\n`);
    assertEquals((await alice.run(["group", "leave"])).stdout, 'Left the group "lab".\n');
    assertEquals((await alice.run(["group", "leave"])).code, 1);
    assertEquals((await alice.run(["group", "show"])).stdout, "earshot (open)\n");
    assertEquals((await alice.run(["join", other])).code, 0);
  }, NO_GROUP));

Deno.test("nobody joins a group while the configuration keeps the peer in an open one", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const code = await newGroup(alice);
    await bob.file("state/earshot.jsonc", '{"group": "lab-4"}');
    for (const args of [["join", code], ["group", "new", "other"]]) {
      const refused = await bob.run(args);
      assertEquals([refused.code, refused.stdout], [2, ""]);
      assertMatch(refused.stderr, /"group" in \S+earshot.jsonc puts this peer into the open group "lab-4"/);
    }
    await bob.file("state/earshot.jsonc", "{}");
    assertMatch(
      (await bob.run(["join", code, "--group", "lab-4"])).stderr,
      /--group puts this peer into the open group/,
    );
    await bob.file("state/earshot.jsonc", '{"group": "lab"}');
    assertEquals((await bob.run(["join", code])).code, 0);
    assertEquals((await bob.run(["group", "show"])).stdout, `lab (closed), join code ${code}\n`);
  }, NO_GROUP));

Deno.test("a damaged group file keeps the peer from the open group, and is mended by join and by leave", () =>
  withHosts(["alice"], async (alice) => {
    const code = await newGroup(alice);
    for (const mend of [["join", code], ["group", "leave"]]) {
      await alice.file("state/join-code", "damaged");
      const refused = await alice.run(["run"]);
      assertEquals([refused.code, refused.stdout], [1, ""]);
      assertMatch(refused.stderr, /join-code is damaged/);
      assertEquals((await alice.run(mend)).code, 0);
    }
    assertEquals((await alice.run(["group", "show"])).stdout, "earshot (open)\n");
  }, NO_GROUP));

Deno.test("a peer that runs stays in its group, and the user is told to start it again", () =>
  withHosts(["alice"], async (alice) => {
    await newGroup(alice);
    await using a = await alice.up();
    const { stderr } = await alice.run(["group", "leave"]);
    assertMatch(stderr, new RegExp(`process ${a.pid}\\) must be restarted`));
    assertMatch(
      (await alice.run(["group", "show"])).stderr,
      new RegExp(`process ${a.pid}\\) is still in "lab"`),
    );
    assertEquals(JSON.parse((await alice.run(["id", "--json"])).stdout).group, "lab");
  }, NO_GROUP));

Deno.test("a command for another group than that of the peer that runs goes nowhere", () =>
  withHosts(["alice"], async (alice) => {
    await using _a = await alice.up();
    const { code, stderr } = await alice.run(["say", "hi", "--group", "elsewhere"]);
    assertEquals(code, 1);
    assertMatch(stderr, /is in the group "test-.*", not in "elsewhere"/);
  }));

Deno.test(
  "the code is readable for its owner only",
  { ignore: Deno.build.os === "windows" },
  () =>
    withHosts(["alice"], async (alice) => {
      await newGroup(alice);
      for (const entry of Deno.readDirSync(join(alice.home, "state"))) {
        if (entry.name === "earshot.jsonc") continue;
        assertEquals(Deno.statSync(join(alice.home, "state", entry.name)).mode! & 0o077, 0, entry.name);
      }
    }, NO_GROUP),
);

Deno.test("known, trust, forget and block say whom, with and without a running peer", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const { id } = b.ready;
    const known = async () => (await alice.run(["known", "--json"])).stdout.trim();
    const decide = async (command: string, target: string, done: string) => {
      const { code, stdout, stderr } = await alice.run([command, target]);
      assertEquals([code, stdout], [0, `${done}: bob (${id}).\n`], stderr);
    };
    const round = async () => {
      assertEquals(await known(), "");
      await decide("trust", "bob", "Trusted");
      assertEquals({ ...JSON.parse(await known()), since: 0 }, { id, name: "bob", how: "trusted", since: 0 });
      await decide("block", id, "Blocked");
      const refused = await alice.run(["say", "hi", "--to", id]);
      assertEquals(refused.code, 4, refused.stderr);
      await decide("forget", id, "Forgotten");
    };
    await round();
    await using a = await alice.up();
    await meet({ alice: a, bob: b });
    await round();
  }));

Deno.test("a sender that only shows itself for moments can be blocked, by name and by id, and forgotten", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const say = async () => (await alice.run(["say", "hi", "--to", "bob", "--name", "mallory"])).code;
    const decide = async (command: string, target: string) => {
      const { code, stdout, stderr } = await bob.run([command, target]);
      assertEquals(code, 0, stderr);
      return stdout;
    };
    assertEquals(await say(), 0);
    const { from: { id } } = await b.waitForEvent("chat", { text: "hi" });
    for (const target of [id, "mallory"]) {
      assertEquals(await decide("block", target), `Blocked: mallory (${id}).\n`);
      assertEquals(await say(), 4);
      assertEquals(await decide("forget", target), `Forgotten: mallory (${id}).\n`);
      assertEquals(await say(), 0);
    }
    const nobody = "y".repeat(24);
    assertEquals(await decide("block", nobody), `Blocked: yyyyyy (${nobody}).\n`);
    assertMatch((await bob.run(["known"])).stdout, /yyyyyy +y{24} +blocked/);
  }));

Deno.test("who was sent to by the full id is known from then on", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const { id } = b.ready;
    const file = await alice.file("a.json", "[]");
    assertEquals((await alice.run(["send", file, "--to", "bob"])).code, 0);
    assertEquals((await alice.run(["known"])).stdout, "");
    assertEquals((await alice.run(["send", file, "--to", id])).code, 0);
    assertEquals(JSON.parse((await alice.run(["known", "--json"])).stdout).how, "sent");
  }));

Deno.test("a known name with a new key stops the command until the user decides", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const file = await alice.file("a.json", "[]");
    {
      await using _b = await bob.up();
      assertEquals((await alice.run(["trust", "bob"])).code, 0);
    }
    await Deno.remove(join(bob.home, "state", "identity.json"));
    await using b = await bob.up();
    const refused = await alice.run(["send", file, "--to", "bob"]);
    assertEquals([refused.code, refused.stdout], [4, ""]);
    assertStringIncludes(refused.stderr, b.ready.id);
    assertEquals(bob.received("alice"), []);
    assertEquals((await alice.run(["trust", "bob"])).code, 0);
    assertEquals((await alice.run(["send", file, "--to", "bob"])).code, 0);
  }));
