import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { pollUntil } from "../support/patience.ts";
import { type Host, idOf, withHosts } from "./hosts.ts";

/** Queues a document and returns its id. */
async function queue(host: Host, to: string, text: string): Promise<string> {
  const file = await host.file(`${text}.json`, JSON.stringify(text));
  const { code, stdout, stderr } = await host.run(["send", file, "--to", to, "--queue", "--json"]);
  assertEquals(code, 0, stderr);
  return JSON.parse(stdout).id;
}

Deno.test("withdraw gives up what waits, with or without a peer, by a part of its id, and says what it cannot", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const to = await idOf(bob);
    const ids = [];
    for (const text of ["one", "two", "three"]) ids.push(await queue(alice, to, text));

    const short = await alice.run(["withdraw", ids[0]!.slice(-8)]);
    assertEquals(short.code, 0, short.stderr);
    assertMatch(
      short.stdout,
      /^Withdrawn: nothing of one\.json is sent to .+ any more; it may have arrived before\.\n$/,
    );
    const again = await alice.run(["withdraw", ids[0]!]);
    assertEquals([again.code, again.stdout], [0, short.stdout]);
    const unclear = await alice.run(["withdraw", ids[0]!.slice(0, 3)]);
    assertEquals(unclear.code, 2);
    assertStringIncludes(unclear.stderr, "fits 2 messages, give more of it");
    const nothing = await alice.run(["withdraw", ids[1]!, "--to", "carol"]);
    assertEquals([nothing.code, nothing.stdout], [1, ""]);
    assertStringIncludes(
      nothing.stderr,
      " waits for carol, or was sent; `earshot inbox --sent` lists the ids.",
    );

    await using a = await alice.up();
    const json = await alice.run(["withdraw", ids[1]!, "--to", to.slice(0, 6), "--json"]);
    assertEquals(json.code, 0, json.stderr);
    const { id, status } = JSON.parse(json.stdout);
    assertEquals([id, status], [ids[1], "withdrawn"]);
    await a.waitForEvent("withdrawn", { id: ids[1] });
    await using b = await bob.up();
    await a.waitForEvent("delivered", { id: ids[2] });
    await b.waitForEvent("document", { name: "three.json" });
    assertEquals(bob.received("alice"), ["three.json"]);
    const late = await alice.run(["withdraw", ids[2]!]);
    assertEquals([late.code, late.stderr], [1, "earshot: three.json cannot be withdrawn: bob has it.\n"]);
    const sent = (await alice.run(["inbox", "--sent", "--json"])).stdout.trim().split("\n");
    assertEquals(sent.map((line) => JSON.parse(line)).map(({ name, status }) => [name, status]), [
      ["three.json", "delivered"],
      ["two.json", "withdrawn"],
      ["one.json", "withdrawn"],
    ]);
    assertMatch((await alice.run(["inbox", "--sent"])).stdout, /two\.json +.*withdrawn/);
  }));

Deno.test("a command whose message is withdrawn says so, and what is in no outbox is found at the peer", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using a = await alice.up();
    await using b = await bob.up("--quota", "1");
    await a.waitForEvent("peer", { name: "bob", state: "up" });
    const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const file = await alice.file("one.json", "[1]");
    await using sending = alice.start(["send", file, "--to", "bob", "--id", id, "--timeout", "300"]);
    await sending.waitForStderr(/bob cannot take .+ now/);
    // It stays while it is being tried.
    let last = "";
    await pollUntil(async () => {
      const { code, stderr } = await alice.run(["withdraw", id]);
      last = stderr;
      return code === 0;
    }, () => last);
    const { code, stdout, stderr } = await sending.ended();
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /earshot: Withdrawn: nothing of .+one\.json is sent to bob any more; it may have arrived before\.\n/,
    );

    b.signal("SIGSTOP");
    const said = await alice.run(["say", "hi", "--json", "--timeout", "1"]);
    const [result] = said.stdout.trim().split("\n").map((line) => JSON.parse(line));
    const chat = await alice.run(["withdraw", result.id]);
    assert(!chat.stderr.includes("Nothing with the id"), chat.stderr);
    assertMatch(chat.stdout + chat.stderr, /\bthe message\b/);
    b.signal("SIGCONT");
  }));
