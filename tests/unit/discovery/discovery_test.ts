import { assert, assertEquals } from "@std/assert";
import { openGroup } from "../../../lib/identity/group.ts";
import { newJoinCode, parseJoinCode } from "../../../lib/identity/join_code.ts";
import { knows, Simulation } from "../../simulation/discovery_world.ts";

Deno.test("a closed group hears only itself: not the open group, not another code, not garbage", () => {
  const sim = new Simulation();
  const closed = (secret: number) => parseJoinCode(newJoinCode("lab", new Uint8Array(16).fill(secret)));
  const [a, b] = [sim.start({ group: closed(1) }), sim.start({ group: closed(1) })];
  const strangers = [{ group: closed(2) }, { group: openGroup("earshot") }, { group: openGroup("lab") }].map((
    choice,
  ) => sim.start(choice));
  for (const length of [0, 3, 4, 16, 100, 1500]) {
    sim.world.inject("lan", { host: "10.0.9.9", port: 1 }, sim.random.bytes(length));
  }
  sim.run(20);
  assert(knows(a, b) && knows(b, a));
  for (const peer of [a, b, ...strangers]) assert(peer.discovery.counters.ignored > 6);
  assertEquals([a, b, ...strangers].map((peer) => peer.discovery.roster.entries().length), [1, 1, 0, 0, 0]);
});
