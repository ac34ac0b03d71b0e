import { assertEquals } from "@std/assert";
import { Outage } from "../../../lib/session/outage.ts";
import { Session } from "../../../lib/session/session.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeStreamWorld } from "../../support/fake_streams.ts";
import { LiveObjects } from "../../support/live_objects.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { SessionNode } from "../../support/session_node.ts";

const random = new SeededRandom(7);

/** Number of objects of these classes that are in use. */
function live() {
  return LiveObjects.look().count({ Session, Outage });
}

Deno.test("of peers that were not reached nothing is kept once nobody wants them, or no address is left", async () => {
  const clock = new FakeClock();
  const node = new SessionNode(new FakeStreamWorld(), "10.0.0.1", clock, random);
  const before = live().Outage;
  const nobody = Array.from({ length: 60 }, (_, n) => `nobody-${n}`);
  for (const id of nobody) {
    node.addresses.set(id, [{ host: "10.77.0.1", port: 3333 }]);
    node.wanted.add(id);
    node.sessions.connect(id);
  }
  await clock.advance(10_000);
  assertEquals(live().Outage - before, 60);
  for (const [n, id] of nobody.entries()) {
    if (n % 2 === 0) node.wanted.delete(id);
    else node.addresses.delete(id);
  }
  await clock.advance(60_000);
  assertEquals(live().Outage - before, 0);
  await node.sessions.close();
});

Deno.test("of peers that come and go nothing is kept of their sessions", async () => {
  const clock = new FakeClock();
  const world = new FakeStreamWorld();
  const node = new SessionNode(world, "10.0.0.1", clock, random);
  const before = live().Session;
  for (let n = 0; n < 20; n++) {
    const visitor = new SessionNode(world, "10.0.0.2", clock, random);
    visitor.knows(node);
    visitor.send(node, { type: "ping", n });
    await clock.advance(100);
    const closing = visitor.sessions.close();
    await clock.advance(2_000);
    await closing;
  }
  world.connections.length = 0;
  assertEquals([node.sessions.size, live().Session - before], [0, 0]);
  await node.sessions.close();
});
