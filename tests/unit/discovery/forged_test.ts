import { assert, assertEquals } from "@std/assert";
import { knows, seen, Simulation, told } from "../../simulation/discovery_world.ts";
import { addressOf, settled } from "./support.ts";

Deno.test("a forged start of a peer changes nothing, even where its author answers the ask", () => {
  const { sim, peers, a, b } = settled(3);
  const author = sim.actor();
  author.onHeard = ({ said, from }) => {
    if (said.want !== b.self.id || said.nonce === undefined) return;
    author.say({ id: b.self.id, boot: 7, echo: said.nonce, port: 6666, name: "mine" }, from);
  };
  for (let i = 0; i < 60; i++) {
    author.say({ id: b.self.id, boot: 7, port: 6666, name: "mine" });
    sim.run(1);
  }
  assertEquals(peers.map((peer) => told(peer, b)), [[], [], []]);
  const { boot, port, name, addresses } = seen(a, b)!;
  assertEquals({ boot, port, name }, { boot: b.self.boot, port: b.self.port, name: b.self.name });
  assertEquals(addresses[0], { ...addresses[0]!, host: addressOf(b), port: 3333 });
});

Deno.test("replayed announcements neither keep a peer, nor bring it back, nor talk it away", () => {
  const sim = new Simulation();
  const [a, b] = [sim.start(), sim.start()];
  const recorded: Uint8Array[] = [];
  sim.world.onSent = ({ net, data }) => net === b.net && recorded.push(data);
  sim.run(60);
  const replay = () =>
    recorded.forEach((data) => sim.world.inject("lan", { host: "10.6.6.6", port: 1 }, data));
  sim.world.onSent = undefined;
  b.host.setCut(true);
  const took = sim.runUntil(() => {
    replay();
    return !knows(a, b);
  }, 60_000);
  assert(took <= 22_000, `${took} ms`);
  replay();
  sim.run(1);
  assertEquals(told(a, b), ["up", "gone:silence"]);
  b.host.setCut(false);
  sim.run(20);
  for (let i = 0; i < 30; i++) {
    replay();
    sim.run(1);
  }
  assertEquals(told(a, b), ["up", "gone:silence", "up"]);
});

Deno.test("a forged counter far ahead of the true one does not make a peer disappear", () => {
  const { sim, a, b } = settled(2);
  sim.forge(addressOf(b), { id: b.self.id, boot: b.self.boot, seq: 0xffff_ffff });
  sim.run(300);
  assertEquals([told(a, b), knows(a, b)], [[], true]);
});

Deno.test("counters forged ahead on both sides and a bye between do not part two peers that are there", () => {
  const { sim, a, b } = settled(2);
  for (const { self } of [a, b]) {
    for (let seq = 0; seq < 200; seq++) {
      sim.forge("10.6.6.6", {
        t: seq % 2 ? "ask" : "hello",
        id: self.id,
        boot: self.boot,
        seq,
        nonce: "aaaaaaaaaaaaa",
      });
      sim.forge("10.6.6.6", { id: self.id, boot: self.boot, seq: 0xffff_fe00 + seq });
    }
  }
  sim.run(1);
  for (const { self } of [a, b]) {
    sim.forge("10.6.6.6", { t: "bye", id: self.id, boot: self.boot, seq: 0xffff_ffff });
  }
  sim.run(120);
  assertEquals([told(a, b), told(b, a)], [[], []]);
});

Deno.test("what a proven peer says of itself is not overwritten by a forged announcement; its address is one more to try", () => {
  const { sim, a, b } = settled(2);
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: { host: addressOf(b), port: 3333 } });
  const before = { ...seen(a, b)!.addresses[0] };
  for (let i = 0; i < 20; i++) {
    sim.forge(`10.6.6.${i}`, { id: b.self.id, boot: b.self.boot, seq: 100 + i, name: "mine", port: 6666 });
  }
  sim.run(0.1);
  sim.run(1);
  const { name, port, addresses, proven } = seen(a, b)!;
  assertEquals({ name, port, proven }, { name: b.self.name, port: 3333, proven: true });
  assertEquals([addresses.length, addresses[0]], [8, before]);
});

Deno.test("what a session proved of a peer is not overwritten by somebody who answers our asks in its name", () => {
  const { sim, a, b } = settled(2);
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: { host: addressOf(b), port: 3333 } });
  const author = sim.actor();
  const echoes: string[] = [];
  author.onHeard = ({ said, from }) => {
    if (said.id !== a.self.id || said.nonce === undefined) return;
    echoes.push(said.nonce);
    author.say({ ...b.self, seq: 1_000 + echoes.length, echo: said.nonce, port: 6666, name: "mine" }, from);
  };
  a.host.setUp("eth0", false);
  a.host.setUp("eth0", true);
  sim.run(60);
  assert(echoes.length >= 4);
  assertEquals([seen(a, b)!.name, seen(a, b)!.port], [b.self.name, 3333]);
  assertEquals(seen(a, b)!.addresses[0]!.host, addressOf(b));
});
