import { assert, assertEquals } from "@std/assert";
import { missing, percentile, seen, type SimulatedPeer, Simulation } from "./discovery_world.ts";

/** The most that any peer sent on one interface in one family, and the mean. */
function sent(peers: readonly SimulatedPeer[]): { most: number; mean: number } {
  const counts = peers.flatMap((peer) => [...peer.net.sent.values()]);
  return { most: Math.max(...counts), mean: counts.reduce((a, b) => a + b, 0) / counts.length };
}

/** The largest number of these times in any `windowMs`, for each second. */
function busiest(times: readonly number[], windowMs: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most * 1000 / windowMs;
}

for (
  const [count, ipv4, ipv6] of [[2, true, true], [50, true, false], [50, false, true], [
    50,
    true,
    true,
  ]] as const
) {
  Deno.test(`${count} peers that start within one second all know all at once (${ipv4 ? "IPv4 " : ""}${ipv6 ? "IPv6" : ""})`, () => {
    const sim = new Simulation({ ipv4, ipv6 });
    const peers = sim.startMany(count, 1_000);
    sim.run(1);
    const took = sim.runUntil(() => missing(peers) === 0, 15_000);
    assert(took <= 1_500, `${took} ms after the last start`);
    sim.run(15);
    const { most, mean } = sent(peers);
    console.log(
      `${count} peers: at most ${most}, on average ${mean.toFixed(1)} datagrams each in the first 16 s`,
    );
    assert(most <= 64);
  });
}

/** Their number squared is what it costs. */
const CROWD = Number(Deno.env.get("EARSHOT_CROWD") ?? 500);
/** Some ten answers to all, at most one a second, besides what one says of oneself; among more, others answer first. */
const MOST = CROWD < 1_000 ? 16 : 12;

Deno.test(`${CROWD} peers that start within one second all know all, with at most ${MOST} datagrams each in the first 10 s`, () => {
  const sim = new Simulation({ shareReading: true });
  const peers = sim.startMany(CROWD, 1_000);
  sim.run(10);
  const start = sent(peers);
  console.log(
    `${CROWD} peers: at most ${start.most}, on average ${
      start.mean.toFixed(1)
    } datagrams each in the first 10 s`,
  );
  assert(start.most <= MOST, `${start.most} datagrams`);
  sim.run(5);
  assertEquals(missing(peers), 0);

  const multicasts: number[] = [];
  let unicasts = 0;
  sim.world.onSent = ({ at, to }) => void (to === undefined ? multicasts.push(at) : unicasts++);
  // Each says at least one hello in that time: together they say 5 a second, 20 % sooner or later.
  const seconds = Math.max(150, 0.24 * CROWD);
  sim.run(seconds);
  const mean = multicasts.length / seconds;
  console.log(
    `${CROWD} peers: ${mean.toFixed(2)} hellos a second over ${seconds} s, at most ${
      busiest(multicasts, 60_000).toFixed(2)
    } in any 60 s; ${unicasts} unicast datagrams`,
  );
  assert(mean <= 6 && busiest(multicasts, 60_000) <= 7);
  assertEquals(unicasts, 0);
  assertEquals(missing(peers), 0);
  assertEquals(peers.flatMap(({ events }) => events.filter(({ type }) => type === "gone")), []);
});

Deno.test("a newcomer is known to all of fifty within 250 ms, and knows all of them (p99)", () => {
  const sim = new Simulation();
  const peers = sim.startMany(49, 1_000);
  sim.run(60);
  const known: number[] = [];
  const knows: number[] = [];
  for (let round = 0; round < 40; round++) {
    sim.run(sim.random.between(5, 15));
    const started = sim.clock.now();
    const newcomer = sim.start();
    const when = peers.map(() => ({ known: Infinity, knows: Infinity }));
    for (let waited = 0; waited < 2_000; waited += 5) {
      sim.clock.advanceSync(5);
      peers.forEach((peer, i) => {
        if (when[i]!.known === Infinity && seen(peer, newcomer)) when[i]!.known = sim.clock.now() - started;
        if (when[i]!.knows === Infinity && seen(newcomer, peer)) when[i]!.knows = sim.clock.now() - started;
      });
    }
    known.push(...when.map((one) => one.known));
    knows.push(...when.map((one) => one.knows));
    void newcomer.discovery.close();
    sim.run(5);
  }
  console.log(
    `newcomer known to fifty: p99 ${percentile(known, 0.99)} ms; knows them: p99 ${
      percentile(knows, 0.99)
    } ms`,
  );
  assert(percentile(known, 0.99) <= 250 && percentile(knows, 0.99) <= 250);
});

Deno.test("a group of fifty says no more than 5 hellos a second (+20 %), one of three no more than one each 8 s", () => {
  for (const [count, limit] of [[50, 6], [3, 3 / 8]] as const) {
    const sim = new Simulation();
    const peers = sim.startMany(count, 1_000);
    sim.run(60);
    const times: number[] = [];
    sim.world.onSent = ({ at }) => times.push(at);
    sim.run(600);
    assert(times.length / 600 <= limit, `${times.length / 600} a second`);
    assertEquals(missing(peers), 0);
  }
});
