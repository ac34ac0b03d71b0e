import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type LabHost, lanTest, LONG, meet } from "./lab.ts";

/** Ends with this exit code, and says something like this to the user. */
async function fails(host: LabHost, args: readonly string[], code: number, why: RegExp): Promise<void> {
  const result = await host.run(...args);
  assertEquals([result.code, result.stdout], [code, ""], result.stderr);
  assertMatch(result.stderr, why);
}

lanTest(
  "what is said to all is heard by all, what is said to one by that one only",
  ["anna", "bert", "cora"],
  async (_lan, anna, bert, cora) => {
    await using a = await anna.up();
    await using b = await bert.up();
    await using c = await cora.up();
    await meet({ anna: a, bert: b, cora: c });
    for (const args of [["to everyone"], ["to bert", "--to", "bert"], ["the end"]]) {
      const { code, stderr } = await anna.run("say", ...args);
      assertEquals(code, 0, stderr);
    }
    await b.waitForEvent("chat", { text: "the end" });
    await c.waitForEvent("chat", { text: "the end" });
    // Chats arrive in order: what was not heard before the last one was never sent here.
    const heard = (program: typeof b) =>
      program.json().filter(({ event }) => event === "chat").map(({ to, text }) => [to, text]);
    assertEquals(heard(b), [["all", "to everyone"], ["you", "to bert"], ["all", "the end"]]);
    assertEquals(heard(c), [["all", "to everyone"], ["all", "the end"]]);
  },
);

lanTest(
  "the chat of piped lines goes from host to host",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    await using a = anna.start([], { stdin: "piped" });
    await a.waitForLine(/You are anna|anna/);
    await using b = bert.start([], { stdin: "piped" });
    await a.waitForLine(/\+ bert \(.{6}\) is here/);
    await b.waitForLine(/\+ anna \(.{6}\) is here/);
    await a.write("hello bert\n");
    await b.waitForLine(/^anna: hello bert$/);
    await b.write("hello anna\n");
    await b.endInput();
    await a.waitForLine(/^bert: hello anna$/);
    assertEquals((await b.stop("SIGTERM")).code, 0);
    await a.waitForLine(/^- bert/);
  },
);

lanTest(
  "a document lies byte for byte in the inbox when send returns, with and without a running peer",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    const content = '{"t" : 21.50,\r\n "note":"\u00fc\\u0000", "big": 123456789012345678901234567890}\n';
    const file = await anna.file("reading.json", content);
    await using b = await bert.up();
    const send = async (name: string) => {
      const { code, stdout, stderr } = await anna.run("send", file, "--to", "bert", "--name", name, "--json");
      assertEquals(code, 0, stderr);
      assertEquals(bert.received("anna")[name], content);
      const result = JSON.parse(stdout);
      const { at: _, ...event } = await b.waitForEvent("document", { id: result.id });
      assertEquals(result, { id: event.id, to: { id: b.ready.id, name: "bert" }, status: "delivered" });
      assertEquals(event, {
        event: "document",
        id: result.id,
        from: { id: event.from.id, name: "anna" },
        name,
        path: join(bert.home, "earshot-inbox", "anna", name),
        size: new TextEncoder().encode(content).length,
      });
      return event.from.id;
    };
    const id = await send("without.json");
    await using a = await anna.up();
    await meet({ anna: a, bert: b });
    assertEquals(a.ready.id, id);
    assertEquals(await send("with.json"), id);
    const delivered = await a.waitForEvent("delivered");
    assertEquals(Object.keys(delivered).toSorted(), ["at", "event", "id", "to"]);

    const { stdout } = await anna.run("peers", "--json");
    const { lastSeen, address, ...peer } = JSON.parse(stdout);
    assertEquals(peer, { id: b.ready.id, name: "bert", kind: "linux", state: "up", known: false });
    assert(Math.abs(Date.now() - lastSeen) < LONG);
    assertMatch(address, /:3333$/);
  },
);

lanTest(
  "send tells by its exit code what went wrong",
  ["anna", "bert", "cora"],
  async (lan, anna, bert, cora) => {
    const file = await anna.file("a.json", "[]");
    const bad = await anna.file("bad.json", "oops");
    await using a = await anna.up();
    await using b = await bert.up();
    await using c = await cora.up();
    await meet({ anna: a, bert: b, cora: c });
    await fails(anna, ["send", bad, "--to", "bert"], 2, /JSON/);
    await fails(anna, ["send", file], 2, /There are 2 peers: bert \(.{6}\), cora \(.{6}\)/);
    await fails(anna, ["send", file, "--to", "dora", "--timeout", "0.5"], 3, /No peer "dora"/);

    // Both are up as far as anna knows, and one of them cannot answer any more.
    await lan.linkDown("cora");
    const half = await anna.run("send", file, "--to", "all", "--timeout", "6", "--json");
    assertEquals(half.code, 1, half.stderr);
    const status = Object.fromEntries(
      half.stdout.trim().split("\n").map((line) => JSON.parse(line)).map((
        { to, status },
      ) => [to.name, status]),
    );
    assertEquals(status.bert, "delivered");
    assert(["unreachable", "unknown"].includes(status.cora), status.cora);
    assertEquals([Object.keys(bert.received("anna")), cora.received("anna")], [["a.json"], {}]);
  },
);

lanTest(
  "a recipient that blocks the sender, or takes from known peers only, refuses with exit code 4",
  ["anna", "bert", "cora"],
  async (_lan, anna, bert, cora) => {
    const file = await anna.file("a.json", "[]");
    await using b = await bert.up();
    await using c = await cora.up("--accept", "known");
    const { id } = JSON.parse((await anna.run("id", "--json")).stdout);
    {
      await using a = await anna.up();
      await meet({ anna: a, bert: b, cora: c });
      assertEquals((await bert.run("block", id)).code, 0);
      for (const to of ["bert", "cora"]) await fails(anna, ["send", file, "--to", to], 4, / refused /);
      await a.waitForEvent("refused", { code: "refused" });
    }
    await fails(anna, ["send", file, "--to", "bert"], 4, /bert refused .*refused: /);
    await fails(anna, ["say", "hi", "--to", "bert"], 4, /bert refused /);
    await fails(anna, ["send", file, "--to", "cora"], 4, /known peers only/);
    assertEquals([bert.received("anna"), cora.received("anna")], [{}, {}]);
    assertEquals(b.json().filter(({ event }) => event === "chat"), []);
  },
);

lanTest(
  "a known name that comes with a new key is warned of, and sent nothing until the user decides",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    const file = await anna.file("a.json", "[]");
    await using a = await anna.up();
    {
      await using b = await bert.up();
      await meet({ anna: a, bert: b });
      assertEquals((await anna.run("trust", "bert")).code, 0);
      await b.stop();
      await a.waitForEvent("peer", { state: "gone", name: "bert" });
    }
    await Deno.remove(join(bert.state, "identity.json"));
    await using b = await bert.up();
    const { id } = b.ready;
    const { message } = await a.waitForEvent("warning", { code: "key-changed" });
    assertStringIncludes(message, id);
    await fails(anna, ["send", file, "--to", "bert"], 4, new RegExp(id));
    assertEquals(bert.received("anna"), {});
    assertEquals((await anna.run("trust", id)).code, 0);
    assertEquals((await anna.run("send", file, "--to", "bert")).code, 0);
    assertEquals(bert.received("anna"), { "a.json": "[]" });
  },
);
