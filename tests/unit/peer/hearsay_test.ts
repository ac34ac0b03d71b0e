import { assert, assertEquals } from "@std/assert";
import type { Address } from "../../../lib/net/types.ts";
import { HearsayListener } from "../../../lib/peer/hearsay_listener.ts";
import { HearsayTeller, type ProvenPeer } from "../../../lib/peer/hearsay_teller.ts";
import { hostPortText } from "../../../lib/protocol/host_port.ts";
import type { Hearsay } from "../../../lib/protocol/hearsay.ts";
import { decodeMessages } from "../../../lib/protocol/message.ts";
import type { Session } from "../../../lib/session/session.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** Id number `i`. */
function idOf(i: number): string {
  return i.toString(6).replaceAll(/\d/g, (digit) => "234567"[Number(digit)]!).padStart(24, "a");
}

const OWN = idOf(0);
const TELLER = { id: "t".repeat(24), host: "10.0.0.9" };

function told(i: number, address: string, port = 3333): Hearsay {
  return { id: idOf(i), name: "bob", kind: "linux", address, port, age: 1 };
}

/** A listener in a world where the test says who is where. */
class World {
  readonly clock = new FakeClock();
  readonly dials: { readonly at: number; readonly id: string; readonly to: string }[] = [];
  readonly there = new Map<string, string>();
  readonly here = new Set<string>();
  readonly heeded = new Set([TELLER.id]);
  readonly listener = new HearsayListener({
    clock: this.clock,
    isHeeded: (teller) => this.heeded.has(teller),
    isWelcome: (id) => id !== OWN,
    isHere: (id) => this.here.has(id),
    dial: (id, address) => Promise.resolve(this.#dial(id, address)),
  });

  /** Fails if any two dials were less than a second apart. */
  checkRate(): void {
    for (const [i, { at }] of this.dials.slice(1).entries()) assert(at - this.dials[i]!.at >= 1_000, `${at}`);
  }

  #dial(id: string, address: Address): boolean {
    const to = hostPortText(address);
    this.dials.push({ at: this.clock.now(), id, to });
    if (this.there.get(to) !== id) return false;
    this.here.add(id);
    return true;
  }
}

Deno.test("who is told of is dialled once, proven, kept, and charged to the teller; we and those who are here are not", async () => {
  const world = new World();
  world.there.set("10.0.1.5:3333", idOf(1));
  world.here.add(idOf(3));
  world.listener.heard(TELLER, [
    told(1, "10.0.1.5"),
    told(0, "10.0.1.7"),
    told(2, "10.0.1.6"),
    told(3, "10.0.1.8"),
  ]);
  await world.clock.advance(3_600_000);
  assertEquals(world.dials.map(({ id }) => id), [idOf(1), idOf(2)]);
  assertEquals([1, 2, 3].map((i) => world.listener.wants(idOf(i))), [true, false, false]);
  assertEquals([1, 2].map((i) => world.listener.sourceOf(idOf(i))), [TELLER.host, undefined]);
  world.checkRate();

  world.here.delete(idOf(1));
  world.listener.lost(idOf(1));
  await world.clock.advance(60_000);
  assert(world.listener.wants(idOf(1)), "it is looked for again");
  world.there.clear();
  world.here.delete(idOf(1));
  world.listener.lost(idOf(1));
  await world.clock.advance(3_600_000);
  assertEquals(
    [world.listener.wants(idOf(1)), world.dials.length],
    [false, 8],
    "and given up after five attempts",
  );
  world.checkRate();
});

Deno.test("a teller without end of peers that do not exist costs one dial a second, and others their turn", async () => {
  const world = new World();
  const honest = { id: "h".repeat(24), host: "10.0.0.8" };
  world.heeded.add(honest.id);
  world.there.set("10.0.1.5:3333", idOf(1));
  for (let list = 0; list < 100; list++) {
    world.listener.heard(
      TELLER,
      Array.from({ length: 32 }, (_, i) => told(100 + 32 * list + i, `10.1.${list}.${i}`)),
    );
    if (list === 50) world.listener.heard(honest, [told(1, "10.0.1.5")]);
    await world.clock.advance(1_000);
  }
  const [found] = world.dials.filter(({ id }) => id === idOf(1));
  assert(found!.at <= 53_000, `the other teller waited until ${found!.at}`);
  assert(world.listener.wants(idOf(1)));
  assert(world.dials.length <= 101);
  world.checkRate();
  await world.clock.advance(3_600_000);
  assert(world.dials.length <= 32 * 5 + 1, `${world.dials.length}: a list in 25 s, 32 of a teller`);
});

Deno.test("addresses of others are left alone: none outside private ranges, and one where that peer was not for ten minutes", async () => {
  const world = new World();
  const outside = [
    "8.8.8.8",
    "127.0.0.1",
    "169.254.1.1",
    "2001:db8::1",
    "224.0.0.1",
    "::1",
    "255.255.255.255",
  ];
  world.listener.heard(TELLER, outside.map((host, i) => told(1 + i, host)));
  await world.clock.advance(600_000);
  assertEquals(world.dials, []);
  world.there.set("10.0.1.5:3333", idOf(999));
  for (let list = 0; list < 24; list++) {
    world.listener.heard(TELLER, Array.from({ length: 32 }, (_, i) => told(100 + 32 * list + i, "10.0.1.5")));
    await world.clock.advance(50_000);
  }
  assertEquals(world.dials.length, 2, "in twenty minutes");
  assertEquals(world.dials.map(({ to }) => to), ["10.0.1.5:3333", "10.0.1.5:3333"]);
});

Deno.test("one who tells of himself under many ids gets no more than 32 of them, and his sessions that break no more dials", async () => {
  const world = new World();
  for (let i = 1; i <= 500; i++) world.there.set(`10.0.0.9:${i}`, idOf(i));
  for (let list = 0; list < 15; list++) {
    world.listener.heard(
      TELLER,
      Array.from({ length: 32 }, (_, i) => told(1 + 32 * list + i, "10.0.0.9", 1 + 32 * list + i)),
    );
    await world.clock.advance(40_000);
  }
  assertEquals([...world.here].filter((id) => world.listener.wants(id)).length, 32);
  const before = world.dials.length;
  for (let round = 0; round < 60; round++) {
    for (const id of [...world.here]) {
      world.here.delete(id);
      world.listener.lost(id);
    }
    await world.clock.advance(1_000);
  }
  assert(world.dials.length - before <= 61);
  world.checkRate();
});

Deno.test("one that takes each session and ends it at once is given up after a few attempts", async () => {
  const world = new World();
  world.there.set("10.0.1.5:3333", idOf(1));
  world.listener.heard(TELLER, [told(1, "10.0.1.5")]);
  for (let second = 0; second < 600; second++) {
    await world.clock.advance(1_000);
    world.here.delete(idOf(1));
    world.listener.lost(idOf(1));
  }
  assertEquals([world.dials.length, world.listener.wants(idOf(1))], [6, false]);
  world.listener.heard(TELLER, [told(1, "10.0.1.5")]);
  await world.clock.advance(1_000);
  assert(world.listener.wants(idOf(1)), "it is sought where it was as soon as somebody tells of it again");
});

Deno.test("who is not heeded is not heard, and at the end nobody is dialled", async () => {
  const world = new World();
  world.listener.heard({ id: "x".repeat(24), host: "10.0.0.7" }, [told(1, "10.0.1.5")]);
  await world.clock.advance(60_000);
  world.listener.heard(TELLER, [told(2, "10.0.1.6"), told(3, "10.0.1.7")]);
  await world.clock.advance(0);
  world.listener.stop();
  await world.clock.advance(60_000);
  assertEquals(world.dials.map(({ id }) => id), [idOf(2)]);
});

/** The other side of a session, as far as a teller sees it. */
function sessionWith(i: number, remote: Partial<Session["remote"]> = {}): Session & { woken: number } {
  const session = {
    id: idOf(i),
    remote: { can: "ask peers", rx: 65_535, brief: false, ...remote },
    woken: 0,
    wake: () => session.woken++,
  };
  return session as unknown as Session & { woken: number };
}

/** A teller who knows these peers. */
function teller(proven: ProvenPeer[]) {
  const clock = new FakeClock();
  return { clock, teller: new HearsayTeller({ clock, proven: () => proven }) };
}

function proven(clock: FakeClock, i: number, ...hosts: string[]): ProvenPeer {
  const addresses = hosts.map((host) => ({ host, port: 3333 }));
  return {
    id: idOf(i),
    name: "bob",
    kind: "linux",
    addresses,
    state: "up",
    lastSeen: clock.wall() - i * 1_000,
  };
}

/** Ids and addresses that a frame tells of. */
function listed(frame: Uint8Array | undefined): string[] | undefined {
  if (!frame) return undefined;
  const [message] = decodeMessages(frame);
  return message?.type === "peers" ? message.peers.map(({ id, address }) => `${id} ${address}`) : [];
}

Deno.test("the other side of a session is told of others once, again of news after 30 s, of nothing new after 15 min", async () => {
  const known: ProvenPeer[] = [];
  const { clock, teller: told } = teller(known);
  known.push(proven(clock, 2, "fe80::2%eth0", "8.8.8.8", "10.0.0.2"), proven(clock, 1, "10.0.0.1"));
  known.push(proven(clock, 3, "fe80::3%eth0"), proven(clock, 90_000, "10.0.0.4"));
  const session = sessionWith(1);
  told.attached(session);
  assertEquals([session.woken, listed(told.nextFrame(session))], [1, [`${idOf(2)} 10.0.0.2`]]);
  assertEquals(told.nextFrame(session), undefined);
  await clock.advance(840_000);
  assertEquals(session.woken, 1);
  await clock.advance(60_000);
  assertEquals([session.woken, listed(told.nextFrame(session))?.length], [2, 1]);
  known.push(proven(clock, 5, "fd83::5"));
  await clock.advance(30_000);
  assertEquals(listed(told.nextFrame(session))?.length, 2);
  told.detached(session);
  const again = sessionWith(1);
  known.push(proven(clock, 6, "fd83::6"));
  told.attached(again);
  assertEquals(told.nextFrame(again), undefined, "a new session is no reason to tell sooner");
  await clock.advance(60_000);
  assertEquals(listed(told.nextFrame(again))?.length, 3);
  told.stop();
});

Deno.test("a session that comes after the end is told nothing, and leaves no timer", () => {
  const known: ProvenPeer[] = [];
  const { clock, teller: told } = teller(known);
  known.push(proven(clock, 2, "10.0.0.2"));
  told.stop();
  const session = sessionWith(1);
  told.attached(session);
  assertEquals([session.woken, told.nextFrame(session), clock.next()], [0, undefined, undefined]);
});

Deno.test("what was told is remembered of no more peers than may have a session, the latest", () => {
  const known: ProvenPeer[] = [];
  const { clock, teller: told } = teller(known);
  known.push(proven(clock, 5_000, "10.0.0.2"));
  const isTold = (i: number) => {
    const session = sessionWith(i);
    told.attached(session);
    const frame = told.nextFrame(session);
    told.detached(session);
    return frame !== undefined;
  };
  for (let i = 1; i <= 1_025; i++) assert(isTold(i));
  assertEquals([isTold(2), isTold(1_025), isTold(1)], [false, false, true]);
  told.stop();
});

Deno.test("one that was gone and is back is news", async () => {
  const known: ProvenPeer[] = [];
  const { clock, teller: told } = teller(known);
  known.push({ ...proven(clock, 2, "10.0.0.2"), state: "gone" });
  const session = sessionWith(1);
  told.attached(session);
  told.nextFrame(session);
  await clock.advance(600_000);
  assertEquals(session.woken, 1);
  known[0] = proven(clock, 2, "10.0.0.2");
  await clock.advance(30_000);
  assertEquals(listed(told.nextFrame(session)), [`${idOf(2)} 10.0.0.2`]);
  known[0] = { ...known[0], state: "gone" };
  await clock.advance(120_000);
  assertEquals(session.woken, 2, "that it has gone is none");
  known[0] = proven(clock, 2, "10.0.0.2");
  await clock.advance(30_000);
  assertEquals(listed(told.nextFrame(session)), [`${idOf(2)} 10.0.0.2`]);
  told.stop();
});

Deno.test("short-lived commands and those who do not understand it are told nothing; others no more than they take", async () => {
  const known: ProvenPeer[] = [];
  const { clock, teller: told } = teller(known);
  for (let i = 1; i <= 100; i++) known.push(proven(clock, i, `10.0.0.${i}`));
  for (const remote of [{ can: undefined }, { can: "ask" }, { can: "peers-2" }, { brief: true }]) {
    const session = sessionWith(0, remote);
    told.attached(session);
    assertEquals(told.nextFrame(session), undefined);
  }
  for (const [i, rx, most] of [[200, 65_535, 32], [201, 1_024, 10]] as const) {
    const session = sessionWith(i, { rx });
    told.attached(session);
    const frame = told.nextFrame(session);
    assert(frame!.length <= rx - 16);
    const list = listed(frame)!;
    assert(list.length <= most && list.length > 5, `${list.length}`);
    assertEquals(list[0], `${idOf(1)} 10.0.0.1`, "those heard last first");
    await clock.advance(120_000);
    assertEquals(session.woken, 1, "what has no room is no news");
  }
  told.stop();
});
