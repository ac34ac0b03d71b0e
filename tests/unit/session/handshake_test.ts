import { assert, assertEquals, assertRejects } from "@std/assert";
import { newJoinCode, parseJoinCode } from "../../../lib/identity/join_code.ts";
import {
  HANDSHAKE_LIMIT_MS,
  HandshakeError,
  initiate,
  respond,
  SeenEphemerals,
} from "../../../lib/session/handshake.ts";
import { HandshakeSlots } from "../../../lib/session/handshake_slots.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { connectionPair, type FakeConnection, FakeStreamWorld } from "../../support/fake_streams.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { SessionNode, testIdentity } from "../../support/session_node.ts";

const random = new SeededRandom(11);
const lab = parseJoinCode(newJoinCode("lab", random.bytes(16)));
const otherLab = parseJoinCode(newJoinCode("lab", random.bytes(16)));

async function readAll(connection: FakeConnection): Promise<Uint8Array> {
  const all: number[] = [];
  const buffer = new Uint8Array(4_096);
  for (;;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return Uint8Array.from(all);
    all.push(...buffer.subarray(0, count));
  }
}

Deno.test("both sides of a handshake prove who they are, in open and closed groups", async () => {
  for (const group of [undefined, lab]) {
    const clock = new FakeClock();
    const [a, b] = [testIdentity(random, { name: "a" }, group), testIdentity(random, { name: "b" }, group)];
    const [mine, theirs] = connectionPair();
    const [dialled, accepted] = await Promise.all([
      initiate(mine, a.identity, b.id, clock),
      respond(theirs, b.identity, new SeenEphemerals(clock), clock),
    ]);
    assertEquals([dialled.remoteId, accepted.remoteId], [b.id, a.id]);
    assertEquals([dialled.remote.name, accepted.remote.name], ["b", "a"]);
    const sealed = dialled.send.encryptWithAd(new Uint8Array(), new TextEncoder().encode("hello"));
    assertEquals(accepted.receive.decryptWithAd(new Uint8Array(), sealed), new TextEncoder().encode("hello"));
  }
});

Deno.test("who lacks the join code of a closed group, and heard nobody who has it, gets not one byte", async () => {
  for (const group of [undefined, otherLab]) {
    const clock = new FakeClock();
    const inside = testIdentity(random, {}, lab);
    const outside = testIdentity(random, {}, group);
    const [mine, theirs] = connectionPair();
    const answer = respond(theirs, inside.identity, new SeenEphemerals(clock), clock);
    await assertRejects(() => initiate(mine, outside.identity, inside.id, clock));
    await assertRejects(() => answer);
    assertEquals(theirs.written, 0);
  }
});

Deno.test("a repeated first message is refused, with nothing that can be read", async () => {
  const clock = new FakeClock();
  const [a, b] = [testIdentity(random, {}, lab), testIdentity(random, {}, lab)];
  const seen = new SeenEphemerals(clock);
  const [mine, theirs] = connectionPair();
  const recorded: number[] = [];
  const write = mine.write.bind(mine);
  mine.write = (data) => {
    if (recorded.length === 0) recorded.push(...data);
    return write(data);
  };
  await Promise.all([initiate(mine, a.identity, b.id, clock), respond(theirs, b.identity, seen, clock)]);
  const [replayer, victim] = connectionPair();
  await replayer.write(Uint8Array.from(recorded));
  await assertRejects(() => respond(victim, b.identity, seen, clock), HandshakeError, "repeated");
  assertEquals(victim.written, 0);
});

Deno.test("a first message of a member, repeated to a peer that was started anew, brings one answer that says nothing", async () => {
  const clock = new FakeClock();
  const [a, b] = [testIdentity(random, {}, lab), testIdentity(random, { name: "bob-s-name" }, lab)];
  const [mine, theirs] = connectionPair();
  const recorded: number[] = [];
  const write = mine.write.bind(mine);
  mine.write = (data) => {
    if (recorded.length === 0) recorded.push(...data);
    return write(data);
  };
  const before = new SeenEphemerals(clock);
  await Promise.all([initiate(mine, a.identity, b.id, clock), respond(theirs, b.identity, before, clock)]);
  const [replayer, victim] = connectionPair();
  await replayer.write(Uint8Array.from(recorded));
  const ended = assertRejects(() => respond(victim, b.identity, new SeenEphemerals(clock), clock));
  await clock.advance(HANDSHAKE_LIMIT_MS);
  await ended;
  const got = await readAll(replayer);
  assert(got.length === victim.written && got.length > 96 && got.length <= 2 + 608, `${got.length} bytes`);
  const text = new TextDecoder().decode(got);
  assert(!text.includes("bob-s-name") && !text.includes(b.id));
});

Deno.test("a stranger who sends garbage, stops, or sends a byte a second is hung up on within 5 s", async () => {
  const world = new FakeStreamWorld();
  const clock = new FakeClock();
  const node = new SessionNode(world, "10.0.0.1", clock, random);
  const say = async (bytes: Uint8Array, pauseMs: number): Promise<FakeConnection> => {
    const [stranger, accepted] = connectionPair();
    void node.sessions.accept(accepted);
    for (const byte of bytes) {
      if (!stranger.closed) await stranger.write(Uint8Array.of(byte)).catch(() => {});
      if (pauseMs > 0) await clock.advance(pauseMs);
    }
    await clock.advance(HANDSHAKE_LIMIT_MS);
    assert(accepted.closed);
    return stranger;
  };
  const preface = [0x45, 0x53, 0x31, 0x0a];
  for (
    const bytes of [
      [],
      [1, 2, 3, 4, 5, 6],
      [...new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
      preface,
      [...preface, 0],
      [...preface, 0, 0],
      [...preface, 255, 255, 1, 2, 3],
      [...preface, 0, 32, ...new Uint8Array(32)],
      [...preface, 0, 32, ...random.bytes(32), 0, 200, ...random.bytes(200)],
    ]
  ) {
    await readAll(await say(Uint8Array.from(bytes), 0));
  }
  await say(Uint8Array.from([...preface, 0, 32, ...random.bytes(32)]), 1_000);
  assertEquals(node.sessions.size, 0);
});

Deno.test("garbage in place of a record ends that session and no other", async () => {
  const world = new FakeStreamWorld();
  const clock = new FakeClock();
  const nodes = [1, 2, 3].map((i) => new SessionNode(world, `10.0.0.${i}`, clock, random)) as [
    SessionNode,
    SessionNode,
    SessionNode,
  ];
  const [a, b, c] = nodes;
  for (const node of [b, c]) {
    node.knows(a);
    node.send(a, { type: "ping", n: 1 });
  }
  await clock.advance(10);
  b.wanted.clear();
  await world.connections[0]!.write(Uint8Array.from([0, 40, ...random.bytes(40)]));
  await clock.advance(10);
  assertEquals(a.sessions.get(b.id), undefined);
  assert(a.sessions.get(c.id));
  for (const node of nodes) node.wanted.clear();
  const closing = nodes.map((node) => node.sessions.close());
  await clock.advance(2_000);
  await Promise.all(closing);
});

Deno.test("nobody keeps the door shut: if all places are taken, the address that has most of them gives way", () => {
  const slots = new HandshakeSlots();
  const same = Array.from({ length: 70 }, () => connectionPair("10.0.0.9")[1]);
  for (const connection of same) slots.take(connection);
  assertEquals(same.map((each) => each.closed), [...Array(6).fill(true), ...Array(64).fill(false)]);
  const many = Array.from({ length: 63 }, (_, i) => connectionPair(`10.0.1.${i}`)[1]);
  for (const connection of many) slots.take(connection);
  assert(many.every((each) => !each.closed), "nobody else has to go");
  assertEquals(same.filter((each) => !each.closed).length, 1);
  slots.closeAll();
  assert(many.every((each) => each.closed));
  const [alone, ...neighbours] = Array.from(
    { length: 80 },
    (_, i) => connectionPair(i === 0 ? "2001:db8:0:2::1" : `2001:db8:0:1::${i.toString(16)}`)[1],
  );
  for (const connection of [alone!, ...neighbours]) slots.take(connection);
  assert(!alone!.closed, "a /64 counts as one address");
});

Deno.test("first messages are remembered for ten minutes, in bounded memory", async () => {
  const clock = new FakeClock();
  const seen = new SeenEphemerals(clock);
  const key = random.bytes(32);
  assert(seen.add(key));
  await clock.advance(9 * 60_000);
  assert(!seen.add(key));
  await clock.advance(2 * 60_000);
  assert(seen.add(key));
});
