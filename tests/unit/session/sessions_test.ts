import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { encodeMessage, type Message } from "../../../lib/protocol/message.ts";
import { initiate } from "../../../lib/session/handshake.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { connectionPair, FakeStreamWorld } from "../../support/fake_streams.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { SessionNode, testIdentity } from "../../support/session_node.ts";

const random = new SeededRandom(7);

function setting(
  count: number,
  limit?: number,
): { clock: FakeClock; world: FakeStreamWorld; nodes: SessionNode[] } {
  const clock = new FakeClock();
  const world = new FakeStreamWorld();
  const nodes = Array.from(
    { length: count },
    (_, i) =>
      new SessionNode(
        world,
        `10.0.0.${i + 1}`,
        clock,
        random,
        testIdentity(random),
        i === 0 ? limit : undefined,
      ),
  );
  for (const node of nodes) for (const other of nodes) if (other !== node) node.knows(other);
  return { clock, world, nodes };
}

/** Nodes in order of their ids: the first decides between two sessions. */
function byId(nodes: SessionNode[]): SessionNode[] {
  return nodes.toSorted((a, b) => a.id < b.id ? -1 : 1);
}

function chat(text: string, seq = 1): Message {
  return { type: "chat", seq, id: "01JAR".padEnd(26, "0"), to: "you", text };
}

function texts(node: SessionNode): string[] {
  return node.messages.flatMap(({ message }) => message.type === "chat" ? [message.text] : []);
}

async function end(clock: FakeClock, nodes: SessionNode[]): Promise<void> {
  for (const node of nodes) node.wanted.clear();
  const closing = nodes.map((node) => node.sessions.close());
  await clock.advance(2_000);
  await Promise.all(closing);
}

Deno.test("a session is dialled when there is something to send, and carries messages both ways", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  assertEquals(a.sessions.size, 0);
  a.send(b, chat("hello"));
  await clock.advance(100);
  assertEquals(texts(b), ["hello"]);
  b.send(a, chat("hi"));
  await clock.advance(100);
  assertEquals(texts(a), ["hi"]);
  assertEquals([a.sessions.size, b.sessions.size], [1, 1], "the answer takes the same session");
  await end(clock, nodes);
});

Deno.test("a peer to which a message may follow is dialled ahead of it, and only the message dials it again", async () => {
  const { clock, nodes, world } = setting(3);
  const [a, b, c] = nodes as [SessionNode, SessionNode, SessionNode];
  for (let i = 0; i < 2; i++) {
    a.sessions.prepare(b.id);
    await clock.advance(100);
  }
  a.send(b, chat("hello"));
  await clock.advance(100);
  assertEquals(texts(b), ["hello"]);
  assertEquals([a.sessions.size, b.sessions.size], [1, 1]);

  world.silent.add(c.host);
  a.sessions.prepare(c.id);
  await clock.advance(60_000);
  assertEquals(a.log.filter((line) => line.startsWith("unreachable")).length, 1);
  world.silent.delete(c.host);
  a.send(c, chat("at last"));
  await clock.advance(100);
  assertEquals(texts(c), ["at last"]);
  await end(clock, nodes);
});

Deno.test("a session with nothing to say for 60 s is closed as idle, and not before", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.send(b, chat("hello"));
  await clock.advance(59_000);
  assertEquals(a.sessions.size, 1);
  a.wanted.clear();
  await clock.advance(20_000);
  assertEquals([a.sessions.size, b.sessions.size], [0, 0]);
  for (const { log } of nodes) assertEquals(log.slice(-2), ["detached idle", "ended, none goes on"]);
  await end(clock, nodes);
});

Deno.test("a session that waits for an acknowledgement is kept open by pings", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.unacked.add(b.id);
  a.send(b, chat("hello"));
  await clock.advance(59_000);
  b.unacked.add(a.id);
  await clock.advance(240_000);
  assertEquals([a.sessions.size, b.sessions.size], [1, 1]);
  await end(clock, nodes);
});

Deno.test("a peer that says nothing for 30 s is given up, and dialled again as long as it is wanted", async () => {
  const { clock, nodes, world } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.unacked.add(b.id);
  a.send(b, chat("hello"));
  await clock.advance(100);
  world.silent.add(b.host);
  const theirs = world.connections[0]!;
  theirs.read = () => new Promise(() => {});
  await clock.advance(100);
  theirs.write = () => new Promise(() => {});
  await clock.advance(60_000);
  assert(a.log.some((line) => line === "detached silent"), a.log.join());
  assert(a.log.some((line) => line.startsWith("unreachable")), a.log.join());
  world.silent.delete(b.host);
  a.queue.set(b.id, [chat("again")]);
  await clock.advance(61_000);
  assert(texts(b).includes("again"));
  await end(clock, nodes);
});

Deno.test("a peer that stops reading costs the others nothing, and little memory", async () => {
  const { clock, nodes, world } = setting(3);
  const [a, b, c] = nodes as [SessionNode, SessionNode, SessionNode];
  b.send(a, chat("here I am"));
  await clock.advance(10);
  const stalled = world.connections[0]!;
  stalled.read = () => new Promise(() => {});
  a.queue.set(b.id, Array.from({ length: 2_000 }, (_, i) => chat("x".repeat(16_000), i + 1)));
  a.sessions.connect(b.id);
  await clock.advance(10);
  const left = a.queue.get(b.id)!.length;
  assertGreater(left, 1_900, "what cannot be written is not taken from the queue");
  c.send(a, chat("and me?"));
  await clock.advance(10);
  a.send(c, chat("you too"));
  await clock.advance(10);
  assertEquals(texts(c), ["you too"]);
  a.wanted.clear();
  b.wanted.clear();
  await clock.advance(60_000);
  assertEquals(a.sessions.get(b.id), undefined, "it is hung up on in the end");
  await end(clock, nodes);
});

Deno.test("a peer with several addresses is reached through one that works, whatever the others do", async () => {
  const { clock, nodes, world } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  world.silent.add("10.9.9.9");
  a.knows(b, "10.9.9.9", "10.8.8.8", b.host);
  a.send(b, chat("hello"));
  await clock.advance(500);
  assertEquals(texts(b), ["hello"]);
  assertEquals([a.sessions.size, b.sessions.size], [1, 1]);
  await end(clock, nodes);
});

Deno.test("who answers with another key than the one that was dialled gets nothing", async () => {
  const { clock, nodes } = setting(3);
  const [a, b, c] = nodes as [SessionNode, SessionNode, SessionNode];
  a.knows(b, c.host);
  a.send(b, chat("secret"));
  await clock.advance(1_000);
  assertEquals(c.messages, []);
  assert(a.log.includes("unreachable somebody else answers at TCP 10.0.0.3:3333"), a.log.join());
  await end(clock, nodes);
});

Deno.test("where both dial at once one session stays, on both sides the same, and nothing is lost", async () => {
  for (let round = 0; round < 8; round++) {
    const { clock, nodes } = setting(2);
    const [a, b] = nodes as [SessionNode, SessionNode];
    a.send(b, chat("from a"));
    b.send(a, chat("from b"));
    await clock.advance(2_000);
    assertEquals([a.sessions.size, b.sessions.size], [1, 1]);
    assertEquals(a.sessions.get(b.id)!.initiator, !b.sessions.get(a.id)!.initiator, "the same session");
    const [decides] = byId(nodes) as [SessionNode];
    assert(decides.sessions.get(decides === a ? b.id : a.id)!.initiator, "the one of the smaller id");
    a.send(b, chat("still here"));
    b.send(a, chat("me too"));
    await clock.advance(100);
    assert(texts(b).includes("still here") && texts(a).includes("me too"));
    await end(clock, nodes);
  }
});

Deno.test("a restarted peer's session replaces the one of its former life at once", async () => {
  const { clock, nodes, world } = setting(1);
  const a = nodes[0]!;
  const who = testIdentity(random);
  const before = new SessionNode(world, "10.0.0.2", clock, random, who);
  before.knows(a);
  before.send(a, chat("first life"));
  await clock.advance(100);
  const payload = { ...who.identity.payload, boot: who.identity.payload.boot + 1 };
  const after = new SessionNode(world, "10.0.0.3", clock, random, {
    ...who,
    identity: { ...who.identity, payload },
  });
  after.knows(a);
  after.send(a, chat("second life"));
  await clock.advance(100);
  a.knows(after);
  a.send(after, chat("welcome back"));
  await clock.advance(100);
  assertEquals(texts(after), ["welcome back"]);
  assertEquals(a.sessions.size, 1);
  await end(clock, [a, before, after]);
});

Deno.test("a peer that dials again after its link broke is answered at once, whoever decides", async () => {
  for (let round = 0; round < 4; round++) {
    const { clock, nodes, world } = setting(2);
    const [a, b] = nodes as [SessionNode, SessionNode];
    a.send(b, chat("hello"));
    await clock.advance(10_000);
    // The link breaks so that only b notices: a's end stays open and says nothing.
    const mine = world.connections[0]!;
    mine.close = () => {};
    b.sessions.get(a.id)!.abort("broken");
    b.send(a, chat("me again"));
    await clock.advance(1_000);
    a.send(b, chat("I hear you"));
    await clock.advance(1_000);
    assertEquals(texts(a).at(-1), "me again");
    assertEquals(texts(b).at(-1), "I hear you");
    await end(clock, nodes);
  }
});

Deno.test("a full peer makes room by closing its longest-quiet session, and turns a newcomer away where it has none", async () => {
  const { clock, nodes } = setting(5, 2);
  const [a, b, c, d, e] = nodes as [SessionNode, SessionNode, SessionNode, SessionNode, SessionNode];
  b.send(a, chat("b"));
  await clock.advance(2_000);
  c.send(a, chat("c"));
  await clock.advance(2_000);
  b.wanted.clear();
  d.send(a, chat("d"));
  await clock.advance(500);
  assertEquals(a.sessions.get(b.id), undefined);
  assertEquals(texts(a), ["b", "c", "d"]);
  a.unacked.add(c.id).add(d.id);
  e.send(a, chat("e"));
  await clock.advance(900);
  assert(e.log.includes("detached full"), e.log.join());
  assertEquals(a.sessions.size, 2);
  a.unacked.clear();
  e.queue.set(a.id, [chat("e")]);
  await clock.advance(10_000);
  assert(texts(a).includes("e"), "the dialler tries again after 1 to 5 s");
  await end(clock, nodes);
});

Deno.test("however many identities one address makes up, others get a session, in and out, and known peers keep theirs", async () => {
  const { clock, nodes, world } = setting(3, 32);
  const [a, b, friend] = nodes as [SessionNode, SessionNode, SessionNode];
  a.known.add(friend.id);
  friend.send(a, chat("hello"));
  await clock.advance(100);
  const crowd = Array.from({ length: 60 }, () => new SessionNode(world, "10.66.6.6", clock, random));
  for (const each of crowd) {
    each.knows(a);
    each.send(a, chat("mine"));
    a.unacked.add(each.id);
    await clock.advance(20);
  }
  const there = crowd.filter((each) => a.sessions.get(each.id)).length;
  assertLess(there, 31, "places stay for known peers and for our own dials");
  assertGreater(there, 20);
  b.send(a, chat("let me in"));
  await clock.advance(2_000);
  assert(texts(a).includes("let me in"));
  assert(a.sessions.get(friend.id), "a known peer does not give way");
  await end(clock, [...nodes, ...crowd]);
});

Deno.test("a peer that cannot be reached is tried again with growing pauses, and at once when there is news", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.knows(b, "10.77.0.1");
  a.send(b, chat("hello"));
  await clock.advance(600_000);
  const tries = a.log.filter((line) => line.startsWith("unreachable")).length;
  assertGreater(tries, 8);
  assertLess(tries, 60);
  a.knows(b);
  a.sessions.connect(b.id, true);
  await clock.advance(100);
  assertEquals(texts(b), ["hello"]);
  await end(clock, nodes);
});

Deno.test("a new message for a peer that could not be reached dials it, and many do so no more often than every 2 s", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.knows(b, "10.77.0.1");
  a.send(b, chat("hello"));
  await clock.advance(600_000);
  const tries = () => a.log.filter((line) => line.startsWith("unreachable")).length;
  const before = tries();
  for (let i = 0; i < 100; i++) {
    a.send(b, chat(`more ${i}`));
    await clock.advance(100);
  }
  assertLess(tries() - before, 8);
  await clock.advance(30_000);
  a.knows(b);
  a.send(b, chat("now"));
  await clock.advance(200);
  assertEquals(texts(b).at(-1), "now");
  await end(clock, nodes);
});

Deno.test("an error of our own ends the session that met it, and is told; a stranger's is not", async () => {
  for (const step of ["attached", "received", "nextFrame"] as const) {
    const { clock, nodes } = setting(2);
    const [a, b] = nodes as [SessionNode, SessionNode];
    const faulty = step === "nextFrame" ? a : b;
    faulty[step] = () => {
      throw new ReferenceError(`no ${step} yet`);
    };
    a.send(b, chat("hello"));
    await clock.advance(100);
    const told = (node: SessionNode) => node.log.filter((line) => line.startsWith("failed"));
    assertEquals(told(faulty)[0], `failed ReferenceError: no ${step} yet`);
    assertEquals(told(faulty === a ? b : a), []);
    await end(clock, nodes);
  }
});

Deno.test("what a stranger sends instead of a handshake is nobody's fault", async () => {
  const { clock, world, nodes } = setting(2);
  const stranger = await world.host("10.0.0.9").dial(
    { host: "10.0.0.1", port: 3333 },
    new AbortController().signal,
  );
  await stranger.write(new TextEncoder().encode("ES1\n\0\x20GET / HTTP/1.1 and so on, for long enough"));
  await clock.advance(100);
  const hasty = await world.host("10.0.0.9").dial(
    { host: "10.0.0.1", port: 3333 },
    new AbortController().signal,
  );
  hasty.close();
  await clock.advance(6_000);
  assertEquals(nodes[0]!.log, []);
  await end(clock, nodes);
});

Deno.test("a session that is probed goes on if the other side answers, and ends within 4 s if it does not", async () => {
  const { clock, world, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.send(b, chat("hello"));
  await clock.advance(5_000);
  let lost = 0;
  // What is under way is read, and nothing after it.
  world.connections[0]!.read = () => new Promise(() => {});
  a.sessions.get(b.id)!.probe(() => lost++);
  await clock.advance(5_000);
  assertEquals([lost, a.sessions.size], [0, 1]);
  world.silent.add(b.host);
  a.sessions.get(b.id)!.probe(() => lost++);
  a.sessions.get(b.id)!.probe(() => lost++);
  await clock.advance(3_900);
  assertEquals([lost, a.sessions.size], [0, 1]);
  await clock.advance(200);
  assertEquals([lost, a.log.includes("detached its address changed")], [1, true]);
  world.silent.delete(b.host);
  await end(clock, nodes);
});

Deno.test("of a peer whose goodbye comes in one piece with its third message no session stays", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  const who = testIdentity(random);
  const [mine, theirs] = connectionPair();
  void a.sessions.accept(theirs);
  const write = mine.write.bind(mine);
  let writes = 0;
  let third = new Uint8Array();
  mine.write = (data) => {
    if (++writes === 1) return write(data);
    third = data.slice();
    return Promise.resolve();
  };
  const { send } = await initiate(mine, who.identity, a.id, clock);
  const record = send.encryptWithAd(new Uint8Array(), encodeMessage({ type: "close", why: "bye" }));
  await write(Uint8Array.from([...third, record.length >> 8, record.length & 255, ...record]));
  await clock.advance(100);
  assertEquals([a.sessions.size, a.sessions.get(who.id)], [0, undefined]);
  assertEquals(a.log, ["attached accepted", "detached bye", "ended, none goes on"]);
  await end(clock, [a, b]);
});

Deno.test("whoever is at an address is met by a session, which proves the id; one that is there already stays", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.addresses.clear();
  const at = (host: string) => [{ host, port: 3333 }];
  assertEquals(await a.sessions.meet(at(b.host)), { id: b.id });
  await clock.advance(10);
  const session = a.sessions.get(b.id);
  assert(session?.initiator && b.sessions.get(a.id));
  assertEquals(await a.sessions.meet(at(b.host)), { id: b.id });
  await clock.advance(10);
  assertEquals([a.sessions.get(b.id), a.sessions.size, b.sessions.size], [session, 1, 1]);
  assertEquals(await a.sessions.meet(at(a.host)), { id: a.id }, "we ourselves");
  assertEquals([a.sessions.get(a.id), a.sessions.size], [undefined, 1]);
  const other = await a.sessions.meet(at(b.host), "x".repeat(24));
  assertEquals("failures" in other && other.failures.map(({ kind }) => kind), ["somebody-else"]);
  const nobody = await a.sessions.meet(at("10.0.0.99"));
  assertEquals("failures" in nobody && nobody.failures.map(({ kind }) => kind), ["refused"]);
  await end(clock, nodes);
});

Deno.test("a session that both sides keep stays though nothing is said, and ends 60 s after one lets it go", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.kept.add(b.id);
  b.kept.add(a.id);
  await a.sessions.meet([{ host: b.host, port: 3333 }]);
  await clock.advance(600_000);
  assertEquals([a.sessions.size, b.sessions.size], [1, 1]);
  b.kept.clear();
  await clock.advance(20_000);
  assertEquals([a.sessions.size, b.sessions.size], [0, 0]);
  assertEquals(a.log.at(-2), "detached idle");
  await end(clock, nodes);
});

Deno.test("after the end nobody is dialled any more", async () => {
  const { clock, world, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  const closing = a.sessions.close();
  assertEquals(await a.sessions.meet([{ host: b.host, port: 3333 }]), { failures: [] });
  await closing;
  assertEquals(world.connections.length, 0);
  await end(clock, nodes);
});

Deno.test("a session whose path broke is replaced as soon as there is one again, and by nothing before", async () => {
  const { clock, nodes, world } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.send(b, chat("hello"));
  await clock.advance(10_000);
  a.unacked.add(b.id);
  const [path] = world.connections;
  path!.read = () => new Promise(() => {});
  path!.write = () => new Promise(() => {});
  world.silent.add(b.host);
  a.send(b, chat("lost with the path"));
  await clock.advance(20_000);
  assertEquals(a.log, ["attached dialled"]);
  world.silent.delete(b.host);
  a.send(b, chat("again"));
  await clock.advance(5_000);
  assert(a.log.includes("detached replaced"), a.log.join());
  assertEquals([texts(b), a.sessions.size, b.sessions.size], [["hello", "again"], 1, 1]);
  await end(clock, nodes);
});

Deno.test("a peer that is slow to answer has its session replaced later each time", async () => {
  const { clock, nodes } = setting(2);
  const [a, b] = nodes as [SessionNode, SessionNode];
  a.unacked.add(b.id);
  a.send(b, chat("hello"));
  await clock.advance(100);
  b.drained = () => new Promise(() => {});
  const since = clock.now();
  const replaced: number[] = [];
  a.sessions.on((event) => {
    if (event.type === "detached" && event.why === "replaced") replaced.push(clock.now() - since);
  });
  await clock.advance(30_000);
  assertEquals(replaced.length, 3, `${replaced}`);
  for (let i = 2; i < replaced.length; i++) {
    assertGreater(replaced[i]! - replaced[i - 1]!, 1.4 * (replaced[i - 1]! - replaced[i - 2]!));
  }
  b.drained = () => undefined;
  await end(clock, nodes);
});

Deno.test("when the network changed, whoever waits is dialled at once, and every session is asked", async () => {
  const { clock, nodes, world } = setting(3);
  const [a, b, c] = nodes as [SessionNode, SessionNode, SessionNode];
  a.send(c, chat("hello"));
  world.silent.add(b.host);
  a.send(b, chat("hello"));
  await clock.advance(300_000);
  world.silent.delete(b.host);
  a.send(c, chat("hello again"));
  await clock.advance(100);
  const heard = a.sessions.get(c.id)!.heardAt;
  a.sessions.networkChanged();
  await clock.advance(100);
  assertEquals(texts(b), ["hello"]);
  assertGreater(a.sessions.get(c.id)!.heardAt, heard);
  await end(clock, nodes);
});
