import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Peer } from "../../../lib/mod.ts";
import { UserError } from "../../../lib/mod.ts";
import { OUTBOX_PEER_MESSAGES_MAX } from "../../../lib/protocol/limits.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";
import { TIMEOUT } from "../../support/patience.ts";

/** Columns of a table of a peer's database. */
function read(peer: Peer, sql: string): unknown[][] {
  const db = new DatabaseSync(`${peer.state}/earshot.db`, { readOnly: true });
  try {
    return db.prepare(sql).all().map((row) => Object.values(row));
  } finally {
    db.close();
  }
}

const SENT =
  "SELECT recipient_name, kind, addressed, name, status, code, coalesce(text, CAST(body AS TEXT)) FROM sent ORDER BY at, row";

Deno.test("what was sent is in the history with how it ended, whether it waited or not", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  let b = await peers.start("bob", { maxSize: 50 });
  await peers.event(a, "peer", (event) => event.id === b.id);
  await a.say("hello everybody");
  await a.send(json([1]), { to: [b.id], name: "one.json" });
  await a.send(json("x".repeat(60)), { to: [b.id], name: "two.json" });
  await b.close();
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "gone");
  const [queued] = await a.send(json([3]), { to: [b.id], name: "three.json", queue: true });
  const withdrawn = await a.send(json([4]), { to: [b.id], name: "four.json", timeout: 20 });
  assertEquals(withdrawn[0]!.status, "unreachable");
  b = await peers.start("bob");
  await peers.event(a, "delivered", ({ id }) => id === queued!.id);
  await a.close();
  assertEquals(read(a, SENT), [
    ["bob", "chat", "all", "", "delivered", null, "hello everybody"],
    ["bob", "document", null, "one.json", "delivered", null, "[1]"],
    ["bob", "document", null, "two.json", "refused", "too-large", `"${"x".repeat(60)}"`],
    ["bob", "document", null, "three.json", "delivered", null, "[3]"],
  ]);
});

Deno.test("a short-lived peer notes what it sent, too", async () => {
  await using peers = new LoopbackPeers();
  await peers.start("alice");
  const brief = await peers.start("errand", { brief: true });
  const to = await brief.resolve("alice", TIMEOUT);
  await brief.send(json({}), { to: [to.id], name: "errand.json" });
  await brief.close();
  assertEquals(read(brief, SENT), [["alice", "document", null, "errand.json", "delivered", null, "{}"]]);
});

Deno.test("a full outbox refuses what is to wait for that peer, tells it by name, and hurts nothing else", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  const c = await peers.start("carol");
  for (const other of [b, c]) await peers.event(a, "peer", (event) => event.id === other.id);
  await b.close();
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "gone");
  const queue = { to: [b.id], queue: true };
  await Promise.all(Array.from({ length: OUTBOX_PEER_MESSAGES_MAX }, () => a.send(json(1), queue)));
  const { message } = await assertRejects(() => a.send(json(2), queue), UserError, "10000 messages for bob");
  const [refused, taken] = await a.send(json(2), { to: [b.id, c.id], queue: true });
  assertEquals([refused?.status, refused?.why, taken?.status], [
    "unreachable",
    message.replace(/\.$/, ""),
    "queued",
  ]);
  assertEquals((await a.say("hello all")).map(({ status }) => status), ["delivered"]);
  assertEquals((await a.send(json(3), { to: [c.id] }))[0]?.status, "delivered");
  assertEquals(peers.events(a).filter((event) => event.event === "warning").length, 1);
  const waiting = read(a, `SELECT count(*) FROM outbox WHERE recipient = '${b.id}'`);
  assertEquals(waiting, [[OUTBOX_PEER_MESSAGES_MAX]]);
});

Deno.test("how long a message waits is what the owner says", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice", { outboxDays: 30 });
  await a.send(json(1), { to: ["c".repeat(24)], queue: true });
  assertEquals(
    read(
      a,
      "SELECT round((expires - (SELECT value FROM meta WHERE key = 'lived time')) / 86400000.0) FROM outbox",
    ),
    [[30]],
  );
  for (const wrong of [{ outboxDays: 0 }, { keepDays: -1 }]) {
    await assertRejects(() => peers.start("wrong", wrong), UserError, "at most 36500 days");
  }
});
