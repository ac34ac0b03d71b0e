import { assert, assertEquals } from "@std/assert";
import { seen, type SimulatedPeer, type Simulation, told } from "../../simulation/discovery_world.ts";
import { settled } from "./support.ts";

/** The process ends as on a power cut; `choice` starts another one in its place. */
function restart(
  sim: Simulation,
  peer: SimulatedPeer,
  choice: Partial<SimulatedPeer["self"]> = {},
): SimulatedPeer {
  void peer.net.close();
  return sim.start({ ...peer.self, boot: sim.random.u32(), host: peer.host, ...choice });
}

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
