import { assert, assertEquals } from "@std/assert";
import { decodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { knows, missing, Simulation, told } from "../../simulation/discovery_world.ts";
import { addressOf, settled } from "./support.ts";

Deno.test("a peer whose link is lost is gone within 22 s among three, and up again when the link is back", () => {
  for (let round = 0; round < 20; round++) {
    const sim = new Simulation();
    const [a, b, c] = [sim.start(), sim.start(), sim.start()];
    sim.run(5 + sim.random.between(0, 40));
    c.host.setUp("eth0", false);
    const took = sim.runUntil(() => !knows(a, c) && !knows(b, c), 60_000);
    assert(took <= 22_000, `${took} ms`);
    assert(knows(a, b) && knows(b, a));
    assertEquals(told(a, c), ["up", "gone:silence"]);
    c.host.setUp("eth0", true);
    assert(sim.runUntil(() => missing([a, b, c]) === 0, 30_000) <= 150);
  }
});

Deno.test("a silent peer is asked three times within 3 s before it is gone", () => {
  const { sim, a, b } = settled(2);
  const asked: number[] = [];
  sim.world.onSent = ({ net, to, at }) => {
    if (net === a.net && to !== undefined && asked.at(-1) !== at) asked.push(at);
  };
  b.host.setCut(true);
  sim.run(30);
  const gone = asked[0]! + 3_000;
  assertEquals(asked.map((at) => Math.round(gone - at)), [3_000, 2_000, 1_000]);
  assertEquals(told(a, b), ["gone:silence"]);
});

Deno.test("the answer to a second or third ask counts where the first is lost", () => {
  for (const lost of [1, 2]) {
    const { sim, a, b } = settled(2);
    let asked = 0;
    let answered = 0;
    sim.world.onSent = ({ net, to, data }) => {
      if (net === b.net && to !== undefined && decodeAnnouncement(data).echo) answered++;
      if (net !== a.net || to?.port === 3333 || decodeAnnouncement(data).want !== b.self.id) return;
      if (++asked > lost) b.host.setCut(false);
    };
    b.host.setCut(true);
    sim.runUntil(() => asked > lost, 60_000);
    sim.run(0.2);
    assertEquals([answered, told(a, b)], [1, []]);
    sim.run(30);
    assertEquals(told(a, b), []);
  }
});

Deno.test("a live session is a sign of life, and its end starts the silence when the peer was last heard", () => {
  const { sim, a, b } = settled(2);
  a.sessions.set(b.self.id, () => sim.clock.now());
  a.discovery.sessionSeen(b.self.id, { ...b.self });
  b.host.setCut(true);
  sim.run(300);
  assertEquals(told(a, b), []);
  const heardAt = sim.clock.now();
  a.sessions.set(b.self.id, () => heardAt);
  sim.run(10);
  a.sessions.clear();
  a.discovery.sessionLost(b.self.id, sim.clock.now() - 10_000);
  const took = sim.runUntil(() => !knows(a, b), 60_000);
  assert(took <= 12_000, `${took} ms`);
});

Deno.test("a session through which nothing is heard any more keeps nobody here", () => {
  const { sim, a, b } = settled(3);
  const cutAt = sim.clock.now() + 60_000;
  a.sessions.set(b.self.id, () => Math.min(sim.clock.now(), cutAt));
  a.discovery.sessionSeen(b.self.id, { ...b.self });
  sim.run(60);
  b.host.setCut(true);
  const took = sim.runUntil(() => !knows(a, b), 60_000);
  assert(took <= 22_000, `${took} ms`);
});

Deno.test("a peer whose announcements are blocked is here as long as it answers through its session", () => {
  const { sim, a, b } = settled(2);
  // Heard every 20 s, as pings of an idle session go.
  a.sessions.set(b.self.id, () => sim.clock.now() - sim.clock.now() % 20_000);
  a.discovery.sessionSeen(b.self.id, { ...b.self });
  b.host.setCut(true);
  let pings = 0;
  const session = a.sessions.get(b.self.id)!;
  a.sessions.set(b.self.id, () => a.pinged.has(b.self.id) ? (pings++, sim.clock.now()) : session());
  sim.run(300);
  assertEquals(told(a, b), []);
  assert(pings > 0);
});

Deno.test("a peer that says bye is gone when it does not answer, and a peer that never said it stays", async () => {
  const { sim, a, b, peers } = settled(3);
  for (let i = 0; i < 40; i++) {
    sim.forge(addressOf(b), { t: "bye", id: b.self.id, boot: b.self.boot, seq: 5_000 + i });
    sim.run(0.5);
  }
  assertEquals(peers.map((peer) => told(peer, b)), [[], [], []]);
  const closed = b.discovery.close();
  const took = sim.runUntil(() => !knows(a, b) && !knows(peers[2]!, b), 30_000);
  // The last forged bye may have been asked about less than 10 s ago.
  assert(took <= 13_500, `${took} ms`);
  await sim.clock.advance(1);
  await closed;
  assertEquals(told(a, b), ["gone:bye"]);
});

Deno.test("what was under way when a peer said bye does not take that back", async () => {
  for (const answers of [false, true]) {
    const { sim, a, b } = settled(2);
    let nonce: string | undefined;
    sim.world.onSent = ({ net, data }) => {
      if (net === a.net) nonce ??= decodeAnnouncement(data).nonce;
    };
    a.discovery.check(b.self.id);
    sim.run(1);
    const closed = b.discovery.close();
    sim.run(0.01);
    const { id, name, kind, boot, port } = b.self;
    const echo = answers ? nonce : undefined;
    assert(!answers || echo);
    sim.forge(addressOf(b), { t: "hello", id, name, kind, boot, port, seq: 5_000, echo });
    const took = sim.runUntil(() => !knows(a, b), 30_000);
    assert(took <= 4_000, `${took} ms`);
    assertEquals(told(a, b), ["gone:bye"]);
    await sim.clock.advance(1);
    await closed;
  }
});

Deno.test("a peer that is asked for the third time when somebody says bye for it is asked once more", () => {
  const { sim, a, b } = settled(2);
  let asked = 0;
  sim.world.onSent = ({ net, to }) => asked += net === a.net && to !== undefined && to.port !== 3333 ? 1 : 0;
  b.host.setCut(true);
  a.discovery.check(b.self.id);
  sim.runUntil(() => asked === 3, 10_000);
  sim.run(0.1);
  b.host.setCut(false);
  sim.forge(addressOf(b), { t: "bye", id: b.self.id, boot: b.self.boot, seq: 5_000 });
  sim.run(20);
  assertEquals(told(a, b), []);
});

Deno.test("a bye is asked about once in 10 s, however many come", () => {
  const { sim, a, b } = settled(2);
  let asks = 0;
  sim.world.onSent = ({ net, to }) => asks += net === a.net && to !== undefined ? 1 : 0;
  for (let i = 0; i < 1_000; i++) {
    sim.forge(addressOf(b), { t: "bye", id: b.self.id, boot: b.self.boot, seq: 5_000 + i });
    sim.run(0.03);
  }
  assert(asks >= 1 && asks <= 8, `${asks}`);
});

Deno.test("with a session open a bye is asked about when the session ends", async () => {
  const { sim, a, b } = settled(2);
  a.sessions.set(b.self.id, () => sim.clock.now());
  const closed = b.discovery.close();
  sim.run(60);
  assertEquals(told(a, b), []);
  a.sessions.clear();
  a.discovery.sessionLost(b.self.id, sim.clock.now());
  sim.run(3.1);
  assertEquals(told(a, b), ["gone:bye"]);
  await sim.clock.advance(1);
  await closed;
});

Deno.test("a check tells within seconds that a peer is gone, and asks one that is there only once in 10 s", () => {
  const { sim, a, b } = settled(2);
  let asks = 0;
  sim.world.onSent = ({ net, to }) => asks += net === a.net && to !== undefined ? 1 : 0;
  for (let i = 0; i < 90; i++) {
    a.discovery.check(b.self.id);
    sim.run(0.1);
  }
  assertEquals([asks, told(a, b)], [1, []]);
  sim.run(12);
  b.host.setCut(true);
  a.discovery.check(b.self.id);
  a.discovery.check(sim.id());
  sim.run(3.1);
  assertEquals(told(a, b), ["gone:silence"]);
  a.discovery.check(b.self.id);
});

Deno.test("a peer that says bye is gone after its check, also while the silence of others counts for nothing", () => {
  for (const asked of [false, true]) {
    const sim = new Simulation();
    const host = sim.host(sim.interface(), sim.interface("eth1", "other"));
    const [a, b] = [sim.start({ host }), sim.start()];
    sim.run(15);
    host.setUp("eth1", false);
    sim.run(1);
    if (asked) a.discovery.check(b.self.id);
    void b.discovery.close();
    const took = sim.runUntil(() => !knows(a, b), 60_000);
    assert(took <= 4_000, `${took} ms`);
    assertEquals(told(a, b), ["up", "gone:bye"]);
  }
});

Deno.test("a bye counts at once though the peer was in doubt a moment before", () => {
  const { sim, a, b } = settled(2);
  a.discovery.check(b.self.id);
  sim.run(1);
  void b.discovery.close();
  const took = sim.runUntil(() => !knows(a, b), 60_000);
  assert(took <= 4_000, `${took} ms`);
});

Deno.test("of many who only dialled us, and left, nothing is kept for longer than a silence", () => {
  const sim = new Simulation();
  const a = sim.start();
  sim.run(5);
  let sent = 0;
  sim.world.onSent = ({ net, to }) => sent += net === a.net && to !== undefined ? 1 : 0;
  for (let i = 0; i < 2_000; i++) {
    const id = sim.id();
    a.discovery.sessionSeen(id, { name: `guest-${i}`, kind: "linux", boot: 1 });
    a.discovery.sessionLost(id, sim.clock.now());
  }
  sim.run(20);
  assertEquals([a.discovery.roster.entries().length, sent], [0, 0]);
});

Deno.test("a peer that only a session shows is gone within 4 s of a session that it ended with bye, else after its silence", () => {
  for (const saidBye of [true, false]) {
    const sim = new Simulation();
    const a = sim.start();
    sim.run(60);
    const id = sim.id();
    // One that we dialled can be asked, one that dialled us cannot.
    for (const address of [{ host: "10.99.0.5", port: 3333 }, undefined]) {
      a.events.length = 0;
      a.sessions.set(id, () => sim.clock.now());
      a.discovery.sessionSeen(id, { name: "far", kind: "linux", boot: 1, address });
      sim.run(300);
      assert(a.discovery.roster.get(id)?.state === "up" && !a.discovery.hears(id));
      a.sessions.delete(id);
      a.discovery.sessionLost(id, sim.clock.now(), saidBye);
      const took = sim.runUntil(() => a.discovery.roster.get(id)?.state !== "up", 60_000);
      assert(saidBye ? took <= 4_000 : took > 10_000 && took <= 20_000, `${took} ms`);
      const gone = a.events.findLast(({ type }) => type === "gone");
      assertEquals(gone?.type === "gone" && gone.why, saidBye ? "bye" : "silence");
    }
  }
});

Deno.test("a peer is heard as long as its announcements come, whatever its sessions", () => {
  const { sim, a, b } = settled(2);
  assert(a.discovery.hears(b.self.id));
  sim.run(600);
  assert(a.discovery.hears(b.self.id));
  b.host.setCut(true);
  a.sessions.set(b.self.id, () => sim.clock.now());
  sim.run(30);
  assert(!a.discovery.hears(b.self.id), "the session shows it, its announcements do not");
  assert(!a.discovery.hears(sim.id()));
});
