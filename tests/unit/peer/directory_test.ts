import { assert, assertEquals } from "@std/assert";
import { type KnownRecord, TrustBook } from "../../../lib/identity/trust_book.ts";
import { EventHub } from "../../../lib/peer/event_hub.ts";
import { ExitCode } from "../../../lib/platform/user_error.ts";
import { PeerDirectory } from "../../../lib/peer/directory.ts";
import type { PeerEvent } from "../../../lib/peer/types.ts";
import { decodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { type SimulatedPeer, Simulation } from "../../simulation/discovery_world.ts";

/** What a simulated peer tells its user. */
async function watch(sim: Simulation, peer: SimulatedPeer, known: KnownRecord[] = []): Promise<PeerEvent[]> {
  return (await direct(sim, peer, known)).events;
}

/** The directory of a simulated peer, what it tells its user, and which recipients it finds before it is sure of them. */
async function direct(
  sim: Simulation,
  peer: SimulatedPeer,
  known: KnownRecord[] = [],
): Promise<{ directory: PeerDirectory; events: PeerEvent[]; likely: string[] }> {
  const store = {
    known: () => Promise.resolve(known),
    putKnown: () => Promise.resolve(),
    forgetKnown: () => Promise.resolve(),
  };
  const trust = await TrustBook.load(store, sim.clock);
  const hub = new EventHub(() => sim.clock.wall());
  const likely: string[] = [];
  const directory = new PeerDirectory(
    peer.discovery,
    trust,
    hub,
    sim.clock,
    peer.self.brief ?? false,
    peer.self,
    (id) => likely.push(id),
  );
  peer.discovery.on((event) => event.type === "woke" || directory.discovered(event));
  const events: PeerEvent[] = [];
  hub.on((event) => events.push(event));
  return { directory, events, likely };
}

const SECOND = "c".repeat(24);
const FORGED = "f".repeat(24);

Deno.test("forged names that change without end are told a few times a second, a proven one at once", async () => {
  const sim = new Simulation();
  const a = sim.start();
  const bob = { id: "b".repeat(24), name: "bob", how: "trusted", since: 0 } as const;
  const events = await watch(sim, a, [bob]);
  sim.run(5);
  const names = ["bob", "BOB", "Bob", "eve", "mallory"];
  for (let seq = 1; seq <= 1_000; seq++) {
    sim.forge("10.8.0.99", { id: FORGED, boot: 1, seq, name: names[seq % names.length] });
    sim.forge("10.8.0.99", {
      id: `${seq}`.replaceAll(/[0189]/g, "x").padEnd(24, "g"),
      boot: 1,
      seq,
      name: "bob",
    });
    sim.run(0.002);
  }
  const told = events.filter((event) =>
    event.event === "warning" || (event.event === "peer" && event.state === "renamed")
  );
  assert(told.length > 0 && told.length <= 15, `${told.length} in 2 s`);
  sim.run(2);
  a.discovery.sessionSeen(FORGED, { name: "last", kind: "linux", boot: 1 });
  const last = events.findLast((event) => event.event === "peer" && event.id === FORGED);
  assert(last?.event === "peer" && last.name === "last", JSON.stringify(last));
});

Deno.test("another name is told once, another port or kind is not", async () => {
  const sim = new Simulation();
  const [a, b] = [sim.start(), sim.start({ name: "bob" })];
  const events = await watch(sim, a);
  sim.run(20);
  void b.net.close();
  sim.start({ ...b.self, boot: sim.random.u32(), host: b.host, name: "robert", port: 4000 });
  sim.run(40);
  const renames = () =>
    events.flatMap((event) =>
      event.event === "peer" && event.state === "renamed" ? [`${event.was} > ${event.name}`] : []
    );
  assertEquals(renames(), ["bob > robert"]);
  a.discovery.sessionSeen(b.self.id, { name: "robert", kind: "other", boot: 7 });
  assertEquals(renames().length, 1);
  a.discovery.sessionSeen(b.self.id, { name: "rob", kind: "other", boot: 7 });
  assertEquals(renames(), ["bob > robert", "robert > rob"]);
});

Deno.test("a short-lived command waits for a second peer of the name as long as its answer may take, and no longer", async () => {
  for (const second of [undefined, 90]) {
    const sim = new Simulation();
    const kitchen = sim.start({ name: "kitchen" });
    sim.run(20);
    const brief = sim.start({ brief: true });
    sim.run(1);
    const { directory, likely } = await direct(sim, brief);
    const begin = sim.clock.now();
    let echo: string | undefined;
    sim.world.onSent = ({ net, data }) => {
      if (net === brief.net) echo = decodeAnnouncement(data).nonce;
    };
    // The question goes out before the rest of a peer is there.
    brief.discovery.seek("kitchen");
    if (second !== undefined) {
      sim.clock.after(second, () => sim.forge("10.8.0.9", { id: SECOND, name: "kitchen", echo }));
    }
    await sim.clock.advance(60);
    let took: number | undefined;
    const outcome = directory.resolve("kitchen", 1_000).then(({ name }) => name, (error) => error.exitCode)
      .finally(() => took = sim.clock.now() - begin);
    await sim.clock.advance(1);
    assertEquals(likely, [kitchen.self.id], "it can be dialled meanwhile");
    await sim.clock.advance(199);
    assertEquals(await outcome, second === undefined ? "kitchen" : ExitCode.usage);
    assert(took! <= 120, `${took} ms after the question`);
  }
});
