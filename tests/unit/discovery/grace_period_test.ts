import { assert, assertEquals } from "@std/assert";
import { GracePeriod } from "../../../lib/discovery/grace_period.ts";
import { knows, Simulation, told } from "../../simulation/discovery_world.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("a machine that slept gives everybody 30 s, whichever clock shows it", () => {
  const clock = new FakeClock();
  let woke = 0;
  const grace = new GracePeriod(clock, () => woke++);
  grace.start();
  clock.advanceSync(60_000);
  assertEquals([woke, grace.active], [0, false]);
  clock.wallOffset += 3_600_000;
  clock.advanceSync(5_000);
  assertEquals([woke, grace.active], [1, true]);
  clock.advanceSync(30_000);
  assertEquals([woke, grace.active], [1, false]);
  grace.stop();
  assertEquals(clock.next(), undefined);
  clock.advanceSync(15_001);
  grace.notice();
  assertEquals([woke, grace.active], [2, true]);
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
    let woke = 0;
    a.discovery.on(({ type }) => woke += Number(type === "woke"));
    if (trouble === "sleep") sim.clock.wallOffset += 8 * 3_600_000;
    else host.setUp("eth1", false);
    const took = sim.runUntil(() => !knows(a, b), 120_000);
    assert(took >= 30_000 && took <= 42_000, `${took} ms`);
    assertEquals(woke, Number(trouble === "sleep"));
    if (trouble === "sleep") assert(multicasts.filter((at) => at < multicasts[0]! + 4_000).length >= 4);
    assertEquals(told(a, b).at(-1), "gone:silence");
  }
});
