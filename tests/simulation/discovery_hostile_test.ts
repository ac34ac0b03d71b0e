import { assert, assertEquals } from "@std/assert";
import { decodeAnnouncement } from "../../lib/protocol/announcement.ts";
import { ROSTER_MAX } from "../../lib/protocol/limits.ts";
import { knows, missing, Simulation, told } from "./discovery_world.ts";

/** Ten peers that know each other, each with all others proven by a session. */
function proven() {
  const sim = new Simulation();
  const peers = sim.startMany(10, 1_000);
  sim.run(30);
  for (const one of peers) {
    for (const other of peers) one.discovery.sessionSeen(other.self.id, { ...other.self });
    one.events.length = 0;
  }
  return { sim, peers, victim: peers[0]! };
}

for (const sources of [1, 5_000]) {
  Deno.test(`a flood of forged peers from ${sources} addresses fills a bounded roster and displaces nobody who is proven`, () => {
    const { sim, peers, victim } = proven();
    let sent = 0;
    sim.world.onSent = ({ net }) => sent += net === victim.net ? 1 : 0;
    const started = sim.clock.now();
    for (let i = 0; i < 10_000; i++) {
      const n = i % sources;
      sim.forge(`10.66.${n >> 8}.${n & 255}`, { every: 10 }, {
        host: victim.net.links[0]!.addresses[0]!,
        port: 3333,
      });
      if (i % 5 === 0) sim.run(0.005);
    }
    assertEquals(victim.discovery.roster.entries().length, ROSTER_MAX);
    assert(peers.slice(1).every((peer) => knows(victim, peer)));
    sim.run(900);
    assertEquals(missing(peers), 0);
    assertEquals(peers.slice(1).flatMap((peer) => told(victim, peer)), []);
    assertEquals(victim.discovery.roster.size, 9);
    const seconds = (sim.clock.now() - started) / 1000;
    assert(sent / seconds <= 75, `${sent / seconds} datagrams a second`);
  });
}

Deno.test("a flood of forged peers leaves those alone that are only heard, where it comes from one address", () => {
  const sim = new Simulation();
  const actors = Array.from({ length: 20 }, () => sim.actor());
  const victim = sim.start();
  sim.run(5);
  for (const actor of actors) actor.say({ every: 1000 });
  sim.run(1);
  for (let i = 0; i < 6_000; i++) {
    sim.forge("10.66.0.1", {});
    if (i % 20 === 0) sim.run(0.005);
  }
  for (const { id } of actors) assertEquals(victim.discovery.roster.get(id)?.state, "up");
});

Deno.test("byes forged for everybody, to everybody, for a minute talk nobody away", () => {
  const { sim, peers } = proven();
  let unicasts = 0;
  sim.world.onSent = ({ to }) => unicasts += to ? 1 : 0;
  for (let i = 0; i < 600; i++) {
    for (const { self, net } of peers) {
      sim.forge(net.links[0]!.addresses[0]!, { t: "bye", id: self.id, boot: self.boot, seq: 10_000 + i });
    }
    sim.run(0.1);
  }
  sim.run(30);
  for (const one of peers) for (const other of peers) assertEquals(told(one, other), []);
  assertEquals(missing(peers), 0);
  // 90 pairs, an ask and an answer each 10 s.
  assert(unicasts <= 90 * 2 * 10, `${unicasts}`);
});

Deno.test("other starts forged for everybody, at random addresses, change nothing and cost little", () => {
  const { sim, peers } = proven();
  let datagrams = 0;
  sim.world.onSent = () => datagrams++;
  for (let i = 0; i < 600; i++) {
    for (const { self } of peers) {
      sim.forge(`10.66.0.${sim.random.u32() & 255}`, {
        id: self.id,
        t: i % 2 ? "ask" : "hello",
        nonce: "aaaaaaaaaaaaa",
      });
    }
    sim.run(0.1);
  }
  sim.run(30);
  for (const one of peers) for (const other of peers) assertEquals(told(one, other), []);
  const each = datagrams / peers.length / 90;
  assert(each <= 56, `${each} datagrams a second and peer`);
});

Deno.test("everything ever said, replayed to everybody from another address, changes nothing but candidate addresses", () => {
  const sim = new Simulation();
  const peers = sim.startMany(10, 1_000);
  const recorded: Uint8Array[] = [];
  sim.world.onSent = ({ data }) => recorded.push(data);
  sim.run(60);
  sim.world.onSent = undefined;
  for (const peer of peers) peer.events.length = 0;
  const before = peers.map((one) =>
    peers.filter((other) => one !== other).map((other) => addressesAt(one, other)[0])
  );
  for (let round = 0; round < 3; round++) {
    for (const data of recorded) sim.world.inject("lan", { host: "10.66.6.6", port: 7 }, data);
    sim.run(5);
  }
  sim.run(60);
  assertEquals(peers.flatMap(({ events }) => events), []);
  assertEquals(missing(peers), 0);
  const after = peers.map((one) =>
    peers.filter((other) => one !== other).map((other) => addressesAt(one, other)[0])
  );
  assertEquals(after.flat().filter((host) => host === "10.66.6.6").length, 0);
  assertEquals(before.flat().length, after.flat().length);

  function addressesAt(one: typeof peers[number], other: typeof peers[number]): string[] {
    return one.discovery.roster.get(other.self.id)!.addresses.map(({ host }) => host);
  }
});

Deno.test("random bytes and damaged announcements make no peer say or do anything", () => {
  const sim = new Simulation();
  const peers = [sim.start(), sim.start()];
  const recorded: Uint8Array[] = [];
  sim.world.onSent = ({ data }) => recorded.push(data);
  sim.run(30);
  for (const peer of peers) peer.events.length = 0;
  for (let i = 0; i < 5_000; i++) {
    const data = i % 2 ? sim.random.bytes(sim.random.u32() % 1500) : recorded[i % recorded.length]!.slice();
    if (data.length > 0) data[sim.random.u32() % data.length]! ^= 1 << sim.random.u32() % 8;
    const damaged = data.subarray(
      0,
      sim.random.u32() % 4 ? data.length : sim.random.u32() % (data.length + 1),
    );
    if (!readable(damaged)) sim.world.inject("lan", { host: "10.66.6.6", port: 7 }, damaged);
  }
  sim.run(1);
  assertEquals(peers.map(({ events }) => events), [[], []]);
  assert(peers.every(({ discovery }) => discovery.counters.ignored > 2_000));
});

function readable(data: Uint8Array): boolean {
  try {
    decodeAnnouncement(data);
    return true;
  } catch {
    return false;
  }
}
