import dgram from "node:dgram";
import { assertEquals, assertRejects } from "@std/assert";
import { newJoinCode } from "../../../lib/identity/join_code.ts";
import { GROUPS } from "../../../lib/net/shared_binds.ts";
import { decodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { LoopbackPeers } from "../../support/loopback_peer.ts";
import { patient, TIMEOUT } from "../../support/patience.ts";

Deno.test("a running peer asks the group for whom its user names and it does not see, and for nobody whom it sees", async () => {
  await using peers = new LoopbackPeers();
  const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve) => socket.bind({ port: 3333, address: GROUPS[4] }, resolve));
  try {
    socket.addMembership(GROUPS[4], "127.0.0.1");
    const wanted = new Set<string>();
    const asked = Promise.withResolvers<void>();
    socket.on("message", (data) => {
      const { group, want } = decodeAnnouncement(new Uint8Array(data));
      if (group !== peers.group || want === undefined) return;
      wanted.add(want);
      asked.resolve();
    });
    const alice = await peers.start("alice");
    const bob = await peers.start("bob");
    await peers.event(alice, "peer", (event) => event.id === bob.id);
    assertEquals((await alice.resolve("bob", 1_000)).id, bob.id);
    await assertRejects(() => alice.resolve("carol", 300));
    await patient(asked.promise, () => "the question for carol");
    assertEquals([...wanted], ["carol"]);
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
});

Deno.test("in a closed group a short-lived peer that only looks for a name knows nobody by it: another may have it, too", async () => {
  await using peers = new LoopbackPeers();
  const joinCode = newJoinCode(peers.group, crypto.getRandomValues(new Uint8Array(16)));
  const closed = { group: undefined, joinCode };
  const alice = await peers.start("alice", closed);
  const brief = await peers.start("brief", { ...closed, brief: true, port: 0 });
  assertEquals((await brief.resolve("alice", TIMEOUT)).id, alice.id);
  assertEquals(brief.known(), []);
  await brief.say("hello", { to: [alice.id] });
  assertEquals(brief.known().map(({ name, how }) => [name, how]), [["alice", "group"]]);
});
