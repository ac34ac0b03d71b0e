import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../../lib/platform/clock.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";

const DAY = 86_400_000;

/** A clock of which the wall clock may be set. */
class WrongClock {
  days = 0;
  now = systemClock.now;
  after = systemClock.after;
  wall = () => systemClock.wall() + this.days * DAY;
}

for (const [first, then] of [[-21, 0], [0, 400], [0, 365], [0, -3650], [0, 21]] as const) {
  Deno.test(`what was queued at ${first} days is delivered after a start at ${then}, and nothing is given up`, async () => {
    await using peers = new LoopbackPeers();
    const clock = new WrongClock();
    clock.days = first;
    // Of a day, all of it counts of a gap.
    const options = { clock, outboxDays: 1 };
    const before = await peers.start("alice", options);
    const bob = await peers.start("bob");
    const { id } = bob;
    await bob.close();
    await before.send(json(1), { to: [id], queue: true, name: "reading.json" });
    await before.close();
    clock.days = then;
    const after = await peers.start("alice", options);
    const again = await peers.start("bob");
    assertEquals((await peers.event(again, "document")).name, "reading.json");
    assert(!peers.events(after).some((event) => event.event === "warning"));
  });

  Deno.test(`what was queued at ${first} days is delivered after the clock was set to ${then} meanwhile`, async () => {
    await using peers = new LoopbackPeers();
    const clock = new WrongClock();
    clock.days = first;
    const alice = await peers.start("alice", { clock, outboxDays: 1 });
    const bob = await peers.start("bob");
    const { id } = bob;
    await bob.close();
    await alice.send(json(1), { to: [id], queue: true, name: "reading.json" });
    clock.days = then;
    await alice.send(json(2), { to: [id], queue: true, name: "reading.json" });
    const again = await peers.start("bob");
    await peers.event(again, "document", ({ size }) => size === 1);
    assert(!peers.events(alice).some((event) => event.event === "warning"));
  });
}
