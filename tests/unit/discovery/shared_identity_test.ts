import { assert, assertEquals } from "@std/assert";
import { areTwins } from "../../../lib/discovery/twins.ts";
import { Simulation, told } from "../../simulation/discovery_world.ts";
import { addressOf, settled } from "./support.ts";

const ADVICE =
  "unless one only pretends to be it, erase the flash of one board and flash it again, or give one program a state folder of its own";

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

Deno.test("a third peer warns, once, of two that share an identity, as long as there are two", () => {
  const { sim, a, b } = settled(2);
  const copy = sim.start({ ...b.self, boot: sim.random.u32() });
  sim.run(600);
  const warnings = () => a.events.filter((event) => event.type === "warning");
  const { id, name } = b.self;
  assertEquals(warnings().map(({ code }) => code), ["twins"]);
  const hosts = [addressOf(b), addressOf(copy)].toSorted();
  const [, before, told, after] = /^(.*), heard at (.*?): (.*)$/.exec(warnings()[0]!.message)!;
  assertEquals(told!.split(", ").toSorted(), hosts);
  assertEquals(before, `two peers share the identity of ${name} (${id})`);
  assertEquals(after, ADVICE);
  const areTwo = () => areTwins(a.discovery.roster.get(id)!, sim.clock.now());
  assert(areTwo());
  void copy.discovery.close();
  sim.run(1_200);
  assertEquals([areTwo(), warnings().length], [false, 1]);
});

Deno.test("a third peer warns of two that share an identity and have sessions with it in turn", () => {
  const { sim, a, b } = settled(2);
  const session = (boot: number) =>
    a.discovery.sessionSeen(b.self.id, { ...b.self, boot, cameFrom: addressOf(b) });
  session(b.self.boot);
  session(7);
  assertEquals(a.events.filter(({ type }) => type === "warning"), []);
  session(b.self.boot);
  session(7);
  assertEquals(a.events.filter((event) => event.type === "warning").map(({ code }) => code), ["twins"]);
  sim.run(1);
});

Deno.test("a peer that starts anew many times is no two", () => {
  const { sim, a, b } = settled(2);
  let peer = b;
  for (let i = 0; i < 20; i++) {
    void peer.discovery.close();
    sim.run(i % 4);
    peer = sim.start({ ...b.self, boot: sim.random.u32(), host: b.host });
    sim.run(15);
  }
  assertEquals(a.events.filter(({ type }) => type === "warning"), []);
});
