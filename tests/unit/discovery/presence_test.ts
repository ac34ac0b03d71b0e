import { assert, assertEquals } from "@std/assert";
import { decodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import {
  knows,
  missing,
  seen,
  type SimulatedPeer,
  Simulation,
  told,
} from "../../simulation/discovery_world.ts";

/** `count` peers that have known each other for a while. */
function settled(count: number) {
  const sim = new Simulation();
  const peers = sim.startMany(count, 100);
  sim.run(60);
  assertEquals(missing(peers), 0);
  for (const peer of peers) peer.events.length = 0;
  return { sim, peers, a: peers[0]!, b: peers[1]! };
}

function addressOf(peer: SimulatedPeer): string {
  return peer.net.links[0]!.addresses[0]!;
}

/** The process ends as on a power cut; `choice` starts another one in its place. */
function restart(
  sim: Simulation,
  peer: SimulatedPeer,
  choice: Partial<SimulatedPeer["self"]> = {},
): SimulatedPeer {
  void peer.net.close();
  return sim.start({ ...peer.self, boot: sim.random.u32(), host: peer.host, ...choice });
}

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
  a.discovery.sessionLost(b.self.id, sim.clock.wall() - 10_000);
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
  a.discovery.sessionLost(b.self.id, sim.clock.wall());
  sim.run(3.1);
  assertEquals(told(a, b), ["gone:bye"]);
  await sim.clock.advance(1);
  await closed;
});

Deno.test("a peer that starts anew is never gone, and has its new port after the old start did not answer", () => {
  const { sim, a, b } = settled(3);
  sim.run(sim.random.between(0, 10));
  const again = restart(sim, b, { port: 3334, name: "renamed" });
  const took = sim.runUntil(() => seen(a, again)!.boot === again.self.boot, 20_000);
  assert(took <= 1_200, `${took} ms`);
  assertEquals([seen(a, again)!.port, seen(a, again)!.name], [3334, "renamed"]);
  assertEquals(seen(a, again)!.addresses[0]!.port, 3334);
  sim.run(60);
  assertEquals(told(a, again), ["changed:restart"]);
});

Deno.test("a peer that says bye and is back within a second is never gone", async () => {
  const { sim, a, b } = settled(3);
  sim.run(15);
  const closed = b.discovery.close();
  await sim.clock.advance(500);
  await closed;
  const again = restart(sim, b);
  sim.run(60);
  assertEquals(told(a, again), ["changed:restart"]);
});

Deno.test("among fifty peers a restart shows no peer as gone to anybody", () => {
  const { sim, peers } = settled(50);
  const again = restart(sim, peers[7]!);
  const others = peers.filter((_, index) => index !== 7);
  sim.run(40);
  for (const peer of others) assertEquals(told(peer, again), ["changed:restart"]);
});

Deno.test("a forged start of a peer changes nothing, even where its author answers the ask", () => {
  const { sim, peers, a, b } = settled(3);
  const author = sim.actor();
  author.onHeard = ({ said, from }) => {
    if (said.want !== b.self.id || said.nonce === undefined) return;
    author.say({ id: b.self.id, boot: 7, echo: said.nonce, port: 6666, name: "mine" }, from);
  };
  for (let i = 0; i < 60; i++) {
    author.say({ id: b.self.id, boot: 7, port: 6666, name: "mine" });
    sim.run(1);
  }
  assertEquals(peers.map((peer) => told(peer, b)), [[], [], []]);
  const { boot, port, name, addresses } = seen(a, b)!;
  assertEquals({ boot, port, name }, { boot: b.self.boot, port: b.self.port, name: b.self.name });
  assertEquals(addresses[0], { ...addresses[0]!, host: addressOf(b), port: 3333 });
});

Deno.test("replayed announcements neither keep a peer, nor bring it back, nor talk it away", () => {
  const sim = new Simulation();
  const [a, b] = [sim.start(), sim.start()];
  const recorded: Uint8Array[] = [];
  sim.world.onSent = ({ net, data }) => net === b.net && recorded.push(data);
  sim.run(60);
  const replay = () =>
    recorded.forEach((data) => sim.world.inject("lan", { host: "10.6.6.6", port: 1 }, data));
  sim.world.onSent = undefined;
  b.host.setCut(true);
  const took = sim.runUntil(() => {
    replay();
    return !knows(a, b);
  }, 60_000);
  assert(took <= 22_000, `${took} ms`);
  replay();
  sim.run(1);
  assertEquals(told(a, b), ["up", "gone:silence"]);
  b.host.setCut(false);
  sim.run(20);
  for (let i = 0; i < 30; i++) {
    replay();
    sim.run(1);
  }
  assertEquals(told(a, b), ["up", "gone:silence", "up"]);
});

Deno.test("a forged counter far ahead of the true one does not make a peer disappear", () => {
  const { sim, a, b } = settled(2);
  sim.forge(addressOf(b), { id: b.self.id, boot: b.self.boot, seq: 0xffff_ffff });
  sim.run(300);
  assertEquals([told(a, b), knows(a, b)], [[], true]);
});

Deno.test("counters forged ahead on both sides and a bye between do not part two peers that are there", () => {
  const { sim, a, b } = settled(2);
  for (const { self } of [a, b]) {
    for (let seq = 0; seq < 200; seq++) {
      sim.forge("10.6.6.6", {
        t: seq % 2 ? "ask" : "hello",
        id: self.id,
        boot: self.boot,
        seq,
        nonce: "aaaaaaaaaaaaa",
      });
      sim.forge("10.6.6.6", { id: self.id, boot: self.boot, seq: 0xffff_fe00 + seq });
    }
  }
  sim.run(1);
  for (const { self } of [a, b]) {
    sim.forge("10.6.6.6", { t: "bye", id: self.id, boot: self.boot, seq: 0xffff_ffff });
  }
  sim.run(120);
  assertEquals([told(a, b), told(b, a)], [[], []]);
});

Deno.test("what a proven peer says of itself is not overwritten by a forged announcement; its address is one more to try", () => {
  const { sim, a, b } = settled(2);
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: { host: addressOf(b), port: 3333 } });
  const before = { ...seen(a, b)!.addresses[0] };
  for (let i = 0; i < 20; i++) {
    sim.forge(`10.6.6.${i}`, { id: b.self.id, boot: b.self.boot, seq: 100 + i, name: "mine", port: 6666 });
  }
  sim.run(0.1);
  sim.run(1);
  const { name, port, addresses, proven } = seen(a, b)!;
  assertEquals({ name, port, proven }, { name: b.self.name, port: 3333, proven: true });
  assertEquals([addresses.length, addresses[0]], [8, before]);
});

Deno.test("what a session proved of a peer is not overwritten by somebody who answers our asks in its name", () => {
  const { sim, a, b } = settled(2);
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: { host: addressOf(b), port: 3333 } });
  const author = sim.actor();
  const echoes: string[] = [];
  author.onHeard = ({ said, from }) => {
    if (said.id !== a.self.id || said.nonce === undefined) return;
    echoes.push(said.nonce);
    author.say({ ...b.self, seq: 1_000 + echoes.length, echo: said.nonce, port: 6666, name: "mine" }, from);
  };
  a.host.setUp("eth0", false);
  a.host.setUp("eth0", true);
  sim.run(60);
  assert(echoes.length >= 4);
  assertEquals([seen(a, b)!.name, seen(a, b)!.port], [b.self.name, 3333]);
  assertEquals(seen(a, b)!.addresses[0]!.host, addressOf(b));
});

Deno.test("a session with a peer that was never heard puts it on the roster, and takes it off when it falls silent", () => {
  const sim = new Simulation();
  const a = sim.start();
  sim.run(5);
  const id = sim.id();
  a.sessions.set(id, () => sim.clock.now());
  a.discovery.sessionSeen(id, {
    name: "far",
    kind: "esp32",
    boot: 9,
    address: { host: "10.7.7.7", port: 3334 },
  });
  a.discovery.sessionSeen(a.self.id, { name: "me", kind: "linux", boot: 9 });
  assertEquals(
    a.discovery.roster.entries().map(({ id, state, port, proven, addresses }) => ({
      id,
      state,
      port,
      proven,
      addresses,
    })),
    [{ id, state: "up", port: 3334, proven: true, addresses: [{ host: "10.7.7.7", port: 3334 }] }],
  );
  sim.run(100);
  assertEquals(told(a, id), ["up"]);
  a.discovery.sessionSeen(id, { name: "far", kind: "esp32", boot: 10 });
  a.sessions.clear();
  a.discovery.sessionLost(id, sim.clock.wall());
  sim.run(20);
  assertEquals(told(a, id), ["up", "changed:restart", "gone:silence"]);
});

Deno.test("our own announcements mean nothing, and a replay of an earlier start of ours warns of nothing", () => {
  const { sim, a } = settled(2);
  let asks = 0;
  sim.world.onSent = ({ net, to }) => asks += net === a.net && to?.host === "10.6.6.6" ? 1 : 0;
  for (let i = 0; i < 100; i++) {
    sim.forge("10.6.6.6", { id: a.self.id, boot: 5, seq: i, t: i % 2 ? "hello" : "ask" });
    sim.run(0.1);
  }
  assertEquals([a.events, a.discovery.roster.size], [[], 1]);
  assert(asks <= 2, `${asks}`);
});

Deno.test("two peers that share an identity are both warned, once", () => {
  const sim = new Simulation();
  const a = sim.start();
  sim.run(20);
  const copy = sim.start({ ...a.self, boot: sim.random.u32() });
  const third = sim.start();
  sim.run(120);
  for (const peer of [a, copy]) {
    const warnings = peer.events.filter((event) => event.type === "warning");
    assertEquals(warnings.map((event) => event.code), ["shared-identity"]);
    assertEquals(peer.discovery.roster.entries().map(({ id }) => id), [third.self.id]);
  }
  assertEquals(told(third, a), ["up"]);
});

Deno.test("for 30 s after waking from sleep or a change of links nobody is gone, and the group is asked", () => {
  for (const trouble of ["sleep", "link"] as const) {
    const sim = new Simulation();
    const host = sim.host(sim.interface(), sim.interface("eth1", "other"));
    const [a, b] = [sim.start({ host }), sim.start()];
    sim.run(60);
    b.host.setCut(true);
    sim.run(2);
    const multicasts: number[] = [];
    sim.world.onSent = ({ net, to, at }) => net === a.net && to === undefined && multicasts.push(at);
    if (trouble === "sleep") sim.clock.wallOffset += 8 * 3_600_000;
    else host.setUp("eth1", false);
    const took = sim.runUntil(() => !knows(a, b), 120_000);
    assert(took >= 30_000 && took <= 42_000, `${took} ms`);
    if (trouble === "sleep") assert(multicasts.filter((at) => at < multicasts[0]! + 4_000).length >= 4);
    assertEquals(told(a, b).at(-1), "gone:silence");
  }
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

Deno.test("a peer that is heard from a new address has its session probed, and the dead address is shown no more", () => {
  const { sim, a, b } = settled(2);
  a.sessions.set(b.self.id, () => sim.clock.now());
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: { host: addressOf(b), port: 3333 } });
  sim.run(10);
  assertEquals(a.probed.size, 0);
  sim.forge("10.0.9.9", { ...b.self, every: 12, seq: 500 });
  sim.run(0.1);
  a.probed.get(b.self.id)!();
  assertEquals(seen(a, b)!.shownAddress!.host, "10.0.9.9");
  a.probed.clear();
  sim.forge("10.0.9.9", { ...b.self, every: 12, seq: 501 });
  sim.run(0.1);
  assertEquals(a.probed.size, 0, "once for each new address");
});

Deno.test("without a session a peer that moved is asked at its new address, which is shown once the old one fell silent", () => {
  const sim = new Simulation();
  const a = sim.start();
  sim.run(5);
  const [before, after] = [sim.actor(), sim.actor()];
  const said = { id: sim.id(), boot: 1, name: "mover", every: 12 };
  a.discovery.sessionSeen(said.id, { ...said, kind: "linux", address: { host: before.host, port: 6666 } });
  before.say({ ...said, seq: 1 });
  sim.run(10);
  after.onHeard = ({ said: heard, from }) => {
    if (heard.t === "ask" && heard.want === said.id) after.say({ ...said, seq: 9, echo: heard.nonce }, from);
  };
  after.say({ ...said, seq: 2 });
  sim.run(1);
  after.say({ ...said, seq: 3 });
  sim.run(11);
  after.say({ ...said, seq: 10 });
  sim.run(1);
  assertEquals(a.discovery.roster.get(said.id)!.shownAddress!.host, after.host);
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
    a.discovery.sessionLost(id, sim.clock.wall());
  }
  sim.run(20);
  assertEquals([a.discovery.roster.entries().length, sent], [0, 0]);
});

Deno.test("a peer with whom no session can be had is unreachable as long as it announces itself, and not gone", () => {
  const { sim, a, b } = settled(2);
  const where = { host: addressOf(b), port: 3333 };
  a.discovery.check(b.self.id, [where]);
  assertEquals([seen(a, b)!.unreachable, seen(a, b)!.state], [false, "up"]);
  sim.run(0.2);
  assertEquals([seen(a, b)!.unreachable, seen(a, b)!.addresses.length], [true, 1]);
  // A firewall that lets nothing in, and its announcements out.
  sim.world.onSent = ({ net, to }) => b.host.setCut(net === a.net && to !== undefined);
  for (let i = 0; i < 90; i++) {
    a.discovery.check(b.self.id, [where]);
    sim.run(0.5);
    b.host.setCut(false);
    sim.run(0.5);
  }
  assertEquals(told(a, b), ["unreachable"]);
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: where });
  assertEquals([told(a, b), seen(a, b)!.unreachable], [["unreachable", "reached"], false]);
});

Deno.test("a peer that is heard where no session was tried yet is not unreachable", () => {
  const { sim, a, b } = settled(2);
  sim.forge("10.0.9.9", { ...b.self, every: 12, seq: 500 });
  a.discovery.check(b.self.id, [{ host: addressOf(b), port: 3333 }]);
  sim.run(20);
  assertEquals([told(a, b), seen(a, b)!.unreachable], [[], false]);
  a.discovery.check(b.self.id, [{ host: "10.0.9.9", port: 3333 }]);
  sim.run(20);
  assertEquals(told(a, b), ["unreachable"]);
});
