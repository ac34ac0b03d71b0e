import { assertEquals } from "@std/assert";
import type { StreamNet } from "../../../lib/net/types.ts";
import { LoopbackPeers } from "../../support/loopback_peer.ts";
import { TIMEOUT } from "../../support/patience.ts";

Deno.test("a peer dials back, with and without a session, whoever stays up or lives for a moment asks it to", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = [await peers.start("alice"), await peers.start("bob")];
  for (const [one, other] of [[a, b], [b, a]] as const) {
    await peers.event(one, "peer", (event) => event.id === other.id && event.state === "up");
  }
  assertEquals(await a.dialBack(b.id, TIMEOUT), { status: "reached", port: a.port });
  // Its own session with alice is enough to know that she is there, and the connection shows that it dialled.
  await b.say("hello", { to: [a.id] });
  const brief = await peers.start("brief", { brief: true, port: 0 });
  await brief.resolve(a.id, TIMEOUT);
  const { status, port } = await brief.dialBack(a.id, TIMEOUT);
  assertEquals([status, typeof port, port === a.port], ["reached", "number", false]);
  assertEquals(await a.dialBack("a".repeat(24), TIMEOUT), { status: "unheard" });
});

Deno.test("a peer that does not get through is silent, and one that is blocked is not dialled", async () => {
  await using peers = new LoopbackPeers();
  const dials: string[] = [];
  const deaf = (net: StreamNet): StreamNet => ({
    listen: (ports, accept) => net.listen(ports, accept),
    dial: (to) => {
      dials.push(`${to.port}`);
      return Promise.reject(new Deno.errors.ConnectionRefused());
    },
  });
  const a = await peers.start("alice");
  const b = await peers.start("bob", { testing: { streams: deaf } });
  for (const [one, other] of [[a, b], [b, a]] as const) {
    await peers.event(one, "peer", (event) => event.id === other.id && event.state === "up");
  }
  assertEquals(await a.dialBack(b.id, 1_500), { status: "silent", port: a.port });
  assertEquals([...new Set(dials)], [`${a.port}`]);
  const before = dials.length;
  await b.block(a.id);
  assertEquals((await a.dialBack(b.id, 1_500)).status, "silent");
  assertEquals(dials.length, before);
});
