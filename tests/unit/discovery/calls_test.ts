import { assert, assertEquals } from "@std/assert";
import { decodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { type Actor, type SimulatedPeer, Simulation } from "../../simulation/discovery_world.ts";
import { addressOf, settled } from "./support.ts";

/** Has each actor call the peer once a second, and answer that it did. */
function keepCalling(actors: readonly Actor[], peer: SimulatedPeer, sim: Simulation, seconds: number): void {
  for (const actor of actors) {
    actor.onHeard = ({ said, from }) => {
      if (said.t === "ask" && said.want === actor.id) {
        actor.say({ t: "hello", call: true, port: 3333, echo: said.nonce }, from);
      }
    };
  }
  for (let i = 0; i < seconds; i++) {
    for (const [j, actor] of actors.entries()) {
      const nonce = `${"abcdefgh"[i % 8]}${"abcdefgh"[j % 8]}aaaaaaaaaaa`;
      actor.say({ t: "ask", call: true, port: 3333, want: peer.self.id, nonce });
    }
    sim.run(1);
  }
}

Deno.test("a peer that calls is dialled once at its own address, in either family, also if it is short-lived", () => {
  for (const options of [{}, { ipv4: false, ipv6: true }]) {
    const sim = new Simulation(options);
    const [a, b] = [sim.start(), sim.start()];
    const brief = sim.start({ brief: true });
    brief.discovery.seek(b!.self.id);
    sim.run(20);
    const here = (peer: SimulatedPeer) => {
      const [host] = peer.net.links[0]!.addresses;
      return host!.includes(":") ? `${host}%eth0` : host;
    };
    assertEquals(a.discovery.call(b.self.id, 4000), true);
    sim.run(0.5);
    assertEquals(a.discovery.call(b.self.id, 4000), true);
    sim.run(1.5);
    assertEquals(brief.discovery.call(b.self.id, 4001), true);
    sim.run(1);
    assertEquals(b.called.map(({ id, to }) => [id, to]), [
      [a.self.id, { host: here(a), port: 4000 }],
      [brief.self.id, { host: here(brief), port: 4001 }],
    ]);
    assertEquals([a.called, brief.called], [[], []]);
    assertEquals(a.discovery.call("a".repeat(24), 4000), false, "nobody knows where that is");
  }
});

Deno.test("nobody makes a peer dial another host: not by a forged source, nor with a nonce that came to himself", () => {
  const { sim, a, b } = settled(2);
  const actor = sim.actor();
  const victim = addressOf(b);
  let nonces = 0;
  actor.onHeard = ({ said }) => {
    if (said.t !== "ask" || said.want !== actor.id) return;
    nonces++;
    sim.forge(victim, { id: actor.id, t: "hello", call: true, port: 3333, echo: said.nonce });
  };
  for (let i = 0; i < 20; i++) {
    const call = {
      call: true,
      port: 3333,
      want: a.self.id,
      nonce: `${"abcdefgh"[i % 8]}aaaaaaaaaaaa`,
    } as const;
    sim.forge(victim, { t: "ask", ...call });
    sim.forge(victim, { t: "ask", id: b.self.id, ...call });
    sim.forge(victim, { t: "hello", ...call, echo: call.nonce });
    actor.say({ t: "ask", ...call });
    sim.run(1);
  }
  assert(nonces > 10, `${nonces}: the test proves nothing`);
  assertEquals([a.called, b.called], [[], []]);
});

Deno.test("of many who call five a second are asked and dialled, one host once a second", () => {
  const { sim, a } = settled(1);
  const actors = Array.from({ length: 20 }, () => sim.actor());
  sim.run(1);
  const asks: number[] = [];
  sim.world.onSent = ({ at, net, data }) => {
    const { t, want } = decodeAnnouncement(data);
    if (net === a.net && t === "ask" && actors.some(({ id }) => id === want)) asks.push(at);
  };
  keepCalling(actors, a, sim, 8);
  const busiest = (times: readonly number[]) =>
    Math.max(...times.map((at) => times.filter((other) => other >= at && other < at + 1_000).length));
  assertEquals(busiest(asks), 5);
  // Whoever is asked is dialled once.
  assert(a.called.length > 8 && a.called.length <= asks.length, `${a.called.length} of ${asks.length}`);
  const most = Math.max(...Map.groupBy(a.called, ({ to }) => to.host).values().map(({ length }) => length));
  assert(most <= 8, `${most} dials at one host in 8 s`);
});
