import { assert, assertEquals } from "@std/assert";
import { PeerAddresses, Proof } from "../../../lib/discovery/addresses.ts";
import { AskLog } from "../../../lib/discovery/ask_log.ts";
import { Grace } from "../../../lib/discovery/grace.ts";
import { Nonces } from "../../../lib/discovery/nonces.ts";
import { PeerTable } from "../../../lib/discovery/peer_table.ts";
import { RateWindow } from "../../../lib/discovery/rate_window.ts";
import { Sequence } from "../../../lib/discovery/sequence.ts";
import type { Link } from "../../../lib/net/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const eth0: Link = { interface: "eth0", family: 6, addresses: ["fe80::1"], loopback: false };

Deno.test("an announcement counts once, also when it comes late or out of order", () => {
  const sequence = new Sequence();
  for (
    const [seq, isNew] of [[5, true], [5, false], [3, true], [3, false], [40, true], [9, true], [8, false]]
  ) {
    assertEquals(!sequence.has(seq as number), isNew, `${seq}`);
    sequence.add(seq as number, 0);
  }
  sequence.add(0xffff_ffff, 0);
  assert(sequence.has(40) && sequence.has(0xffff_ffff) && !sequence.has(0xffff_fffe));
  assertEquals([sequence.isLatest(0xffff_ffff), sequence.isLatest(41)], [false, false]);
  sequence.reset();
  assert(!sequence.has(0) && sequence.isLatest(0));
});

Deno.test("no more is done in any second than the limits say, in all and for one address", () => {
  const limit = new RateWindow(4, 2);
  const taken = ["a", "a", "a", "b", "c", "d"].map((key) => limit.take(100, key));
  assertEquals(taken, [true, true, false, true, true, false]);
  assertEquals([limit.take(1099, "d"), limit.take(1100, "a")], [false, true]);
});

Deno.test("a nonce is answered only while it is fresh, and only by the peer that was asked", () => {
  const clock = new FakeClock();
  const nonces = new Nonces(clock, new SeededRandom(1));
  const [all, one] = [nonces.issue(), nonces.issue("b")];
  assertEquals([nonces.answers(all, "a"), nonces.answers(one, "a"), nonces.answers(one, "b")], [
    true,
    false,
    true,
  ]);
  assertEquals([nonces.answers(undefined, "a"), nonces.answers("aaaaaaaaaaaaa", "a")], [false, false]);
  clock.advanceSync(10_001);
  assert(!nonces.answers(all, "a"));
});

Deno.test("however many nonces are open, memory for them is bounded", () => {
  const nonces = new Nonces(new FakeClock(), new SeededRandom(1));
  const first = nonces.issue();
  for (let i = 0; i < 512; i++) nonces.issue();
  assert(!nonces.answers(first, "a"));
});

Deno.test("an ask that came twice is a copy, a later one a repetition, and one asked otherwise neither", () => {
  const log = new AskLog();
  assertEquals(log.note("a", "nonce-1", "shared", 0), "first");
  assertEquals(log.note("a", "nonce-1", "shared", 1), "copy");
  assertEquals(log.note("a", "nonce-2", "own", 2), "first");
  assertEquals(log.note("a", "nonce-2", "shared", 3), "copy");
  assertEquals(log.note("a", "nonce-3", "shared", 9_999), "repeated");
  assertEquals(log.note("a", "nonce-3", "shared", 20_000), "first");
  for (let i = 0; i < 1024; i++) log.note(`b${i}`, "nonce-4", "shared", 20_002);
  assertEquals(log.note("a", "nonce-3", "shared", 20_003), "first");
});

Deno.test("a machine that slept gives everybody 30 s, whichever clock shows it", () => {
  const clock = new FakeClock();
  let woke = 0;
  const grace = new Grace(clock, () => woke++);
  grace.start();
  clock.advanceSync(60_000);
  assertEquals([woke, grace.active], [0, false]);
  clock.wallOffset += 3_600_000;
  clock.advanceSync(5_000);
  assertEquals([woke, grace.active], [1, true]);
  clock.advanceSync(30_000);
  assertEquals([woke, grace.active], [1, false]);
  grace.stop();
  assertEquals(clock.next(), undefined);
  clock.advanceSync(15_001);
  grace.notice();
  assertEquals([woke, grace.active], [2, true]);
});

Deno.test("forged addresses replace none that is proven, nor any before it was asked, and keep none out once they were", () => {
  const ways = new PeerAddresses();
  ways.prove("10.0.0.1", 3333, 40_001, Proof.echo, 0, undefined);
  ways.learn("10.0.0.1", 9999, 50_000, 1, undefined);
  ways.learn("10.0.0.2", 3333, 40_001, 1, undefined);
  const flood = (at: number) => {
    for (let i = 0; i < 20; i++) ways.learn(`10.6.6.${i}`, 3333, 50_000, at + i, undefined);
  };
  const has = (host: string) => ways.usable().some((address) => address.host === host);
  flood(2);
  const usable = ways.usable();
  assertEquals([usable.length, usable[0]], [8, { host: "10.0.0.1", port: 3333 }]);
  assertEquals([has("10.0.0.2"), has("10.6.6.19")], [true, false]);
  ways.asked(100);
  ways.prove("10.0.0.2", 3333, 40_001, Proof.echo, 200, undefined);
  assert(!ways.learn("10.0.0.7", 3333, 40_001, 3_099, undefined));
  assert(ways.learn("10.0.0.7", 3333, 40_001, 3_100, undefined));
  flood(3_200);
  assertEquals(["10.0.0.1", "10.0.0.2", "10.0.0.7"].map(has), [true, true, true]);
  assert(ways.askTargets(false).some(({ host, port }) => host === "10.0.0.1" && port === 40_001));
});

Deno.test("of eight addresses that answered the one gives way where no session can be had", () => {
  const ways = new PeerAddresses();
  for (let i = 0; i < 8; i++) ways.prove(`10.0.0.${i}`, 3333, 1, Proof.echo, i, undefined);
  ways.failed("10.0.0.3", 3333);
  assertEquals(ways.usable().at(-1)!.host, "10.0.0.3");
  assert(ways.learn("10.0.0.9", 3333, 1, 9, undefined));
  assertEquals([ways.knows("10.0.0.3"), ways.usable().length], [false, 8]);
});

Deno.test("where every address is proven, a claim gets no place and a session does", () => {
  const ways = new PeerAddresses();
  for (let i = 0; i < 8; i++) ways.prove(`10.0.0.${i}`, 3333, 1, Proof.echo, i, undefined);
  ways.learn("10.6.6.6", 3333, 1, 9, undefined);
  assert(!ways.knows("10.6.6.6"));
  ways.prove("10.0.0.9", 3333, 0, Proof.session, 9, undefined);
  assertEquals([ways.usable().length, ways.usable()[0]!.host, ways.knows("10.0.0.0")], [
    8,
    "10.0.0.9",
    false,
  ]);
});

Deno.test("proven addresses come before others, sessions before echoes, what was heard lately before the rest", () => {
  const ways = new PeerAddresses();
  ways.learn("10.0.0.1", 3333, 1, 0, undefined);
  ways.learn("10.0.0.2", 3333, 1, 60_000, undefined);
  ways.prove("10.0.0.3", 3333, 1, Proof.echo, 10, undefined);
  ways.prove("10.0.0.4", 3333, 1, Proof.session, 5, undefined);
  assertEquals(ways.usable().map(({ host }) => host), ["10.0.0.4", "10.0.0.3", "10.0.0.2", "10.0.0.1"]);
});

Deno.test("an address that fell silent comes after one that is lively, whichever proof it has, and one that failed last", () => {
  const ways = new PeerAddresses();
  ways.prove("10.0.0.1", 3333, 1, Proof.session, 0, undefined);
  ways.prove("10.0.0.2", 3333, 1, Proof.echo, 10_000, undefined);
  ways.learn("10.0.0.3", 3333, 1, 10_000, undefined);
  assertEquals(ways.usable().map(({ host }) => host), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  ways.prove("10.0.0.2", 3333, 1, Proof.echo, 20_001, undefined);
  assertEquals(ways.usable().map(({ host }) => host), ["10.0.0.2", "10.0.0.1", "10.0.0.3"]);
  ways.failed("10.0.0.2");
  assertEquals(ways.shown!.host, "10.0.0.1");
  ways.prove("10.0.0.2", 3333, 1, Proof.session, 20_002, undefined);
  assertEquals(ways.shown!.host, "10.0.0.2");
});

Deno.test("a link-local address is no address to dial before its link is known, nor after that link went", () => {
  const ways = new PeerAddresses();
  ways.learn("fe80::7", 3333, 40_000, 0, undefined);
  assertEquals([ways.usable(), ways.anyUsable, ways.unlinked().length], [[], false, 1]);
  assertEquals(ways.shown, { host: "fe80::7", port: 3333 }, "people are shown it all the same");
  ways.learn("fe80::7", 3333, 40_000, 0, eth0);
  assertEquals([ways.usable(), ways.shown], [[], { host: "fe80::7%eth0", port: 3333 }]);
  ways.prove("fe80::7", 3333, 40_000, Proof.echo, 1, eth0);
  assertEquals(ways.usable(), [{ host: "fe80::7%eth0", port: 3333, link: eth0 }]);
  const again = { ...eth0 };
  ways.relink([eth0], [again]);
  assert(ways.usable()[0]!.link === again);
  ways.relink([again], []);
  assertEquals([ways.usable(), ways.unlinked()[0]?.host], [[], "fe80::7"]);
});

Deno.test("an ask goes where the peer was heard and proven, then to the shared port as well", () => {
  const ways = new PeerAddresses();
  ways.prove("10.0.0.1", 3333, 40_001, Proof.echo, 0, undefined);
  ways.learn("10.0.0.1", 3333, 50_000, 1, undefined);
  assertEquals(ways.askTargets(false).map(({ port }) => port), [40_001, 50_000]);
  assertEquals(ways.askTargets(true).map(({ port }) => port), [40_001, 50_000, 3333]);
  const dialled = new PeerAddresses();
  dialled.prove("10.0.0.2", 3334, 0, Proof.session, 0, undefined);
  assertEquals(dialled.askTargets(false).map(({ port }) => port), [3333]);
});

Deno.test("in a full roster the unproven give way, those of one flooding host first, and nobody to a claim who is proven and up", () => {
  const removed: string[] = [];
  const table = new PeerTable({ removed: (entry) => removed.push(entry.id), limit: 4 });
  const add = (id: string, host: string, proof: Proof, heardAt: number) => {
    const entry = table.add({ id, host, proof });
    if (!entry) return;
    entry.proof = proof;
    entry.heardAt = heardAt;
    entry.ways.learn(host, 3333, 1, heardAt, undefined);
    table.setState(entry, "up");
  };
  add("session", "10.0.0.1", Proof.session, 0);
  add("echo", "10.0.0.2", Proof.echo, 1);
  add("heard", "10.0.0.3", Proof.none, 2);
  add("flood-1", "10.6.6.6", Proof.none, 3);
  add("flood-2", "10.6.6.6", Proof.none, 4);
  add("other", "10.0.0.4", Proof.none, 5);
  assertEquals([removed, table.size], [["flood-1", "heard"], 4]);
  add("echo-2", "10.0.0.5", Proof.echo, 6);
  add("echo-3", "10.0.0.6", Proof.echo, 7);
  assertEquals(removed.slice(2), ["flood-2", "other"]);
  assertEquals(table.add({ id: "claim", host: "10.0.0.7", proof: Proof.none }), undefined);
  table.setState(table.get("echo-2")!, "gone");
  add("claim", "10.0.0.7", Proof.none, 8);
  assertEquals(
    [removed.slice(4), table.get("echo-2")],
    [[], undefined],
    "one that is gone goes without a word",
  );
  add("session-2", "10.0.0.8", Proof.session, 9);
  add("session-3", "10.0.0.9", Proof.session, 10);
  assertEquals(removed.slice(4), ["claim", "echo"]);
  assertEquals([table.size, table.up().length, table.heardSince(9)], [4, 4, 2]);
});
