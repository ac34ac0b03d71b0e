import { assertEquals } from "@std/assert";
import { missing, type SimulatedPeer, Simulation } from "../../simulation/discovery_world.ts";

/** `count` peers that have known each other for a while. */
export function settled(count: number) {
  const sim = new Simulation();
  const peers = sim.startMany(count, 100);
  sim.run(60);
  assertEquals(missing(peers), 0);
  for (const peer of peers) peer.events.length = 0;
  return { sim, peers, a: peers[0]!, b: peers[1]! };
}

export function addressOf(peer: SimulatedPeer): string {
  return peer.net.links[0]!.addresses[0]!;
}
