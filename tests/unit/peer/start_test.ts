import { assertEquals } from "@std/assert";
import type { PeerOptions } from "../../../lib/mod.ts";
import { Storage } from "../../../lib/storage/storage.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";

/** How long the start of a peer stands still after somebody has connected: time enough for a handshake, milliseconds. */
const WINDOW = 500;

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
    const a = await peers.start("a");
    let b = await peers.start("b");
    const { port } = b;
    const to = await a.resolve("b", 5_000);
    await b.close();

    const connected = Promise.withResolvers<void>();
    slow.until = connected.promise.then(() => new Promise((resolve) => setTimeout(resolve, WINDOW)));
    const sent = a.send(json(1), { to: [to.id], name: "x.json", timeout: 15_000 });
    b = await peers.start("b", { port, testing: listening(() => connected.resolve()) });
    assertEquals((await sent)[0]!.status, "delivered");
    const back = await b.send(json(2), { to: [a.id], name: "y.json", timeout: 10_000 });
    assertEquals(back[0]!.status, "delivered", back[0]!.why);
    assertEquals(peers.events(b).filter((event) => event.event === "warning"), []);
  }));
