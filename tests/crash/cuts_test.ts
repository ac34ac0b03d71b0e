// Five peers send each other everything at once, through links that are cut again and again.

import { assert, assertEquals } from "@std/assert";
import type { Peer } from "../../lib/mod.ts";
import { behindProxy, type CuttingProxy, randomFate, WHOLE } from "../support/cutting_proxy.ts";
import { fastClock } from "../support/fast_clock.ts";
import { LoopbackPeers } from "../support/loopback_peer.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { judge, judgeDatabase } from "./judge.ts";
import { handIn, Workload } from "./workload.ts";

const CUTS = Number(Deno.env.get("EARSHOT_CUTS") ?? 300);
const SIZES = { min: 10, max: 1_000_000 };
/** Messages from one peer to another whose end it waits for at one time. */
const UNDER_WAY = 6;
const NAMES = ["anna", "bert", "cora", "dora", "emil"];
/** Times the machine's clock: most pauses before dialling again are over within 0.1 s. */
const SPEED = 20;
const NEVER = 1e9;

Deno.test(`over links that are cut ${CUTS} times every message arrives once, in order and unchanged`, async () => {
  const random = new SeededRandom();
  const where = `seed ${random.seed}`;
  await using peers = new LoopbackPeers();
  const proxies: CuttingProxy[] = [];
  const cuts = () => proxies.reduce((sum, proxy) => sum + proxy.cuts, 0);
  const fate = () => cuts() < CUTS ? randomFate(random) : WHOLE;
  const options = {
    clock: fastClock(SPEED),
    testing: { streams: (net) => behindProxy(net, fate, (proxy) => proxies.push(proxy)) },
  } satisfies Parameters<typeof peers.start>[1];
  const all: Peer[] = [];
  for (const name of NAMES) all.push(await peers.start(name, options));
  const pairs = all.flatMap((from) =>
    all.filter((to) => to !== from).map((to) => {
      return { from, to, work: new Workload(random.u32(), SIZES), count: 0 };
    })
  );
  for (const { from, to } of pairs) await peers.event(from, "peer", ({ id }) => id === to.id);

  await Promise.all(pairs.map(async (pair) => {
    const { from, to, work } = pair;
    await inParallel(UNDER_WAY, async () => {
      if (cuts() >= CUTS) return false;
      const item = work.item(pair.count++);
      const { status } = await handIn(from, to.id, item, NEVER);
      assert(status === "delivered" || (status === "queued" && item.queue), `${where}: ${status}`);
      return true;
    });
    for (const { id, queue } of work.items(pair.count)) {
      if (queue) await peers.event(from, "delivered", (event) => event.id === id && event.to.id === to.id);
    }
  }));
  await Promise.all(all.map((peer) => peer.close()));

  for (const { from, to, work, count } of pairs) judge(to, from, work.items(count), where);
  for (const peer of all) {
    judgeDatabase(peer, where);
    assertEquals(peers.events(peer).filter(({ event }) => event === "warning"), [], where);
  }
  console.log(`${cuts()} cuts, ${pairs.reduce((sum, { count }) => sum + count, 0)} messages`);
});

/** Calls `step` again and again, so many times at once, until it says that there is no more. */
async function inParallel(count: number, step: () => Promise<boolean>): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => {
    while (await step());
  }));
}
