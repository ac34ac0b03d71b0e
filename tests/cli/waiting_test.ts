import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Host, idOf, withHosts } from "./hosts.ts";
import type { Program } from "../support/program.ts";

Deno.test("send, say and peers tell what waits for somebody, but for what they were about themselves", () =>
  withHosts(["alice", "kitchen"], async (alice, kitchen) => {
    const file = await alice.file("a.json", "[1]");
    const first = await kitchen.up();
    const id = first.ready.id;
    assertEquals((await alice.run(["say", "hello", "--to", "kitchen"])).stderr.includes("wait"), false);
    await first.stop();

    const queued = await alice.run(["send", file, "--to", id, "--queue"]);
    assertEquals(queued.code, 0, queued.stderr);
    assertEquals(queued.stderr.includes("for kitchen"), false, "that is what it was about");
    assertStringIncludes(
      (await alice.run(["peers", "--wait", "0.1"])).stderr,
      "1 document waits for kitchen",
    );

    await using _again = await kitchen.up();
    const commands = [["say", "hello"], ["send", file], ["send", "--lines", file]];
    for (const args of commands.map((command) => [...command, "--to", "kitchen"])) {
      const { code, stderr } = await alice.run(args);
      assertEquals(code, 0);
      assertStringIncludes(stderr, "1 document waits for kitchen; `earshot run` delivers it.");
    }
    // Though its recipient is up.
    assertStringIncludes(
      (await alice.run(["send", file, "--to", id, "--queue"])).stderr,
      "What is queued is delivered when earshot next runs.",
    );
    assertStringIncludes(
      (await alice.run(["say", "hello", "--to", "kitchen"])).stderr,
      "2 documents wait for kitchen; `earshot run` delivers them.",
    );
    await using a = await alice.up();
    await a.waitForEvent("delivered");
    assertEquals((await alice.run(["peers"])).stderr.includes("wait"), false);
  }));

Deno.test("a document waits for somebody who has left, named as before", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using a = await alice.up();
    {
      await using b = await bob.up();
      await a.waitForEvent("peer", { state: "up", name: "bob" });
      await b.stop("SIGTERM");
    }
    await a.waitForEvent("peer", { state: "gone", name: "bob" });
    const peers = await alice.run(["peers"]);
    assertMatch(peers.stdout, /^bob .* gone, heard /);
    assertEquals(peers.stderr, "Nobody is within earshot now.\n");
    const file = await alice.file("later.json", "[]");
    const queued = await alice.run(["send", file, "--to", "BOB", "--queue"]);
    assertMatch(queued.stdout, /^Queued .*later\.json for bob \(id /);
    await using b = await bob.up();
    await b.waitForEvent("document", { name: "later.json" });
  }));

/** Starts these peers one after another, where `a` sees them come and go. */
async function comeAndGo(a: Program, ...hosts: Host[]): Promise<void> {
  for (const host of hosts) {
    await using peer = await host.up();
    const id = await idOf(host);
    await a.waitForEvent("peer", { state: "up", id });
    await peer.stop("SIGTERM");
    await a.waitForEvent("peer", { state: "gone", id });
  }
}

Deno.test("of two of one name who have left, the one that is meant is asked for, and taken by six characters", () =>
  withHosts(["alice", "kitchen", "again"], async (alice, kitchen, again) => {
    await again.file("state/earshot.jsonc", '{ "name": "kitchen" }');
    await using a = await alice.up();
    await comeAndGo(a, kitchen, again);
    const file = await alice.file("ten.json", "[10]");
    const ids = [await idOf(kitchen), await idOf(again)];

    const unclear = await alice.run(["send", file, "--to", "kitchen", "--queue"]);
    assertEquals([unclear.code, unclear.stdout], [2, ""]);
    assertStringIncludes(unclear.stderr, '"kitchen" fits 2 peers; name one by its id: ');
    for (const command of [["send", file], ["say", "hi"]]) {
      const { code, stderr } = await alice.run([...command, "--to", "kitchen", "--timeout", "0.2"]);
      assertEquals(code, 3);
      for (const id of ids) assertMatch(stderr, new RegExp(`gone: .*${id} \\(kitchen, heard \\d+ s ago\\)`));
    }
    const queued = await alice.run(["send", file, "--to", ids[1]!.slice(0, 6), "--queue"]);
    assertMatch(queued.stdout, /^Queued .*ten\.json for kitchen \(id /, queued.stderr);
    assertEquals(queued.stderr, `Not within earshot now: kitchen (${ids[1]!.slice(0, 6)}).\n`);
    await using b = await again.up();
    await b.waitForEvent("document", { name: "ten.json" });
    assertEquals(kitchen.received("alice"), []);
  }));

Deno.test("a document waits for somebody with whom messages were exchanged, also where no peer runs", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const file = await alice.file("later.json", "[]");
    {
      await using b = await bob.up();
      assertEquals((await alice.run(["send", file, "--to", "bob", "--name", "first.json"])).code, 0);
      await b.stop("SIGTERM");
    }
    const short = (await idOf(bob)).slice(0, 6);
    for (const [i, target] of ["BOB", short].entries()) {
      const queued = await alice.run(["send", file, "--to", target, "--queue", "--name", `${i}.json`]);
      assertEquals(queued.code, 0, queued.stderr);
      assertMatch(queued.stdout, /^Queued .*later\.json for bob \(id /);
      assertStringIncludes(queued.stderr, `Not within earshot now: bob (${short}).\n`);
    }
    const stranger = await alice.run(["send", file, "--to", "carol", "--queue", "--timeout", "0.2"]);
    assertEquals([stranger.code, stranger.stdout], [3, ""]);
    assertStringIncludes(stranger.stderr, 'No peer "carol" is within earshot or known from before; ');
    await using b = await bob.up();
    await using _a = await alice.up();
    for (const i of [0, 1]) await b.waitForEvent("document", { name: `${i}.json` });
  }));

Deno.test("what was queued without a running peer is delivered when the next one runs", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const file = await alice.file("later.json", "[]");
    {
      await using _b = await bob.up();
      assertEquals((await alice.run(["send", file, "--name", "first.json"])).code, 0);
    }
    const { id } = JSON.parse((await bob.run(["id", "--json"])).stdout);
    const queued = await alice.run(["send", file, "--to", id, "--queue", "--json"]);
    assertEquals([queued.code, JSON.parse(queued.stdout).status], [0, "queued"]);
    assertStringIncludes(queued.stderr, "delivered when earshot next runs");
    await using b = await bob.up();
    await using _a = await alice.up();
    await b.waitForEvent("document", { name: "later.json" });
  }));
