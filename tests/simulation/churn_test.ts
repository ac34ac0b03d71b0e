import { assert, assertEquals } from "@std/assert";
import { Inbound } from "../../lib/delivery/inbound.ts";
import { Outbound } from "../../lib/delivery/outbound.ts";
import { PeerEntry } from "../../lib/discovery/peer_entry.ts";
import { Waiter } from "../../lib/peer/waiter.ts";
import { ROSTER_MAX } from "../../lib/protocol/limits.ts";
import { Outage } from "../../lib/session/outage.ts";
import { Session } from "../../lib/session/session.ts";
import { LiveObjects } from "../support/live_objects.ts";
import { ChurnedPeer } from "./churn_world.ts";

/** Peers that are heard, those of them that we try to reach first, and peers that have a session. */
const HEARD = 10_000;
const DIALLED = 4_000;
const VISITORS = 50;
const ID_LENGTH = 24;
/**
 * Most peers out of the roster of which something is kept: why the last 1 024 were not reached, and texts that compiled
 * code or a cache of the runtime still holds, some 150.
 */
const OTHERS_MAX = 1_500;

Deno.test("of ten thousand peers that come and go for hours, what is kept is bounded", async () => {
  using host = await ChurnedPeer.start();
  const kinds = { Session, Inbound, Outbound, Outage, Waiter };
  const before = LiveObjects.look().count(kinds);
  // Numbers, because the ids themselves would be found.
  const dialled = new Set<number>();
  for (let n = 0; n < HEARD; n++) {
    const id = host.announce(n);
    if (n % 10 === 9) host.sim.run(0.005);
    if (n >= DIALLED) continue;
    dialled.add(numberOf(id));
    void host.messenger.say("are you there?", { to: [id], timeout: 1_000 });
    if (n % 100 === 99) await host.pass(3);
  }
  for (let n = 0; n < VISITORS; n++) await host.visit(n);
  host.sim.run(300);
  await host.pass(10);
  const live = LiveObjects.look();
  const known = new Set(host.discovery.roster.entries().map(({ id }) => numberOf(id)));
  const isForgotten = (text: string) =>
    text.length === ID_LENGTH && dialled.has(numberOf(text)) && !known.has(numberOf(text));
  assertEquals(live.count(kinds), before);
  assert(live.count({ PeerEntry }).PeerEntry <= ROSTER_MAX);
  const others = live.countTexts(isForgotten);
  assert(others <= OTHERS_MAX, `${others} others are kept`);
});

/** A number that tells ids apart. */
function numberOf(id: string): number {
  return parseInt(id.slice(0, 10), 32);
}
