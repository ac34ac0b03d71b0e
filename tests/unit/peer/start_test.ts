import { assertEquals } from "@std/assert";
import type { PeerOptions } from "../../../lib/mod.ts";
import { UdpNet } from "../../../lib/net/udp.ts";
import { Storage } from "../../../lib/storage/storage.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";
import { TIMEOUT } from "../../support/patience.ts";

/** Makes reading the outbox, one of the steps of a start, wait for a promise while `fn` runs. */
async function withSlowStart(fn: (slow: { until?: Promise<void> }) => Promise<void>): Promise<void> {
  const original = Storage.prototype.outboxRecipients;
  const slow: { until?: Promise<void> } = {};
  Storage.prototype.outboxRecipients = async function () {
    const found = await original.call(this);
    await slow.until;
    return found;
  };
  try {
    await fn(slow);
  } finally {
    Storage.prototype.outboxRecipients = original;
  }
}

/** Tells of the first connection that comes in. */
function listening(connected: () => void): PeerOptions["testing"] {
  return {
    streams: (net) => ({
      dial: (to, signal) => net.dial(to, signal),
      listen: (ports, accept) =>
        net.listen(ports, (connection) => {
          connected();
          accept(connection);
        }),
    }),
  };
}

Deno.test("a peer that is dialled while it starts takes what comes, and can send", () =>
  withSlowStart(async (slow) => {
    await using peers = new LoopbackPeers();
    const [a, c] = [await peers.start("a"), await peers.start("c")];
    let b = await peers.start("b");
    const { port } = b;
    const to = await a.resolve("b", TIMEOUT);
    const other = await a.resolve("c", TIMEOUT);
    await b.close();

    const connected = Promise.withResolvers<void>();
    // All that could happen on the connection by then has: the same has happened on one that was made after it.
    slow.until = connected.promise.then(async () => {
      assertEquals((await a.send(json(0), { to: [other.id] }))[0]!.status, "delivered");
    });
    const sent = a.send(json(1), { to: [to.id], name: "x.json" });
    b = await peers.start("b", { port, testing: listening(() => connected.resolve()) });
    assertEquals((await sent)[0]!.status, "delivered");
    const back = await b.send(json(2), { to: [a.id], name: "y.json" });
    assertEquals(back[0]!.status, "delivered", back[0]!.why);
    for (const peer of [b, c]) {
      assertEquals(peers.events(peer).filter((event) => event.event === "warning"), []);
    }
  }));

Deno.test("what comes while a peer starts is told once it is ready", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("a");
  await peers.start("c");
  let b = await peers.start("b");
  const { port } = b;
  const to = await a.resolve("b", TIMEOUT);
  const other = await a.resolve("c", TIMEOUT);
  await b.close();

  const connected = Promise.withResolvers<void>();
  const original = UdpNet.prototype.start;
  UdpNet.prototype.start = async function (handler) {
    await connected.promise;
    // As above, with a document that came over the connection as well.
    for (const n of [1, 2, 3]) {
      assertEquals((await a.send(json(n), { to: [other.id] }))[0]!.status, "delivered");
    }
    await original.call(this, handler);
  };
  try {
    const sent = a.send(json(1), { to: [to.id], name: "x.json" });
    b = await peers.start("b", { port, testing: listening(() => connected.resolve()) });
    assertEquals((await sent)[0]!.status, "delivered");
  } finally {
    UdpNet.prototype.start = original;
  }
  const told = peers.events(b).map(({ event }) => event).filter((event) => event !== "peer");
  assertEquals(told, ["ready", "document"]);
});
