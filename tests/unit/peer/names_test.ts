import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ExitCode, Peer, type PeerEvent, UserError } from "../../../lib/mod.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";
import { TIMEOUT } from "../../support/patience.ts";

/** What a peer was told of another one's comings, goings and names. */
function toldOf(events: readonly PeerEvent[], id: string): string[] {
  return events.flatMap((event) =>
    event.event === "peer" && event.id === id
      ? [`${event.state} ${event.was ? `${event.was} > ` : ""}${event.name}`]
      : []
  );
}

Deno.test("a peer that comes back under another name is told with both, whether it was gone meanwhile or not", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const first = await peers.start("bob");
  const { id } = first;
  await peers.event(a, "peer", (event) => event.id === id && event.state === "up");
  await first.close();
  await peers.event(a, "peer", (event) => event.id === id && event.state === "gone");

  const second = await peers.start("bob", { name: "robert" });
  const renamed = await peers.event(a, "peer", (event) => event.state === "renamed");
  assertEquals([renamed.id, renamed.was, renamed.name], [id, "bob", "robert"]);
  await peers.event(a, "peer", (event) => event.state === "up" && event.name === "robert");
  assertEquals(toldOf(peers.events(a), id), ["up bob", "gone bob", "renamed bob > robert", "up robert"]);

  // One that starts anew at once need not have been gone.
  await second.close();
  const third = await peers.start("bob", { name: "rob" });
  await peers.event(a, "peer", (event) => event.state === "renamed" && event.name === "rob");
  assertEquals(third.id, id);
  assertEquals((await a.resolve("rob", TIMEOUT)).id, id);
});

Deno.test("a peer that is known under another name is told by that name, also after our restart", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "up");
  await a.trust("bob");
  await b.close();
  await a.close();
  const again = await peers.start("alice");
  await peers.start("bob", { name: "robert" });
  const renamed = await peers.event(again, "peer", (event) => event.state === "renamed");
  assertEquals([renamed.id, renamed.was, renamed.name], [b.id, "bob", "robert"]);
});

Deno.test("a short-lived command that speaks in another name than its peer is told with both", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "up");
  await b.close();
  const same = await peers.start("bob", { brief: true });
  await same.resolve("alice", TIMEOUT);
  assertEquals((await same.say("in my name", { to: [a.id] }))[0]?.status, "delivered");
  await same.close();
  const command = await peers.start("bob", { brief: true, name: "carol" });
  await command.resolve("alice", TIMEOUT);
  assertEquals((await command.say("in hers", { to: [a.id] }))[0]?.status, "delivered");
  const events = peers.events(a);
  const at = events.findIndex((event) => event.event === "peer" && event.state === "renamed");
  const chat = events.findIndex((event) => event.event === "chat" && event.from.name === "carol");
  assert(at >= 0 && at < chat, JSON.stringify(events));
  assertEquals(toldOf(events, b.id).filter((told) => told.startsWith("renamed")), ["renamed bob > carol"]);
});

Deno.test("a known name that moves to another key is told loudly, be that key's owner known or not", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  const c = await peers.start("carol");
  const e = await peers.start("eve");
  for (const { id } of [b, c, e]) {
    await peers.event(a, "peer", (event) => event.id === id && event.state === "up");
  }
  await a.trust("bob");
  await a.trust("carol");
  for (const [peer, state] of [[c, "carol"], [e, "eve"]] as const) {
    await peer.close();
    await peers.start(state, { name: "Bob" });
    const warned = await peers.event(a, "warning", (event) => event.message.includes(peer.id));
    assertEquals(warned.code, "key-changed");
    assertStringIncludes(warned.message, `"bob" is known as ${b.id}`);
  }
  const error = await assertRejects(() => a.resolve("bob", TIMEOUT), UserError);
  assertEquals(error.exitCode, ExitCode.refused);
});

Deno.test("whoever takes the beginning of somebody's id as a name gets nothing that was meant for that one", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  const short = b.id.slice(0, 6);
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "up");
  assertEquals((await a.resolve(short, TIMEOUT)).id, b.id);
  const liar = await peers.start("liar", { name: short });
  await peers.event(a, "peer", (event) => event.id === liar.id && event.state === "up");
  const isAsked = async (fn: () => Promise<unknown>) => {
    const { exitCode, message } = await assertRejects(fn, UserError);
    assertEquals(exitCode, ExitCode.usage);
    for (const { id } of [b, liar]) assertStringIncludes(message, id);
  };
  await isAsked(() => a.resolve(short, TIMEOUT));
  await isAsked(() => a.trust(short));
  await isAsked(() => a.block(short));
  await b.close();
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "gone");
  await isAsked(() => a.resolve(short, TIMEOUT));
  // Also for a short-lived peer that knows the id from before, and hears the stranger alone.
  await a.trust(b.id);
  await a.close();
  const command = await peers.start("alice", { brief: true });
  await isAsked(() => command.resolve(short, TIMEOUT));
  const gone = await assertRejects(() => command.resolve("x".repeat(24), 50), UserError);
  assertEquals(gone.exitCode, ExitCode.nobody);
  const [sent] = await command.send(json(1), { to: [liar.id] });
  assertEquals(sent?.status, "delivered", "its id still names it");
});

Deno.test("a short-lived peer finds a peer by any spelling of its name, and by the beginning of its id in capitals", async () => {
  await using peers = new LoopbackPeers();
  const b = await peers.start("bob", { name: "Zoe\u0308" });
  assertEquals(b.name, "Zoë", "the program writes names in NFC");
  const command = await peers.start("alice", { brief: true });
  for (const target of ["zoë", "ZOË", "zoe\u0308", b.id.slice(0, 8).toUpperCase(), b.id.toUpperCase()]) {
    assertEquals((await command.resolve(target, TIMEOUT)).id, b.id, target);
  }
});

Deno.test("one's own name and id are said to be oneself, at once", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  for (const target of ["alice", "ALICE", a.id, a.id.slice(0, 6)]) {
    for (const ask of [() => a.resolve(target, 60_000), () => a.trust(target), () => a.block(target)]) {
      const { exitCode, message } = await assertRejects(ask, UserError);
      assertEquals(exitCode, ExitCode.usage);
      assertStringIncludes(message, "is this peer itself");
    }
  }
});

Deno.test("a name that means something else than a peer is refused with a sentence", async () => {
  for (
    const name of ["all", "All", "a".repeat(24), "A".repeat(24), "@lab", "-x", "plain-x", "Plain-10.0.0.1"]
  ) {
    const error = await assertRejects(() => Peer.start({ name, interfaces: ["lo"] }), UserError);
    assertEquals(error.exitCode, ExitCode.usage);
    assertStringIncludes(error.message, `The name "${name}" is invalid: use 1 to 32 printable characters`);
    assert(error.message.includes('except "all"'));
  }
});
