import { assert, assertEquals } from "@std/assert";
import { AskLog } from "../../../lib/discovery/responder.ts";
import { type Actor, type SimulatedPeer, Simulation } from "../../simulation/discovery_world.ts";

const NONCE = "aaaaaaaaaaaaa";
const OTHER = "baaaaaaaaaaaa";

/** A peer that has been up for a while and knows `others` peers that say nothing. */
function settled(others = 0) {
  const sim = new Simulation();
  const peer = sim.start();
  for (let i = 0; i < others; i++) {
    sim.forge(`10.9.0.${i}`, { every: 1000 });
    sim.run(0.3);
  }
  sim.run(12);
  return { sim, peer };
}

/** What the actor got as an answer, not as one of the steady hellos. */
function answersTo(actor: Actor, peer: SimulatedPeer) {
  return actor.take(peer.self.id).filter(({ via, said }) => via === "own" || said.echo !== undefined);
}

Deno.test("an ask is answered after 20 to 100 ms, to its source alone, with its nonce", () => {
  const { sim, peer } = settled();
  const [actor, other] = [sim.actor(), sim.actor()];
  const asked = sim.clock.now();
  actor.say({ t: "ask", nonce: NONCE });
  sim.run(0.5);
  const [answer, ...more] = answersTo(actor, peer);
  assertEquals([more.length, answer?.via, answer?.said.t, answer?.said.echo], [0, "own", "hello", NONCE]);
  assert(answer!.at - asked >= 20 && answer!.at - asked <= 104);
  assertEquals(answersTo(other, peer), []);
});

Deno.test("an ask that names a peer is answered at once: a user waits for it", () => {
  const { sim, peer } = settled();
  const actor = sim.actor();
  const { id, name } = peer.self;
  for (const [nonce, want] of [[NONCE, name], [OTHER, id], ["caaaaaaaaaaaa", id.slice(0, 8)]] as const) {
    const asked = sim.clock.now();
    actor.say({ t: "ask", nonce, want });
    sim.run(0.5);
    const answer = answersTo(actor, peer).find(({ via }) => via === "own")!;
    assert(answer.at - asked <= 14, `${answer.at - asked} ms`);
    sim.run(11);
  }
});

Deno.test("with more than 32 peers one multicast hello a second answers all who asked, none is forgotten", () => {
  const { sim, peer } = settled(33);
  const actor = sim.actor();
  actor.say({ t: "hello" });
  sim.run(3);
  actor.take(peer.self.id);
  const started = sim.clock.now();
  for (let i = 0; i < 30; i++) {
    sim.forge(`10.8.0.${i}`, { t: "ask", nonce: NONCE });
    sim.run(0.1);
  }
  sim.run(2);
  const answers = actor.take(peer.self.id);
  assert(answers.every(({ via }) => via === "shared"));
  assert(answers[0]!.at - started <= 110);
  assert(answers.length >= 4 && answers.length <= 6, `${answers.length}, one of them the steady hello`);
  assert(answers.at(-1)!.at > started + 2_900, "the last ask is answered too");
});

Deno.test("an ask that the same peer repeats is answered both ways: either may not get through to it", () => {
  const { sim, peer } = settled();
  const actor = sim.actor();
  const via = () => answersTo(actor, peer).map((answer) => answer.via);
  actor.say({ t: "ask", nonce: NONCE });
  sim.run(0.5);
  assertEquals(via(), ["own"]);
  actor.say({ t: "ask", nonce: OTHER });
  sim.run(0.5);
  assertEquals(via().toSorted(), ["own", "shared"]);
  actor.say({ t: "ask", nonce: "caaaaaaaaaaaa", want: peer.self.id });
  sim.run(2);
  assertEquals(via().toSorted(), ["own", "shared"]);
});

Deno.test("what only we are asked is answered by unicast in any group, and what others are asked not at all", () => {
  const { sim, peer } = settled(40);
  const actor = sim.actor();
  actor.say({});
  sim.run(3);
  actor.take(peer.self.id);
  const own = { host: peer.net.links[0]!.addresses[0]!, port: peer.net.ownPort(peer.net.links[0]!)! };
  const ways: [object, boolean][] = [
    [{ want: peer.self.name }, false],
    [{ want: "nobody" }, false],
    [{ nonce: OTHER }, true],
  ];
  const answers = ways.map(([fields, direct]) => {
    actor.say({ t: "ask", nonce: NONCE, ...fields }, direct ? own : undefined);
    sim.run(0.4);
    return answersTo(actor, peer).map(({ via, said }) => `${via} ${said.echo}`);
  });
  assertEquals(answers, [[`own ${NONCE}`], [], [`own ${OTHER}`]]);
});

Deno.test("a first hello by multicast is answered, its copies, a second one and one by unicast are not", () => {
  const { sim, peer } = settled();
  const actor = sim.actor();
  actor.say({ seq: 7 });
  actor.say({ seq: 7 });
  sim.run(0.5);
  assertEquals(answersTo(actor, peer).map(({ via, said }) => [via, said.t, said.echo]), [[
    "own",
    "hello",
    undefined,
  ]]);
  actor.say({ seq: 8 });
  sim.run(0.5);
  assertEquals(answersTo(actor, peer), []);
  const own = { host: peer.net.links[0]!.addresses[0]!, port: peer.net.ownPort(peer.net.links[0]!)! };
  const other = sim.actor();
  other.say({}, own);
  sim.run(0.5);
  assertEquals([answersTo(other, peer), peer.discovery.roster.size], [[], 2]);
});

Deno.test("a flood of asks makes a peer send little: 5 a second to one address, 50 to all, one multicast", () => {
  for (const addresses of [1, 200]) {
    const { sim, peer } = settled();
    const sent: { at: number; to: string }[] = [];
    sim.world.onSent = ({ at, to }) => sent.push({ at, to: to?.host ?? "all" });
    for (let i = 0; i < 5_000; i++) {
      sim.forge(`10.8.0.${i % addresses}`, { t: "ask", brief: true, nonce: NONCE, want: peer.self.id });
      sim.run(0.001);
    }
    sim.run(2);
    const busiest = (of: typeof sent) =>
      Math.max(...of.map(({ at }) => of.filter((other) => other.at >= at && other.at < at + 1_000).length));
    const unicast = sent.filter(({ to }) => to !== "all");
    const multicast = sent.filter(({ to }) => to === "all");
    // The delay of an answer, up to 100 ms, may bring a few of the next second into this one.
    assert(busiest(unicast) <= (addresses === 1 ? 10 : 55), `${busiest(unicast)} unicast`);
    assert(busiest(multicast) <= 2, `${busiest(multicast)} multicast, one of them the steady hello`);
    assert(unicast.length <= (addresses === 1 ? 5 : 50) * 6 && unicast.length > 20);
  }
});

Deno.test("an ask that came twice is a copy, a later one a repetition, and one asked otherwise neither", () => {
  const log = new AskLog();
  assertEquals(log.note("a", "nonce-1", "shared", 0), "first");
  assertEquals(log.note("a", "nonce-1", "shared", 1), "copy");
  assertEquals(log.note("a", "nonce-2", "own", 2), "first");
  assertEquals(log.note("a", "nonce-2", "shared", 3), "copy");
  assertEquals(log.note("a", "nonce-3", "shared", 9_999), "repeated");
  assertEquals(log.note("a", "nonce-3", "shared", 20_000), "first");
  assertEquals(log.note("b", undefined, "shared", 20_000), "first");
  assertEquals(log.note("b", undefined, "shared", 20_001), "repeated", "without a nonce nothing is a copy");
  for (let i = 0; i < 1024; i++) log.note(`b${i}`, "nonce-4", "shared", 20_002);
  assertEquals(log.note("a", "nonce-3", "shared", 20_003), "first");
});
