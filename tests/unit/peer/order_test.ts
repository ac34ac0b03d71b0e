import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { DeliveryResult, DocumentSource, Peer } from "../../../lib/mod.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";

/** A document in pieces, the first of which is there once `gate` resolves. */
async function* pieces(value: unknown, gate: Promise<void>): AsyncGenerator<Uint8Array> {
  await gate;
  const bytes = json(value);
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

/** What a peer has of a stream of alice, in order. */
function received(peer: Peer, stream: string): unknown[] {
  const folder = join(peer.inbox, "alice");
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.startsWith(stream))
    .toSorted()
    .flatMap((name) => Deno.readTextFileSync(join(folder, name)).trim().split("\n"))
    .map((line) => JSON.parse(line)[0]);
}

/** Sends documents to a stream in one go, of several kinds and sizes; those in pieces are there one by one, the last first. */
function sendMany(a: Peer, to: string[], stream: string, queue = false): Promise<DeliveryResult[]>[] {
  const gates: PromiseWithResolvers<void>[] = [];
  const sent = Array.from({ length: 60 }, (_, n) => {
    const value = [n, "x".repeat(n % 5 === 0 ? 60_000 : n * 10)];
    let document: DocumentSource = json(value);
    if (n % 3 === 0) {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      document = pieces(value, gate.promise);
    }
    return a.send(document, { to, stream, queue });
  });
  for (const gate of gates.toReversed()) gate.resolve();
  return sent;
}

const IN_ORDER = Array.from({ length: 60 }, (_, n) => n);

Deno.test("documents of one stream arrive in the order of the calls, whatever they are read from", async () => {
  await using peers = new LoopbackPeers();
  const [a, b, c] = [await peers.start("alice"), await peers.start("bob"), await peers.start("carol")];
  for (const other of [b, c]) await peers.event(a, "peer", (event) => event.id === other.id);
  const results = (await Promise.all(sendMany(a, [b.id, c.id], "log"))).flat();
  assertEquals(results.filter(({ status }) => status !== "delivered"), []);
  for (const peer of [b, c]) assertEquals(received(peer, "log"), IN_ORDER);
  await Promise.all(sendMany(a, [b.id], "queued", true));
  for (let n = 0; n < 60; n++) await peers.event(b, "document", (event) => event.stream === "queued");
  const last = await a.send(json([60]), { to: [b.id], stream: "queued" });
  assertEquals(last[0]?.status, "delivered");
  assertEquals(received(b, "queued"), [...IN_ORDER, 60]);
});

Deno.test("what waits in the outbox for a stream arrives in the order of the calls, also after a restart", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  let b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  await b.close();
  const queued = (await Promise.all(sendMany(a, [b.id], "log", true))).flat();
  assertEquals(queued.filter(({ status }) => status !== "queued"), []);
  await a.close();
  a = await peers.start("alice");
  b = await peers.start("bob");
  for (const { id } of queued) await peers.event(b, "document", (event) => event.id === id);
  assertEquals(received(b, "log"), IN_ORDER);
});

Deno.test("a document that is not there yet keeps back only what follows it in its stream, for its recipients", async () => {
  await using peers = new LoopbackPeers();
  const [a, b, c] = [await peers.start("alice"), await peers.start("bob"), await peers.start("carol")];
  for (const other of [b, c]) await peers.event(a, "peer", (event) => event.id === other.id);
  const gate = Promise.withResolvers<void>();
  const slow = a.send(pieces([1], gate.promise), { to: [b.id], stream: "log" });
  const behind = a.send(json([2]), { to: [b.id], stream: "log" });
  const others = [
    a.send(json([3]), { to: [c.id], stream: "log" }),
    a.send(json([4]), { to: [b.id], stream: "other" }),
    a.send(json([5]), { to: [b.id] }),
    a.say("hi", { to: [b.id] }),
  ];
  for (const sent of others) assertEquals((await sent)[0]?.status, "delivered");
  assertEquals(
    [...Deno.readDirSync(join(b.inbox, "alice"))].some(({ name }) => name.startsWith("log")),
    false,
  );
  gate.resolve();
  for (const sent of [slow, behind]) assertEquals((await sent)[0]?.status, "delivered");
  assertEquals(received(b, "log"), [1, 2]);
});

Deno.test("a document that turns out not to be JSON does not keep back those behind it", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = [await peers.start("alice"), await peers.start("bob")];
  await peers.event(a, "peer", (event) => event.id === b.id);
  const gate = Promise.withResolvers<void>();
  const wrong = a.send(
    async function* () {
      await gate.promise;
      yield new Uint8Array([0x7b]);
    }(),
    { to: [b.id], stream: "log" },
  ).then(() => "sent", (error) => error.message);
  const behind = a.send(json([2]), { to: [b.id], stream: "log" });
  gate.resolve();
  assertEquals(await wrong, "The document is not JSON at byte 1.");
  assertEquals((await behind)[0]?.status, "delivered");
  assertEquals(received(b, "log"), [2]);
  assertEquals([...Deno.readDirSync(join(a.state, "spool"))], []);
});
