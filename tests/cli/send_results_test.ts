import { pollUntil } from "../support/patience.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { idOf, meet, withHosts } from "./hosts.ts";

Deno.test("each way to fail has its exit code", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using b = await bob.up("--max-size", "65k");
    const file = await alice.file("a.json", "{}");
    const large = await alice.file("large.json", `"${"x".repeat(70_000)}"`);

    const nobody = await alice.run(["send", file, "--to", "nobody", "--timeout", "0.3"]);
    assertEquals([nobody.code, nobody.stdout], [3, ""]);
    assertStringIncludes(nobody.stderr, '"nobody"');

    const tooLarge = await alice.run(["send", large, "--to", "bob", "--json"]);
    assertEquals(tooLarge.code, 4);
    assertEquals([JSON.parse(tooLarge.stdout).status, JSON.parse(tooLarge.stdout).code], [
      "refused",
      "too-large",
    ]);
    assertStringIncludes((await alice.run(["send", large, "--to", "bob"])).stderr, "bob refused");

    await using c = await carol.up();
    await using a = await alice.up();
    await meet({ alice: a, bob: b, carol: c });
    const several = await alice.run(["send", file]);
    assertEquals([several.code, several.stdout], [2, ""]);
    assertMatch(
      several.stderr,
      /There are 2 peers: bob \(.{6}\), carol \(.{6}\)\. Say which with --to NAME, or --to all\./,
    );
    assertEquals((await alice.run(["send", file, "--to", "all"])).code, 0);
    assertEquals([bob.received("alice"), carol.received("alice")], [["a.json"], ["a.json"]]);
  }));

Deno.test("with several recipients one that is not there is told, and the others get it", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using _b = await bob.up();
    await using _c = await carol.up();
    const file = await alice.file("a.json", "{}");
    const all = ["--to", "nobody", "--to", "bob", "--to", "carol", "--timeout", "6"];
    const sent = await alice.run(["send", file, ...all]);
    assertEquals([sent.code, sent.stdout], [1, `Delivered ${file} to bob.\nDelivered ${file} to carol.\n`]);
    assertMatch(
      sent.stderr,
      /earshot: nobody could not be reached, .*a\.json was not sent \(not within earshot\)\./,
    );
    assertEquals([bob.received("alice"), carol.received("alice")], [["a.json"], ["a.json"]]);
    const said = await alice.run(["say", "hi", ...all, "--json"]);
    const results = said.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(results.map(({ to, status }) => [to.name, status]), [
      ["bob", "delivered"],
      ["carol", "delivered"],
      ["nobody", "unreachable"],
    ]);
    assertEquals(said.code, 1);
  }));

Deno.test("one recipient that is blocked keeps nothing from the others", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using b = await bob.up();
    await using c = await carol.up();
    const file = await alice.file("a.json", "[1]");
    assertEquals((await alice.run(["block", c.ready.id])).code, 0);
    const listed = (await alice.run(["peers", "--json"])).stdout.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(listed.map(({ name, blocked }) => [name, blocked]).toSorted(), [["bob", undefined], [
      "carol",
      true,
    ]]);
    assertMatch((await alice.run(["peers"])).stdout, /^carol .* blocked$/m);
    const { code, stdout } = await alice.run(["send", file, "--to", "bob", "--to", "carol", "--json"]);
    assertEquals(code, 4);
    const results = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(results.map(({ to, status, code }) => [to.name, status, code]).toSorted(), [
      ["bob", "delivered", undefined],
      ["carol", "refused", "blocked"],
    ]);
    await b.waitForEvent("document", { name: "a.json" });
    assertEquals((await alice.run(["send", file, "--to", "carol"])).code, 4);
  }));

Deno.test("that a recipient cannot take a document now is told at once, and how long it is tried again", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up("--quota", "100k");
    const small = await alice.file("small.json", `"${"x".repeat(60_000)}"`);
    const large = await alice.file("large.json", `"${"x".repeat(300_000)}"`);
    assertEquals((await alice.run(["send", small, "--to", "bob"])).code, 0);
    for (const running of [false, true]) {
      await using a = running ? await alice.up() : undefined;
      if (a) await meet({ alice: a, bob: b });
      for (const file of [small, large]) {
        await using sending = alice.start(["send", file, "--to", "bob", "--timeout", "600"]);
        await sending.waitForStderr(
          /^bob cannot take \S+\.json now: quota: .*\. Trying again for up to 600 s\.$/m,
        );
        assertEquals((await sending.stop("SIGINT")).code, 130);
      }
    }
    const both = await alice.run(["send", small, large, "--to", "bob", "--timeout", "5"]);
    assertEquals([both.code, both.stderr.match(/Trying again/g)?.length], [1, 1], both.stderr);
    assertEquals(both.stderr.match(/It waits in the outbox \(id /g)?.length, 2);
    const json = await alice.run(["send", small, "--to", "bob", "--timeout", "5", "--json"]);
    assertEquals([json.code, JSON.parse(json.stdout).code], [1, "quota"]);
    assertEquals(json.stderr.includes("Trying again"), false);
  }));

Deno.test("a send that is interrupted ends with 130", () =>
  withHosts(["alice"], async (alice) => {
    const file = await alice.file("a.json", "[]");
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await using program = alice.start(["send", file, "--to", "nobody", "--timeout", "600"]);
      await program.waitForSocket(join(alice.home, "state", "control.sock"));
      assertEquals((await program.stop(signal)).code, 130);
    }
  }));

Deno.test("no copy of a large document stays where nobody can be sent to, or it is refused, or interrupted", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const large = await alice.file("large.json", JSON.stringify("x".repeat(200_000)));
    const spool = () => [...Deno.readDirSync(join(alice.home, "state/spool"))];
    const twice = await alice.run(["send", large, large, "--to", "nobody", "--timeout", "0.2"]);
    assertEquals([twice.code, spool()], [3, []]);
    await using b = await bob.up("--max-size", "100k");
    for (const running of [false, true]) {
      await using a = running ? await alice.up() : undefined;
      if (a) await meet({ alice: a, bob: b });
      const refused = await alice.run(["send", large, large, "--to", "bob"]);
      assertEquals([
        refused.code,
        refused.stderr.match(/refused \S+large\.json: too-large/g)?.length,
        spool(),
      ], [4, 2, []]);
    }
    await using reading = alice.start(["send", large, "-", "--to", "bob"], { stdin: "piped" });
    await reading.write(`"${"x".repeat(2_000_000)}`);
    await pollUntil(() => spool().length === 2, () => `${spool().length} copies in the spool`);
    assertEquals((await reading.stop("SIGINT")).code, 130);
    assertEquals(spool(), []);
  }));

Deno.test("results name the recipient as it was addressed, though it has another name by now", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const file = await alice.file("a.json", "[]");
    const id = await idOf(bob);
    await using a = await alice.up();
    {
      await using b = await bob.up();
      await a.waitForEvent("peer", { state: "up", name: "bob" });
      assertEquals((await alice.run(["trust", "bob"])).code, 0);
      await b.stop("SIGTERM");
    }
    await using robert = await bob.up("--name", "robert");
    await pollUntil(
      async () => (await alice.run(["peers", "--json"])).stdout.includes('"robert"'),
      () => "bob is called robert",
    );
    for (const command of [["send", file], ["say", "hi"], ["send", file, "--queue"]]) {
      const { code, stdout } = await alice.run([...command, "--to", "bob", "--json"]);
      assertEquals([code, JSON.parse(stdout).to], [0, { id, name: "bob" }]);
      const people = await alice.run([...command, "--to", "bob"]);
      assertMatch(people.stdout, / (to|for) bob\b/);
    }
    await robert.stop("SIGTERM");
    await using _full = await bob.up("--name", "rob", "--quota", "1");
    await using sending = alice.start(["send", file, "--to", "bob", "--timeout", "600"]);
    await sending.waitForStderr(/^bob cannot take \S+ now: quota: /m);
    assertEquals((await alice.run(["block", id])).code, 0);
    const blocked = await sending.ended();
    assertEquals(blocked.code, 4);
    assertStringIncludes(
      blocked.stderr,
      `Gave up ${file} for bob: it is blocked here; lift that with: earshot forget ${id}.`,
    );
  }));
