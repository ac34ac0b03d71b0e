import { assert, assertEquals } from "@std/assert";
import { knows, missing, type SimulatedPeer, Simulation } from "../../simulation/discovery_world.ts";
import { settled } from "./support.ts";

/** Counts broadcasts from now on, of all peers or of one. */
function broadcasts(sim: Simulation, peer?: SimulatedPeer): { count: number } {
  const seen = { count: 0 };
  sim.world.onBroadcast = ({ net }) => {
    if (net === (peer?.net ?? net)) seen.count++;
  };
  return seen;
}

Deno.test("peers that hear each other never broadcast, but for a first one that nobody answered", () => {
  const sim = new Simulation();
  const seen = broadcasts(sim);
  const first = sim.start();
  sim.run(4);
  assertEquals(seen.count, 1, "the last ask of the first one");
  const others = [sim.start(), sim.start()];
  sim.run(600);
  assertEquals([seen.count, missing([first, ...others])], [1, 0]);
});

Deno.test("where multicast is dropped peers find each other within 4 s, and keep each other, by few broadcasts", () => {
  const sim = new Simulation();
  sim.world.dropsMulticast = true;
  const peers = [sim.start()];
  for (let i = 1; i < 8; i++) {
    sim.run(sim.random.between(0, 90));
    peers.push(sim.start());
    const took = sim.runUntil(() => missing(peers) === 0, 60_000);
    assert(took <= 4_000, `${took} ms`);
  }
  const seen = broadcasts(sim);
  for (const peer of peers) peer.events.length = 0;
  sim.run(600);
  assertEquals(missing(peers), 0);
  assertEquals(peers.flatMap(({ events }) => events.filter(({ type }) => type === "gone")), []);
  assert(
    seen.count <= 8 * 60,
    `${seen.count} broadcasts of 8 peers in 10 minutes: no more than their hellos`,
  );
  const [leaver, ...rest] = peers;
  void leaver!.discovery.close();
  assert(sim.runUntil(() => rest.every((peer) => !knows(peer, leaver!)), 60_000) <= 25_000);
});

Deno.test("a peer that hears nothing any more broadcasts from the 30th second on, with each hello and no more", () => {
  const { sim, a, b } = settled(2);
  sim.world.onSent = ({ net, to }) => {
    if (net === a.net && to === undefined) hellos++;
  };
  const seen = broadcasts(sim, a);
  let hellos = 0;
  b.host.setCut(true);
  sim.run(17);
  assertEquals(seen.count, 0);
  sim.run(30);
  hellos = seen.count = 0;
  sim.run(300);
  assert(seen.count > 20 && seen.count === hellos, `${seen.count} broadcasts with ${hellos} multicasts`);
});

Deno.test("peers of one machine hear each other, and broadcast all the same where nobody else is heard", () => {
  const sim = new Simulation();
  sim.world.dropsMulticast = true;
  const hosts = [sim.host(), sim.host()];
  for (const host of hosts) host.setUp("eth0", false);
  const peers = hosts.flatMap((host) => [sim.start({ host }), sim.start({ host })]);
  sim.run(60);
  for (const host of hosts) {
    host.setUp("eth0", true);
    sim.run(10);
  }
  assertEquals(missing(peers), 0);
});
