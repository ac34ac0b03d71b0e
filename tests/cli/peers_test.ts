import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { lateness } from "../support/program.ts";
import { meet, withHosts } from "./hosts.ts";

Deno.test("two peers see each other, hear what is said, and learn who leaves", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });

    const said = await alice.run(["say", "hello", "everyone"]);
    assertEquals([said.code, said.stderr], [0, ""]);
    assertMatch(said.stdout, /^Said to bob \([a-z2-7]{6}\)\.\n$/);
    const chat = await b.waitForEvent("chat");
    assertEquals([chat.from.name, chat.to, chat.text], ["alice", "all", "hello everyone"]);
    assertEquals(typeof chat.at, "number");

    const json = await bob.run(["say", "--json", "--to", "alice", "--", "-only you-"]);
    const result = JSON.parse(json.stdout);
    assertEquals([result.to.name, result.status], ["alice", "delivered"]);
    assertEquals((await a.waitForEvent("chat", { to: "you" })).text, "-only you-");

    const before = performance.now();
    assertEquals((await b.stop("SIGTERM")).code, 0);
    // It takes less than one second if the machine has nothing else to do.
    assertEquals(performance.now() - before < 3_000 + lateness(a, b), true, "SIGTERM took seconds");
    await a.waitForEvent("peer", { state: "gone", name: "bob" });
    assertEquals((await a.stop("SIGINT")).code, 0);
  }));

Deno.test("peers tells who is there, to people and to programs, with and without a running peer", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    for (const observer of [alice, carol]) {
      const { code, stdout } = await observer.run(["peers", "--json"]);
      assertEquals(code, 0);
      const peer = stdout.trim().split("\n").map((line) => JSON.parse(line)).find(({ name }) =>
        name === "bob"
      );
      assertEquals(Object.keys(peer).toSorted(), [
        "address",
        "id",
        "kind",
        "known",
        "lastSeen",
        "name",
        "state",
      ]);
      assertEquals([peer.state, peer.known], ["up", false]);
      assertMatch((await observer.run(["peers"])).stdout, /^bob +[a-z2-7]{6} +linux|darwin|windows .* up$/m);
    }
    assertEquals((await carol.run(["say", "the end", "--to", "alice"])).code, 0);
    await a.waitForEvent("chat");
    assertEquals(a.json().filter(({ name }) => name === "carol"), [], "a short-lived command was seen");
  }));

Deno.test("nobody there is said after four seconds, and saying something to nobody ends with 3", () =>
  withHosts(["alice"], async (alice) => {
    const [peers, said] = [await alice.run(["peers"]), await alice.run(["say", "hi"])];
    assertEquals([peers.code, peers.stdout], [0, ""]);
    assertStringIncludes(
      peers.stderr,
      "Nobody yet. Is Earshot running there, in the same group? `earshot doctor` looks",
    );
    assertEquals(said.code, 3);
    assertStringIncludes(said.stderr, "Nobody yet.");
    assertEquals((await alice.run(["peers", "--quiet"])).stderr, "");
  }));

Deno.test("peers --watch tells who comes and goes, and survives that a peer of its profile starts and ends", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using watch = alice.start(["peers", "--watch"]);
    await watch.waitForStderr(/Nobody yet/);
    {
      await using b = await bob.up();
      await watch.waitForLine(/^\+ bob/);
      await using a = await alice.up();
      await meet({ alice: a, bob: b });
      await b.stop();
      await watch.waitForLine(/^- bob/);
      await a.stop();
    }
    await using _b = await bob.up();
    await watch.waitForLine(/^\+ bob/);
    assertEquals((await watch.stop("SIGINT")).code, 0);
  }));

Deno.test("a profile runs once, and another one beside it", () =>
  withHosts(["alice"], async (alice) => {
    await using first = await alice.up();
    const second = await alice.run(["run"]);
    assertEquals([second.code, second.stdout], [1, ""]);
    assertMatch(second.stderr, new RegExp(`^earshot: .* process ${first.pid}; .*--profile NAME\\.\n$`));
    await using other = await alice.up("--profile", "two", "--name", "two");
    await meet({ alice: first, two: other });
    assertEquals((await other.stop()).code, 0);
  }));

Deno.test("id tells who I am, the same whether a peer runs or not", () =>
  withHosts(["alice"], async (alice) => {
    const idle = JSON.parse((await alice.run(["id", "--json"])).stdout);
    await using program = await alice.up();
    const running = JSON.parse((await alice.run(["id", "--json"])).stdout);
    assertMatch(idle.id, /^[a-z2-7]{24}$/);
    for (const key of ["id", "name", "group", "inbox", "state"]) assertEquals(running[key], idle[key], key);
    assertEquals([idle.running, running.running, running.name], [undefined, program.pid, "alice"]);
    assertEquals(running.port, program.ready.port);
    assertMatch(
      (await alice.run(["id"])).stdout,
      new RegExp(`^id +${running.id}\nname +alice\ngroup +test-.*open`),
    );
  }));

Deno.test("that the group is open is said once", () =>
  withHosts(["alice"], async (alice) => {
    assertMatch((await alice.run(["id"])).stderr, /open: everybody on this network/);
    assertEquals((await alice.run(["id"])).stderr, "");
  }));

Deno.test("a reader that leaves ends run quietly", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const program = alice.start(["run"]);
    await program.waitForLine(/is ready/);
    await program.closeOutput();
    await using _b = await bob.up();
    const { code, stderr } = await program.ended();
    assertEquals(code, 0);
    assertEquals(stderr.replace(/^The group .*\n/, ""), "");
  }));
