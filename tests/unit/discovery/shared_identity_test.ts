import { assert, assertEquals } from "@std/assert";
import { Simulation, told } from "../../simulation/discovery_world.ts";
import { settled } from "./support.ts";

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
