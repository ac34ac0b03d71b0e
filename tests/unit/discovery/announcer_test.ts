import { assert, assertEquals } from "@std/assert";
import { Nonces } from "../../../lib/discovery/announcer.ts";
import { decodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { Simulation } from "../../simulation/discovery_world.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

Deno.test("a nonce is answered only while it is fresh, and only by the peer that was asked", () => {
  const clock = new FakeClock();
  const nonces = new Nonces(clock, new SeededRandom(1));
  const [all, one] = [nonces.issue(), nonces.issue("b")];
  const at = clock.now();
  clock.advanceSync(10_000);
  assertEquals([all, one, undefined, "aaaaaaaaaaaaa"].map((nonce) => nonces.issuedAt(nonce, "a")), [
    at,
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(nonces.issuedAt(one, "b"), at);
  clock.advanceSync(1);
  assertEquals(nonces.issuedAt(all, "a"), undefined);
});

Deno.test("however many nonces are open, memory for them is bounded", () => {
  const nonces = new Nonces(new FakeClock(), new SeededRandom(1));
  const first = nonces.issue();
  for (let i = 0; i < 512; i++) nonces.issue();
  assertEquals(nonces.issuedAt(first, "a"), undefined);
});

Deno.test("the next hello never comes later than the last every promised, whether the group grows or shrinks", () => {
  const sim = new Simulation();
  const watched = sim.start();
  let promised = Infinity;
  let hellos = 0;
  sim.world.onSent = ({ at, net, to, data }) => {
    if (net !== watched.net) return;
    const { t, every } = decodeAnnouncement(data);
    assert(at <= promised, `${at} ms, promised for ${promised} ms`);
    if (t === "hello" && to === undefined) {
      hellos++;
      promised = at + every * 1000;
    } else promised = Math.min(promised, at + every * 1000);
  };
  sim.run(30);
  const ids = Array.from({ length: 400 }, () => sim.id());
  ids.forEach((id, i) => sim.forge(`10.9.${i >> 8}.${i & 255}`, { id, seq: 1, every: 30 }));
  sim.run(30);
  assert(watched.discovery.roster.size >= 400);
  sim.run(300);
  assertEquals(watched.discovery.roster.size, 0);
  const before = hellos;
  sim.run(100);
  assert(hellos - before >= 8, "a lonely peer says hello every 10 s again");
});

Deno.test("a peer that ends says bye twice within 150 ms and then nothing more", async () => {
  const sim = new Simulation();
  const peer = sim.start();
  sim.run(5);
  const said: { t: string; at: number }[] = [];
  sim.world.onSent = ({ at, data }) => said.push({ t: decodeAnnouncement(data).t, at });
  const started = sim.clock.now();
  const closed = peer.discovery.close();
  await sim.clock.advance(150);
  await closed;
  await peer.discovery.close();
  assertEquals(said, [{ t: "bye", at: started }, { t: "bye", at: started + 100 }]);
  assertEquals([sim.clock.next(), peer.host.nets.size], [undefined, 0]);
});
