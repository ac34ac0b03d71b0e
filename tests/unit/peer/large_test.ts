import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { type Peer, UserError } from "../../../lib/mod.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";

const MIB = 1024 * 1024;

/** A JSON text of so many bytes in pieces, no two pieces alike. */
async function* text(size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size;) {
    const piece = new Uint8Array(Math.min(100_000, size - at));
    for (let i = 0; i < piece.length; i++) piece[i] = 97 + (at + i + Math.floor((at + i) / 26)) % 26;
    if (at === 0) piece[0] = 0x22;
    at += piece.length;
    if (at === size) piece[piece.length - 1] = 0x22;
    yield await piece;
  }
}

async function hashOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

async function hashOfFile(path: string): Promise<string> {
  using file = await Deno.open(path);
  return await hashOf(file.readable);
}

async function meet(peers: LoopbackPeers, ...all: Peer[]): Promise<void> {
  for (const one of all) {
    for (const other of all) {
      if (one !== other) {
        await peers.event(one, "peer", (event) => event.id === other.id && event.state === "up");
      }
    }
  }
}

function spooled(peer: Peer): string[] {
  return [...Deno.readDirSync(join(peer.state, "spool"))].map(({ name }) => name);
}

Deno.test("a large document arrives byte for byte, once, with one event, and its copies go", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = [await peers.start("alice"), await peers.start("bob")];
  await meet(peers, a, b);
  const progress: number[] = [];
  const [result] = await a.send(text(6 * MIB), {
    to: [b.id],
    name: "big.json",
    progress: (_, bytes) => progress.push(bytes),
  });
  assertEquals(result?.status, "delivered");
  const event = await peers.event(b, "document");
  assertEquals([event.name, event.size, event.path], [
    "big.json",
    6 * MIB,
    join(b.inbox, "alice", "big.json"),
  ]);
  assertEquals(await hashOfFile(event.path), await hashOf(text(6 * MIB)));
  assertEquals(peers.events(b).filter(({ event }) => event === "document").length, 1);
  assertEquals(progress, progress.toSorted((x, y) => x - y));
  assert(progress.length > 3);
  const [again] = await a.send(text(6 * MIB), { to: [b.id], name: "big.json", id: result!.id });
  assertEquals(again?.status, "delivered");
  assertEquals(peers.events(b).filter(({ event }) => event === "document").length, 1);
  await a.close();
  assertEquals(spooled(a), []);
});

Deno.test("a document just over one frame goes, in memory or as pieces, and a small one as pieces too", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = [await peers.start("alice"), await peers.start("bob")];
  await meet(peers, a, b);
  for (const size of [64_999, 65_000, 65_001, 65_535, 65_536, 131_072, 524_288, 524_289]) {
    const inMemory = json("x".repeat(size - 2));
    const [one] = await a.send(inMemory, { to: [b.id], name: `m${size}.json` });
    const [two] = await a.send(text(size), { to: [b.id], name: `p${size}.json` });
    assertEquals([one?.status, two?.status], ["delivered", "delivered"]);
    assertEquals(Deno.readFileSync(join(b.inbox, "alice", `m${size}.json`)), inMemory);
    assertEquals(await hashOfFile(join(b.inbox, "alice", `p${size}.json`)), await hashOf(text(size)));
  }
});

Deno.test("what is not JSON, or too long for a stream, leaves nothing behind and goes nowhere", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const wrong = new Uint8Array(MIB).fill(0x20);
  await assertRejects(() => a.send(wrong, { to: [] }), UserError, "not JSON at byte 1048576");
  await assertRejects(() => a.send(text(70_000), { to: [], stream: "log" }), UserError, "65000 bytes");
  assertEquals(spooled(a), []);
});

Deno.test("the receiver's limit is told, and one copy in the spool serves several recipients", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const [b, c, d] = [
    await peers.start("bob", { maxSize: MIB }),
    await peers.start("carol"),
    await peers.start("dave"),
  ];
  await meet(peers, a, b, c, d);
  const results = await a.send(text(2 * MIB), { to: [b.id, c.id, d.id], name: "big.json" });
  assertEquals(results.map(({ status, code }) => code ?? status), ["too-large", "delivered", "delivered"]);
  for (const peer of [c, d]) {
    assertEquals(await hashOfFile(join(peer.inbox, "alice", "big.json")), await hashOf(text(2 * MIB)));
  }
  await a.close();
  assertEquals(spooled(a), []);
});

Deno.test("a receiver that restarts in the middle goes on where its disk is, without being asked", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  let b = await peers.start("bob");
  await meet(peers, a, b);
  const progress: number[] = [];
  let restarted: Promise<void> | undefined;
  const [result] = await a.send(text(24 * MIB), {
    to: [b.id],
    name: "big.json",
    progress: (_, bytes) => {
      progress.push(bytes);
      if (bytes > 10 * MIB) {
        restarted ??= b.close().then(async () => {
          b = await peers.start("bob");
        });
      }
    },
  });
  await restarted;
  assertEquals(result?.status, "delivered");
  const before = progress.findIndex((bytes) => bytes > 10 * MIB);
  assert(progress.slice(before).every((bytes) => bytes > 8 * MIB), `it began anew: ${progress}`);
  assertEquals(await hashOfFile(join(b.inbox, "alice", "big.json")), await hashOf(text(24 * MIB)));
});

Deno.test("a large document waits in the outbox over a restart of its sender, and goes when its recipient comes", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  const b = await peers.start("bob");
  await meet(peers, a, b);
  await b.close();
  const [queued] = await a.send(text(3 * MIB), { to: [b.id], name: "big.json", queue: true });
  assertEquals(queued?.status, "queued");
  await a.close();
  assertEquals(spooled(a).length, 1);
  a = await peers.start("alice");
  const back = await peers.start("bob");
  const event = await peers.event(back, "document");
  assertEquals(await hashOfFile(event.path), await hashOf(text(3 * MIB)));
  await peers.event(a, "delivered", ({ id }) => id === queued!.id);
  await a.close();
  assertEquals(spooled(a), []);
});

Deno.test("two large documents in opposite directions, and chat between them, all arrive", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = [await peers.start("alice"), await peers.start("bob")];
  await meet(peers, a, b);
  const size = 12 * MIB;
  let done = false;
  const both = Promise.all([
    a.send(text(size), { to: [b.id], name: "big.json" }),
    b.send(text(size), { to: [a.id], name: "big.json" }),
  ]).finally(() => done = true);
  let chats = 0;
  for (; !done; chats++) assertEquals((await a.say(`line ${chats}`, { to: [b.id] }))[0]?.status, "delivered");
  assertEquals((await both).flat().map(({ status }) => status), ["delivered", "delivered"]);
  assert(chats > 1);
  const hash = await hashOf(text(size));
  assertEquals(await hashOfFile(join(b.inbox, "alice", "big.json")), hash);
  assertEquals(await hashOfFile(join(a.inbox, "bob", "big.json")), hash);
});

Deno.test("a copy in the spool that is gone is told as such, and holds back nothing else", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  const b = await peers.start("bob");
  await meet(peers, a, b);
  await b.close();
  const [queued] = await a.send(text(MIB), { to: [b.id], queue: true });
  await a.close();
  Deno.removeSync(join(a.state, "spool", spooled(a)[0]!));
  a = await peers.start("alice");
  const back = await peers.start("bob");
  const refused = await peers.event(a, "refused");
  assertEquals([refused.id, refused.code], [queued!.id, "unreadable"]);
  assertEquals((await a.send(json(1), { to: [back.id] }))[0]?.status, "delivered");
});
