import { assertEquals } from "@std/assert";
import { ROSTER_MAX } from "../../../lib/protocol/limits.ts";
import { seen, Simulation, told } from "../../simulation/discovery_world.ts";
import { addressOf, settled } from "./support.ts";

Deno.test("a session with a peer that was never heard puts it on the roster, and takes it off when it falls silent", () => {
  const sim = new Simulation();
  const a = sim.start();
  sim.run(5);
  const id = sim.id();
  a.sessions.set(id, () => sim.clock.now());
  a.discovery.sessionSeen(id, {
    name: "far",
    kind: "esp32",
    boot: 9,
    address: { host: "10.7.7.7", port: 3334 },
  });
  a.discovery.sessionSeen(a.self.id, { name: "me", kind: "linux", boot: 9 });
  assertEquals(
    a.discovery.roster.entries().map(({ id, state, port, proven, addresses }) => ({
      id,
      state,
      port,
      proven,
      addresses,
    })),
    [{ id, state: "up", port: 3334, proven: true, addresses: [{ host: "10.7.7.7", port: 3334 }] }],
  );
  sim.run(100);
  assertEquals(told(a, id), ["up"]);
  a.discovery.sessionSeen(id, { name: "far", kind: "esp32", boot: 10 });
  a.sessions.clear();
  a.discovery.sessionLost(id, sim.clock.now());
  sim.run(20);
  assertEquals(told(a, id), ["up", "changed:restart", "gone:silence"]);
});

Deno.test("a peer that is heard from a new address has its session probed, and the dead address is shown no more", () => {
  const { sim, a, b } = settled(2);
  a.sessions.set(b.self.id, () => sim.clock.now());
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: { host: addressOf(b), port: 3333 } });
  sim.run(10);
  assertEquals(a.probed.size, 0);
  sim.forge("10.0.9.9", { ...b.self, every: 12, seq: 500 });
  sim.run(0.1);
  a.probed.get(b.self.id)!();
  assertEquals(seen(a, b)!.shownAddress!.host, "10.0.9.9");
  a.probed.clear();
  sim.forge("10.0.9.9", { ...b.self, every: 12, seq: 501 });
  sim.run(0.1);
  assertEquals(a.probed.size, 0, "once for each new address");
});

Deno.test("without a session a peer that moved is asked at its new address, which is shown once the old one fell silent", () => {
  const sim = new Simulation();
  const a = sim.start();
  sim.run(5);
  const [before, after] = [sim.actor(), sim.actor()];
  const said = { id: sim.id(), boot: 1, name: "mover", every: 12 };
  a.discovery.sessionSeen(said.id, { ...said, kind: "linux", address: { host: before.host, port: 6666 } });
  before.say({ ...said, seq: 1 });
  sim.run(10);
  after.onHeard = ({ said: heard, from }) => {
    if (heard.t === "ask" && heard.want === said.id) after.say({ ...said, seq: 9, echo: heard.nonce }, from);
  };
  after.say({ ...said, seq: 2 });
  sim.run(1);
  after.say({ ...said, seq: 3 });
  sim.run(11);
  after.say({ ...said, seq: 10 });
  sim.run(1);
  assertEquals(a.discovery.roster.get(said.id)!.shownAddress!.host, after.host);
});

Deno.test("a peer with whom no session can be had is unreachable as long as it announces itself, and not gone", () => {
  const { sim, a, b } = settled(2);
  const where = { host: addressOf(b), port: 3333 };
  a.discovery.check(b.self.id, [where]);
  assertEquals([seen(a, b)!.unreachable, seen(a, b)!.state], [false, "up"]);
  sim.run(0.2);
  assertEquals([seen(a, b)!.unreachable, seen(a, b)!.addresses.length], [true, 1]);
  // A firewall that lets nothing in, and its announcements out.
  sim.world.onSent = ({ net, to }) => b.host.setCut(net === a.net && to !== undefined);
  for (let i = 0; i < 90; i++) {
    a.discovery.check(b.self.id, [where]);
    sim.run(0.5);
    b.host.setCut(false);
    sim.run(0.5);
  }
  assertEquals(told(a, b), ["unreachable"]);
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: where });
  assertEquals([told(a, b), seen(a, b)!.unreachable], [["unreachable", "reached"], false]);
});

Deno.test("a peer that is heard where no session was tried yet is not unreachable", () => {
  const { sim, a, b } = settled(2);
  sim.forge("10.0.9.9", { ...b.self, every: 12, seq: 500 });
  sim.run(0.1);
  a.discovery.check(b.self.id, [{ host: addressOf(b), port: 3333 }]);
  sim.run(20);
  assertEquals([told(a, b), seen(a, b)!.unreachable], [[], false]);
  a.discovery.check(b.self.id, [{ host: "10.0.9.9", port: 3333 }]);
  sim.run(20);
  assertEquals(told(a, b), ["unreachable"]);
});

Deno.test("places of peers that one peer told of are charged to it: beyond its share they give way, though proven", () => {
  const sim = new Simulation();
  const a = sim.start();
  sim.run(5);
  const ids = Array.from({ length: ROSTER_MAX }, () => sim.id());
  for (const id of ids) {
    a.discovery.sessionSeen(id, { name: "told", kind: "linux", boot: 1, source: "10.9.9.9" });
  }
  const honest = Array.from({ length: 100 }, () => sim.id());
  for (const id of honest) a.discovery.sessionSeen(id, { name: "honest", kind: "linux", boot: 1 });
  const { roster } = a.discovery;
  assertEquals(honest.filter((id) => roster.get(id) === undefined), []);
  assertEquals(ids.filter((id) => roster.get(id) === undefined).length, 100);
});

Deno.test("a peer with whom there was a session counts as met also after it was started anew", () => {
  const { sim, a, b } = settled(2);
  const { id } = b.self;
  const met = () => a.discovery.roster.get(id)?.met;
  assertEquals(met(), false);
  a.discovery.sessionSeen(id, { ...b.self, address: undefined });
  assertEquals(met(), true);
  a.discovery.sessionSeen(id, { ...b.self, boot: b.self.boot + 1, address: undefined });
  a.discovery.sessionLost(id, sim.clock.now(), true);
  sim.run(60);
  assertEquals([a.discovery.roster.get(id)?.boot, met()], [b.self.boot, true]);
});
