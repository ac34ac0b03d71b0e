import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Peer } from "../../../lib/mod.ts";
import { UserError } from "../../../lib/mod.ts";
import { PeerService } from "../../../lib/control/service.ts";
import { History } from "../../../lib/storage/history/history.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";
import { pollUntil } from "../../support/patience.ts";

const NOBODY = "z".repeat(24);

function sentOf(peer: Peer): unknown[] {
  using history = History.open(peer.state, peer.inbox)!;
  return [...history.sent()].map(({ name, status, code, why }) => [name, status, code, why]);
}

/** Names of files of the spool. */
function spooled(peer: Peer): string[] {
  return [...Deno.readDirSync(`${peer.state}/spool`)].map(({ name }) => name);
}

Deno.test("what waits is withdrawn, recorded so, its copy removed, and never sent; asked again, it is the same", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", ({ id }) => id === b.id);
  await b.close();
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "gone");
  const queue = { to: [b.id], queue: true };
  const [one] = await a.send(json([1]), { ...queue, name: "one.json", stream: "s" });
  const [two] = await a.send(json([2]), { ...queue, name: "two.json", stream: "s" });
  const [large] = await a.send(json("x".repeat(100_000)), { ...queue, name: "large.json" });
  const to = { id: b.id, name: "bob" };
  assertEquals(await a.whyWaiting([{ id: one!.id, to: b.id }]), [{ why: "not within earshot" }]);
  for (const { id } of [one!, large!]) {
    assertEquals(await a.withdraw(id), [{ id, to, status: "withdrawn", why: undefined }]);
  }
  assertEquals(spooled(a), []);
  assertEquals((await a.withdraw(one!.id, [b.id]))[0]!.status, "withdrawn");
  assertEquals(await a.withdraw(one!.id), []);
  assertEquals(await a.withdraw(one!.id, [NOBODY]), []);
  assertEquals((await peers.event(a, "withdrawn", ({ id }) => id === large!.id)).to, to);
  const again = await peers.start("bob");
  await peers.event(again, "document", ({ name }) => name === "two.json");
  await peers.event(a, "delivered", ({ id }) => id === two!.id);
  assertEquals((await a.withdraw(two!.id, [b.id]))[0]!.status, "delivered");
  assertEquals(peers.events(again).filter(({ event }) => event === "document").length, 1);
  assertEquals(sentOf(a), [
    ["two.json", "delivered", undefined, undefined],
    ["large.json", "withdrawn", undefined, undefined],
    ["one.json", "withdrawn", undefined, undefined],
  ]);
  await assertRejects(() => a.withdraw(1 as unknown as string), UserError, "`id`");
});

Deno.test("withdrawn by a short-lived peer, or for one recipient of several, a message stays withdrawn", async () => {
  await using peers = new LoopbackPeers();
  const brief = await peers.start("alice", { brief: true });
  const others = ["y".repeat(24), NOBODY];
  const [first] = await brief.send(json([1]), { to: others, queue: true, name: "one.json" });
  await brief.close();
  const again = await peers.start("alice", { brief: true });
  const service = new PeerService(again);
  const [result] = await service.withdraw(first!.id, [NOBODY]);
  assertEquals([result!.status, result!.why], ["withdrawn", "it may have arrived before"]);
  await again.close();
  const full = await peers.start("alice");
  assertEquals(sentOf(full), [
    ["one.json", "queued", undefined, undefined],
    ["one.json", "withdrawn", undefined, "it may have arrived before"],
  ]);
  assertEquals((await full.withdraw(first!.id)).map(({ to }) => to.id), [others[0]]);
});

Deno.test("whoever waits for the outcome of a message that is withdrawn is told so", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const sent = a.send(json([1]), { to: [NOBODY], id });
  await pollUntil(
    async () => (await a.withdraw(id)).some(({ status }) => status === "withdrawn"),
    () => "the message",
  );
  const [result] = await sent;
  assertEquals([result!.status, result!.code, result!.why], ["unreachable", "withdrawn", undefined]);
});

Deno.test("a withdrawal that cannot be written is an error, also asked again, until it can", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const [sent] = await a.send(json([1]), { to: [NOBODY], queue: true });
  const { id } = sent!;
  using db = new DatabaseSync(`${a.state}/earshot.db`);
  db.exec("CREATE TRIGGER full BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'no room'); END");
  for (let n = 0; n < 2; n++) {
    await assertRejects(() => a.withdraw(id, [NOBODY]), UserError, "cannot be recorded");
  }
  db.exec("DROP TRIGGER full");
  await pollUntil(
    async () => (await a.withdraw(id, [NOBODY]).catch(() => []))[0]?.status === "withdrawn",
    () => "the record",
  );
  assertEquals(sentOf(a).map((row) => (row as unknown[])[1]), ["withdrawn"]);
});
