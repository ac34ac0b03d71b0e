import { assert, assertEquals } from "@std/assert";
import type { Announcement } from "../../lib/protocol/announcement.ts";
import { type Actor, knows, seen, type SimulatedPeer, Simulation, told } from "./discovery_world.ts";

/** Longest time from the end of an attack until everything is as it was, seconds: a `hello` and a check. */
const RECOVERED_AFTER = 17;
/**
 * The same for a peer that has no place among its impostors, seconds: at its `hello` they are asked, at most once in 10 s,
 * and at its next one it is.
 */
const FOUND_AFTER = 12 + 10 + 3 + 12;

/** Alice, who started first, and Bob, whom she only heard. */
function world() {
  const sim = new Simulation();
  const alice = sim.start({ name: "alice" });
  sim.run(20);
  const bob = sim.start({ name: "bob" });
  sim.run(1);
  assert(knows(alice, bob) && knows(bob, alice));
  return { sim, alice, bob };
}

function hostOf(peer: SimulatedPeer): string {
  return peer.net.links[0]!.addresses[0]!;
}

function aliceHas(alice: SimulatedPeer, bob: SimulatedPeer) {
  const { state, name, port, boot, addresses } = seen(alice, bob)!;
  return { state, name, port, boot, address: addresses.some(({ host }) => host === hostOf(bob)) };
}

function truth(bob: SimulatedPeer) {
  const { name, port, boot } = bob.self;
  return { state: "up", name, port, boot, address: true };
}

/** Hosts that speak for Bob, and answer what he is asked while `on`. */
function impostors(sim: Simulation, bob: SimulatedPeer, count: number, lie: Partial<Announcement> = {}) {
  const attack = { on: true, hosts: [] as Actor[], seq: 1_000 };
  for (let i = 0; i < count; i++) {
    const host = sim.actor();
    host.onHeard = ({ said, from }) => {
      if (!attack.on || said.nonce === undefined) return;
      host.say({ ...bob.self, seq: ++attack.seq, echo: said.nonce, port: 6666, every: 1000, ...lie }, from);
    };
    attack.hosts.push(host);
  }
  return attack;
}

for (const answering of [false, true]) {
  Deno.test(`addresses forged for a peer push out none that it answers from${answering ? ", even if they answer too" : ""}`, () => {
    const { sim, alice, bob } = world();
    const attack = impostors(sim, bob, 12);
    attack.on = answering;
    for (let i = 0; i < 40; i++) {
      for (const host of attack.hosts) {
        host.say({ ...bob.self, seq: ++attack.seq, port: 6666 + i, every: 1000 });
      }
      sim.forge(hostOf(bob), { ...bob.self, t: "bye", seq: ++attack.seq });
      sim.run(1);
      if (i > 15) assertEquals(aliceHas(alice, bob), truth(bob), `second ${i}`);
    }
    attack.on = false;
    sim.run(RECOVERED_AFTER);
    assertEquals(aliceHas(alice, bob), truth(bob));
    assertEquals(told(alice, bob).filter((event) => event.startsWith("gone")), []);
  });
}

Deno.test("a peer whose places were all taken before it came is found once its impostors fall silent", () => {
  const sim = new Simulation();
  const alice = sim.start({ name: "alice" });
  sim.run(20);
  const bob = sim.peer({ name: "bob" });
  const attack = impostors(sim, bob, 12, { name: "bob" });
  for (let i = 0; i < 3; i++) {
    for (const host of attack.hosts) host.say({ ...bob.self, seq: ++attack.seq, port: 6666, every: 1000 });
    sim.run(2);
    alice.discovery.check(bob.self.id);
    sim.run(11);
  }
  void bob.discovery.start();
  sim.run(12);
  attack.on = false;
  sim.run(FOUND_AFTER);
  assertEquals(aliceHas(alice, bob), truth(bob));
});

for (
  const [what, seqs] of [
    ["far ahead", [0xffff_ffff]],
    ["a little ahead", Array.from({ length: 31 }, (_, i) => 4 + i)],
  ] as const
) {
  Deno.test(`a counter forged ${what}, with a promise of silence, hides a peer that is up for seconds only`, () => {
    const { sim, alice, bob } = world();
    for (const seq of seqs) sim.forge("10.6.6.6", { ...bob.self, name: "robert", seq, port: 9, every: 1000 });
    sim.run(RECOVERED_AFTER);
    assertEquals(aliceHas(alice, bob), truth(bob));
    sim.run(120);
    assertEquals([aliceHas(alice, bob), told(alice, bob)], [truth(bob), ["up"]]);
    bob.host.setCut(true);
    const took = sim.runUntil(() => !knows(alice, bob), 60_000);
    assert(took <= 25_000, `gone after ${took} ms`);
  });

  Deno.test(`a counter forged ${what} does not keep away a peer that was gone`, () => {
    const { sim, alice, bob } = world();
    bob.host.setCut(true);
    sim.run(60);
    assert(!knows(alice, bob));
    for (const seq of seqs) sim.forge("10.6.6.6", { ...bob.self, seq, port: 9, every: 1000 });
    sim.run(1);
    for (let i = 0; knows(alice, bob) && i < 60; i++) sim.run(1);
    assert(!knows(alice, bob), "nobody answers in its name");
    for (const seq of seqs) sim.forge("10.6.6.6", { ...bob.self, seq, port: 9, t: "bye", every: 1000 });
    bob.host.setCut(false);
    sim.run(RECOVERED_AFTER);
    assertEquals(aliceHas(alice, bob), truth(bob));
  });
}

Deno.test("a name and a port forged for a peer that only was heard are not taken", () => {
  const { sim, alice, bob } = world();
  for (let i = 0; i < 30; i++) {
    sim.forge("10.6.6.6", { ...bob.self, seq: 100 + i, name: "mallory", port: 9, kind: "toaster" });
    sim.run(0.5);
    assertEquals(seen(alice, bob)!.name, "bob");
  }
  sim.run(RECOVERED_AFTER);
  assertEquals([aliceHas(alice, bob), told(alice, bob)], [truth(bob), ["up"]]);
});

Deno.test("a forged start of a peer that is gone gives way to the peer seconds after its author falls silent", () => {
  const { sim, alice, bob } = world();
  bob.host.setCut(true);
  sim.run(60);
  const attack = impostors(sim, bob, 9, { boot: 7, name: "mallory" });
  for (const host of attack.hosts) {
    host.say({ ...bob.self, boot: 7, name: "mallory", seq: ++attack.seq, port: 6666, every: 1000 });
  }
  sim.run(20);
  bob.host.setCut(false);
  sim.run(20);
  attack.on = false;
  sim.run(RECOVERED_AFTER);
  assertEquals(aliceHas(alice, bob), truth(bob));
});

Deno.test("a made-up peer that promises a long silence and never answers is gone within a minute", () => {
  const { sim, alice } = world();
  const id = sim.id();
  sim.forge("10.6.6.6", { id, every: 1000 });
  sim.run(60);
  assertEquals(told(alice, id), ["up", "gone:silence"]);
});

Deno.test("old announcements replayed for a peer that is gone cost few questions", () => {
  const { sim, alice, bob } = world();
  bob.host.setCut(true);
  sim.run(60);
  let asks = 0;
  sim.world.onSent = ({ net, to }) => asks += net === alice.net && to !== undefined ? 1 : 0;
  for (let i = 0; i < 1_000; i++) {
    sim.forge("10.6.6.6", { ...bob.self, seq: 1 });
    sim.run(0.01);
  }
  assert(asks <= 60, `${asks} in 10 s`);
});
