import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { systemClock } from "../../../lib/platform/clock.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";
import { pollUntil } from "../../support/patience.ts";

const NIGHT = 8 * 3_600_000;
const DOCUMENTS = 60;

for (const monotonic of [false, true]) {
  const which = monotonic ? "both clocks count" : "the wall clock alone counts";
  Deno.test(`documents flow on, and nobody is gone, after a sleep that ${which}`, async () => {
    await using peers = new LoopbackPeers();
    let slept = 0;
    const clock = {
      now: () => systemClock.now() + (monotonic ? slept : 0),
      wall: () => systemClock.wall() + slept,
      after: systemClock.after,
    };
    const alice = await peers.start("alice", { clock });
    const bob = await peers.start("bob");
    const arrived = () => peers.events(bob).filter(({ event }) => event === "document").length;
    for (let i = 0; i < DOCUMENTS; i++) {
      await alice.send(json(i), { to: [bob.id], stream: "numbers", queue: true });
      if (i === DOCUMENTS / 2) slept = NIGHT;
    }
    await pollUntil(() => arrived() >= DOCUMENTS, () => `${arrived()} documents`);
    const folder = dirname((await peers.event(bob, "document")).path);
    // There is a file for each day.
    const files = [...Deno.readDirSync(folder)].map(({ name }) => join(folder, name)).toSorted();
    const text = Array.from({ length: DOCUMENTS }, (_, i) => `${i}\n`).join("");
    assertEquals([arrived(), files.map((file) => Deno.readTextFileSync(file)).join("")], [DOCUMENTS, text]);
    const gone = [alice, bob].flatMap((peer) => peers.events(peer)).filter((event) =>
      event.event === "peer" && event.state === "gone"
    );
    assertEquals(gone, []);
  });
}
