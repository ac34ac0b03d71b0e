import { assert, assertEquals } from "@std/assert";
import { decodeAnnouncement } from "../../lib/protocol/announcement.ts";
import { ROSTER_MAX } from "../../lib/protocol/limits.ts";
import { knows, type SimulatedPeer, Simulation, told } from "./discovery_world.ts";

/** More made-up peers than a roster has places. */
const MADE_UP = ROSTER_MAX + 204;

/** Where the n-th made-up peer speaks from. */
const SOURCES = {
  "one address": () => "10.66.0.1",
  "nine addresses": (n: number) => `10.66.0.${n % 9}`,
  "the addresses of one IPv6 network": (n: number) => `fd83::6:${n.toString(16)}`,
  "link-local addresses": (n: number) => `fe80::6:${n.toString(16)}`,
};

/** Alice, just started, and made-up peers who answer the nonce of her first question. */
function flooded(source: (n: number) => string, known?: ReadonlySet<string>) {
  const sim = new Simulation({ ipv6: true });
  const alice = sim.peer({ name: "alice", known });
  let nonce: string | undefined;
  sim.world.onSent = ({ data, net }) => {
    if (net === alice.net) nonce ??= decodeAnnouncement(data).nonce;
  };
  void alice.discovery.start();
  sim.run(0.1);
  sim.world.onSent = undefined;
  const ids = Array.from({ length: MADE_UP }, () => sim.id());
  ids.forEach((id, n) => forge(sim, alice, source(n), { id, name: `f${n}`, echo: nonce, every: 1000 }));
  sim.run(0.1);
  assertEquals(alice.discovery.roster.entries().length, ROSTER_MAX);
  return { sim, alice };
}

function forge(
  sim: Simulation,
  to: SimulatedPeer,
  from: string,
  said: Parameters<Simulation["announcement"]>[0],
) {
  const link = to.net.links.find(({ family }) => family === (from.includes(":") ? 6 : 4))!;
  sim.forge(from, said, { host: link.addresses[0]!, port: 3333 });
}

for (const [name, source] of Object.entries(SOURCES)) {
  Deno.test(`made-up peers from ${name} that fill the roster at the start keep nobody out who comes later`, () => {
    const { sim, alice } = flooded(source);
    const bob = sim.start({ name: "bob" });
    sim.run(0.5);
    assert(knows(alice, bob));
    for (let n = 0; n < 200; n++) forge(sim, alice, source(n), { every: 1000 });
    sim.run(15);
    assert(knows(alice, bob) && knows(bob, alice));
    // On the link itself nothing tells one host from many.
    if (name !== "link-local addresses") assert(!told(alice, bob).includes("gone:room"));
  });
}

Deno.test("whom the user knows, or looks for, has a place in a roster full of made-up peers from everywhere", () => {
  const known = new Set<string>();
  const { sim, alice } = flooded((n) => `10.${n & 255}.${n >> 8}.9`, known);
  const [bob, cora] = [sim.peer({ name: "bob" }), sim.peer({ name: "cora" })];
  known.add(bob.self.id);
  void bob.discovery.start();
  void cora.discovery.start();
  sim.run(5);
  assertEquals([knows(alice, bob), knows(alice, cora)], [true, false]);
  alice.discovery.seek("cora");
  sim.run(0.5);
  assertEquals([knows(alice, bob), knows(alice, cora)], [true, true]);
});

Deno.test("a flood from one host does not make a peer speak more rarely, and is forgotten without a question to each", () => {
  const sim = new Simulation();
  const [alice, bob] = [sim.start({ name: "alice" }), sim.start({ name: "bob" })];
  sim.run(10);
  let sent = 0;
  let every = 0;
  sim.world.onSent = ({ net, data }) => {
    if (net !== alice.net) return;
    sent++;
    every = Math.max(every, decodeAnnouncement(data).every);
  };
  for (let n = 0; n < MADE_UP; n++) forge(sim, alice, "10.66.0.1", { every: 1000 });
  sim.run(90);
  assert(every <= 12, `${every}`);
  assert(sent < 200, `${sent} datagrams`);
  assertEquals([alice.discovery.roster.size, knows(alice, bob)], [1, true]);
});

for (const hosts of [1, 5_000]) {
  Deno.test(`6 820 made-up peers from ${hosts} addresses make few events, and nobody who is there waits for his`, () => {
    const sim = new Simulation();
    const alice = sim.start({ name: "alice" });
    sim.run(40);
    const many = 6_820;
    for (let n = 0; n < many; n++) {
      forge(sim, alice, `10.66.${n % hosts >> 8}.${n % hosts & 255}`, { every: 10 });
      if (n % 20 === 0) sim.run(0.008);
    }
    const during = alice.events.length;
    assert(during <= 400, `${during} events in 3 s`);
    const bob = sim.start({ name: "bob" });
    sim.run(hosts === 1 ? 0.5 : 15);
    assertEquals(told(alice, bob), ["up"]);
    sim.run(300);
    assert(alice.events.length <= 3_500, `${alice.events.length} events`);
    assertEquals(alice.discovery.roster.up().map(({ id }) => id), [bob.self.id]);
    const up = new Set<string>();
    for (const event of alice.events) {
      if (event.type === "up") up.add(event.peer.id);
      if (event.type === "gone") assert(up.delete(event.peer.id), "only who came is gone");
    }
    assertEquals([...up], [bob.self.id]);
  });
}
