import { assert, assertEquals } from "@std/assert";
import type { Address } from "../../../lib/net/types.ts";
import { Reach } from "../../../lib/peer/reach.ts";
import { hostPortText, parseHostPort } from "../../../lib/protocol/host_port.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const OWN = "a".repeat(24);
const BOB = "b".repeat(24);

/** A {@linkcode Reach} in a world where the test says who is where. */
class World {
  readonly clock = new FakeClock();
  /** Times at which a place was dialled, seconds, and what was dialled. */
  readonly dials: { readonly at: number; readonly to: string }[] = [];
  readonly told: string[] = [];
  /** Addresses by name. */
  readonly names = new Map<string, string[]>();
  /** Peers by their address. */
  readonly there = new Map<string, string>();
  readonly here = new Set<string>();
  /** Answers the question for the name "slow". */
  answer: ((found: string[]) => void) | undefined;
  readonly reach: Reach;

  constructor(...peers: string[]) {
    this.reach = new Reach({
      id: OWN,
      clock: this.clock,
      random: new SeededRandom(1),
      resolve: (host) => {
        const found = this.names.get(host) ?? (/^[\d.]+$/.test(host) ? [host] : undefined);
        if (host === "slow") return new Promise((resolve) => this.answer = resolve);
        return found ? Promise.resolve(found) : Promise.reject(new Error(`There is no host "${host}".`));
      },
      meet: (addresses, expected) => Promise.resolve(this.#meet(addresses, expected)),
      isHere: (id) => this.here.has(id),
      failed: (why) => this.told.push(why),
    }, peers.map((peer) => parseHostPort(peer)!));
  }

  /** Pauses between dials, seconds. */
  get pauses(): number[] {
    return this.dials.slice(1).map(({ at }, i) => at - this.dials[i]!.at);
  }

  #meet(addresses: readonly Address[], expected: string | undefined) {
    this.dials.push({ at: this.clock.now() / 1000, to: addresses.map(hostPortText).join() });
    for (const address of addresses) {
      const id = this.there.get(hostPortText(address));
      if (id === undefined || (expected ?? id) !== id) continue;
      this.here.add(id);
      return { id };
    }
    return { failures: addresses.map((address) => ({ address, kind: "silent" as const })) };
  }
}

Deno.test("a place where nobody is is dialled with pauses that grow with the outage to a minute, and told once", async () => {
  const world = new World("10.9.9.9");
  world.reach.start();
  await world.clock.advance(24 * 3_600_000);
  for (const [i, pause] of world.pauses.entries()) {
    const planned = Math.min(0.5 * 2 ** i, Math.max(2, world.dials[i]!.at / 100), 60);
    assert(pause >= 0.8 * planned && pause <= 1.2 * planned, `pause ${i} was ${pause} s`);
  }
  assert(world.pauses.at(-1)! > 45);
  assertEquals(world.told, ["--peer 10.9.9.9:3333: TCP 10.9.9.9:3333 does not answer"]);
  world.reach.stop();
  const before = world.dials.length;
  await world.clock.advance(600_000);
  assertEquals(world.dials.length, before, "none after the end");
});

Deno.test("a peer that was met is not dialled again before it is lost, then at once; its name is looked up anew", async () => {
  const world = new World("lab-pc:4000");
  world.names.set("lab-pc", ["fd00::9", "10.0.1.5"]);
  world.there.set("10.0.1.5:4000", BOB);
  world.reach.start();
  await world.clock.advance(3_600_000);
  assertEquals(world.dials, [{ at: 0, to: "[fd00::9]:4000,10.0.1.5:4000" }]);
  assertEquals([world.reach.wants(BOB), world.reach.wants(OWN)], [true, false]);
  world.names.set("lab-pc", ["10.0.2.5"]);
  world.there.set("10.0.2.5:4000", BOB);
  world.here.delete(BOB);
  world.reach.lost(BOB);
  world.reach.lost(BOB);
  await world.clock.advance(60_000);
  assertEquals(world.dials.slice(1), [{ at: 3600, to: "10.0.2.5:4000" }]);
  assertEquals(world.told, []);
  world.reach.stop();
});

Deno.test("one that takes the session and ends it within seconds is dialled with growing pauses", async () => {
  const world = new World("10.0.1.5");
  world.there.set("10.0.1.5:3333", BOB);
  world.reach.start();
  for (let second = 0; second < 600; second += 5) {
    await world.clock.advance(5_000);
    world.here.delete(BOB);
    world.reach.lost(BOB);
  }
  assert(world.dials.length <= 120, `${world.dials.length} dials in 10 minutes`);
  const quick = new World("10.0.1.5");
  quick.there.set("10.0.1.5:3333", BOB);
  // It is never here: the session ended before anybody looked.
  quick.here.add = function () {
    return this;
  };
  quick.reach.start();
  await quick.clock.advance(600_000);
  assert(quick.dials.length <= 320, `${quick.dials.length} dials in 10 minutes`);
  for (const { reach } of [world, quick]) reach.stop();
});

Deno.test("links that change end the pause; a name that nobody knows and we ourselves are no fault", async () => {
  const world = new World("nowhere", "10.0.0.1");
  world.there.set("10.0.0.1:3333", OWN);
  world.reach.start();
  await world.clock.advance(300_000);
  assertEquals(world.told, ['--peer nowhere:3333: There is no host "nowhere"']);
  assert(world.dials.length <= 7, "we ourselves are dialled once a minute");
  world.names.set("nowhere", ["10.0.1.5"]);
  world.there.set("10.0.1.5:3333", BOB);
  world.reach.refresh();
  await world.clock.advance(0);
  assert(world.reach.wants(BOB));
  world.reach.stop();
});

Deno.test("a remembered peer is tried once where it was, another one there does not count, and it is told to nobody", async () => {
  const world = new World();
  world.reach.start();
  const addresses = [{ host: "10.0.1.5", port: 3333 }];
  world.there.set("10.0.1.5:3333", OWN);
  world.reach.tryPeer(BOB, addresses);
  await world.clock.advance(600_000);
  assertEquals([world.dials.length, world.reach.wants(BOB), world.told], [1, false, []]);

  world.there.set("10.0.1.5:3333", BOB);
  world.reach.tryPeer(BOB, addresses);
  world.reach.tryPeer(BOB, addresses);
  await world.clock.advance(600_000);
  assertEquals([world.dials.length, world.reach.wants(BOB)], [2, true]);
  world.there.clear();
  world.here.delete(BOB);
  world.reach.lost(BOB);
  await world.clock.advance(600_000);
  assertEquals([world.dials.length, world.reach.wants(BOB)], [7, false], "a few times after it was there");
  world.reach.stop();
});

Deno.test("a name that is being looked up at the end leaves no timer, and is not dialled", async () => {
  const world = new World("slow");
  world.reach.start();
  await world.clock.advance(0);
  world.reach.stop();
  await world.clock.advance(0);
  assertEquals(world.clock.next(), undefined);
  world.answer!(["10.0.1.5"]);
  await world.clock.advance(60_000);
  assertEquals(world.dials, []);
});

Deno.test("the name of a peer whose session is in doubt is looked up anew, an address is not dialled twice", async () => {
  const world = new World("lab-pc:4000", "10.0.1.6");
  world.names.set("lab-pc", ["10.0.1.5"]);
  world.there.set("10.0.1.5:4000", BOB);
  world.there.set("10.0.1.6:3333", "c".repeat(24));
  world.reach.start();
  await world.clock.advance(60_000);
  world.names.set("lab-pc", ["10.0.2.5"]);
  const before = world.dials.length;
  for (const id of [BOB, "c".repeat(24)]) world.reach.doubted(id);
  await world.clock.advance(0);
  assertEquals(world.dials.slice(before), [{ at: 60, to: "10.0.2.5:4000" }]);
  assertEquals(world.told, [], "the session may still be good");
  world.reach.stop();
});
