import { assert, assertEquals } from "@std/assert";
import { missing, Simulation } from "./discovery_world.ts";

for (const [loss, goneLimit] of [[0.1, 10], [0.3, 250]] as const) {
  Deno.test(`with ${loss * 100} % of all datagrams lost fifty peers still all know all`, () => {
    const sim = new Simulation({ loss });
    const peers = sim.startMany(50, 1_000);
    const met = () => peers.every((one) => one.discovery.roster.entries().length === 49);
    const took = sim.runUntil(met, 120_000);
    sim.run(300);
    const gone = peers.reduce(
      (sum, { events }) => sum + events.filter(({ type }) => type === "gone").length,
      0,
    );
    console.log(
      `${loss * 100} % loss: all met all after ${took} ms; ${gone} times gone in 2 450 pairs and 300 s`,
    );
    assert(met());
    assert(gone <= goneLimit, `${gone} times somebody was taken for gone who was there`);
    sim.world.loss = 0;
    sim.run(30);
    assertEquals(missing(peers), 0);
  });
}

Deno.test("with 10 % of all datagrams lost 300 peers that start within one second find each other", () => {
  const sim = new Simulation({ loss: 0.1, shareReading: true });
  const peers = sim.startMany(300, 1_000);
  sim.run(15);
  const early = missing(peers);
  sim.run(285);
  const late = missing(peers);
  console.log(`300 peers, 10 % loss: ${early} of 89 700 pairs missing after 15 s, ${late} after 300 s`);
  assert(early <= 900 && late <= 9);
  sim.world.loss = 0;
  sim.run(75);
  assertEquals(missing(peers), 0);
});

Deno.test("two halves of a network that are joined again know each other within two hellos", () => {
  const sim = new Simulation();
  const peers = sim.startMany(20, 1_000);
  sim.run(30);
  const away = peers.slice(10);
  for (const { host } of away) host.setCut(true);
  sim.run(60);
  assertEquals(missing(peers), 20 * 19 - 10 * 9);
  for (const { host } of away) host.setCut(false);
  const took = sim.runUntil(() => missing(peers) === 0, 60_000);
  assert(took <= 24_000, `${took} ms`);
});
