import { assert, assertEquals } from "@std/assert";
import { PeerAddresses, Proof } from "../../../lib/discovery/peer_addresses.ts";
import { AskLog } from "../../../lib/discovery/responder.ts";
import { GracePeriod } from "../../../lib/discovery/grace_period.ts";
import { Nonces } from "../../../lib/discovery/announcer.ts";
import { PeerTable } from "../../../lib/discovery/peer_table.ts";
import { RateWindow } from "../../../lib/discovery/rate_window.ts";
import { ReplayWindow } from "../../../lib/discovery/replay_window.ts";
import type { Link } from "../../../lib/net/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const eth0: Link = { interface: "eth0", family: 6, addresses: ["fe80::1"], loopback: false };

Deno.test("an announcement counts once, also when it comes late or out of order", () => {
  const replay = new ReplayWindow();
  for (
    const [seq, isNew] of [[5, true], [5, false], [3, true], [3, false], [40, true], [9, true], [8, false]]
  ) {
    assertEquals(!replay.has(seq as number), isNew, `${seq}`);
    replay.add(seq as number, 0);
  }
  replay.add(0xffff_ffff, 0);
  assert(replay.has(40) && replay.has(0xffff_ffff) && !replay.has(0xffff_fffe));
  assertEquals([replay.isLatest(0xffff_ffff), replay.isLatest(41)], [false, false]);
  replay.reset();
  assert(!replay.has(0) && replay.isLatest(0));
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
  const grace = new GracePeriod(clock, () => woke++);
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
  const candidates = new PeerAddresses();
  candidates.prove("10.0.0.1", 3333, 40_001, Proof.echo, 0, undefined);
  candidates.learn("10.0.0.1", 9999, 50_000, 1, undefined);
  candidates.learn("10.0.0.2", 3333, 40_001, 1, undefined);
  const flood = (at: number) => {
    for (let i = 0; i < 20; i++) candidates.learn(`10.6.6.${i}`, 3333, 50_000, at + i, undefined);
  };
  const has = (host: string) => candidates.usable().some((address) => address.host === host);
  flood(2);
  const usable = candidates.usable();
  assertEquals([usable.length, usable[0]], [8, { host: "10.0.0.1", port: 3333 }]);
  assertEquals([has("10.0.0.2"), has("10.6.6.19")], [true, false]);
  candidates.asked(100);
  candidates.prove("10.0.0.2", 3333, 40_001, Proof.echo, 200, undefined);
  assert(!candidates.learn("10.0.0.7", 3333, 40_001, 3_099, undefined));
  assert(candidates.learn("10.0.0.7", 3333, 40_001, 3_100, undefined));
  flood(3_200);
  assertEquals(["10.0.0.1", "10.0.0.2", "10.0.0.7"].map(has), [true, true, true]);
  assert(candidates.askTargets(false).some(({ host, port }) => host === "10.0.0.1" && port === 40_001));
});

Deno.test("of eight addresses that answered the one gives way where no session can be had", () => {
  const candidates = new PeerAddresses();
  for (let i = 0; i < 8; i++) candidates.prove(`10.0.0.${i}`, 3333, 1, Proof.echo, i, undefined);
  candidates.failed("10.0.0.3", 3333);
  assertEquals(candidates.usable().at(-1)!.host, "10.0.0.3");
  assert(candidates.learn("10.0.0.9", 3333, 1, 9, undefined));
  assertEquals([candidates.knows("10.0.0.3"), candidates.usable().length], [false, 8]);
});

Deno.test("where every address is proven, a claim gets no place and a session does", () => {
  const candidates = new PeerAddresses();
  for (let i = 0; i < 8; i++) candidates.prove(`10.0.0.${i}`, 3333, 1, Proof.echo, i, undefined);
  candidates.learn("10.6.6.6", 3333, 1, 9, undefined);
  assert(!candidates.knows("10.6.6.6"));
  candidates.prove("10.0.0.9", 3333, 0, Proof.session, 9, undefined);
  assertEquals([candidates.usable().length, candidates.usable()[0]!.host, candidates.knows("10.0.0.0")], [
    8,
    "10.0.0.9",
    false,
  ]);
});

Deno.test("proven addresses come before others, sessions before echoes, what was heard lately before the rest", () => {
  const candidates = new PeerAddresses();
  candidates.learn("10.0.0.1", 3333, 1, 0, undefined);
  candidates.learn("10.0.0.2", 3333, 1, 60_000, undefined);
  candidates.prove("10.0.0.3", 3333, 1, Proof.echo, 10, undefined);
  candidates.prove("10.0.0.4", 3333, 1, Proof.session, 5, undefined);
  assertEquals(candidates.usable().map(({ host }) => host), ["10.0.0.4", "10.0.0.3", "10.0.0.2", "10.0.0.1"]);
});

Deno.test("an address that fell silent comes after one that is lively, whichever proof it has, and one that failed last", () => {
  const candidates = new PeerAddresses();
  candidates.prove("10.0.0.1", 3333, 1, Proof.session, 0, undefined);
  candidates.prove("10.0.0.2", 3333, 1, Proof.echo, 10_000, undefined);
  candidates.learn("10.0.0.3", 3333, 1, 10_000, undefined);
  assertEquals(candidates.usable().map(({ host }) => host), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  candidates.prove("10.0.0.2", 3333, 1, Proof.echo, 20_001, undefined);
  assertEquals(candidates.usable().map(({ host }) => host), ["10.0.0.2", "10.0.0.1", "10.0.0.3"]);
  candidates.failed("10.0.0.2");
  assertEquals(candidates.shown!.host, "10.0.0.1");
  candidates.prove("10.0.0.2", 3333, 1, Proof.session, 20_002, undefined);
  assertEquals(candidates.shown!.host, "10.0.0.2");
});

Deno.test("a link-local address is no address to dial before its link is known, nor after that link went", () => {
  const candidates = new PeerAddresses();
  candidates.learn("fe80::7", 3333, 40_000, 0, undefined);
  assertEquals([candidates.usable(), candidates.anyUsable, candidates.unlinked().length], [[], false, 1]);
  assertEquals(candidates.shown, { host: "fe80::7", port: 3333 }, "people are shown it all the same");
  candidates.learn("fe80::7", 3333, 40_000, 0, eth0);
  assertEquals([candidates.usable(), candidates.shown], [[], { host: "fe80::7%eth0", port: 3333 }]);
  candidates.prove("fe80::7", 3333, 40_000, Proof.echo, 1, eth0);
  assertEquals(candidates.usable(), [{ host: "fe80::7%eth0", port: 3333, link: eth0 }]);
  const again = { ...eth0 };
  candidates.relink([eth0], [again]);
  assert(candidates.usable()[0]!.link === again);
  candidates.relink([again], []);
  assertEquals([candidates.usable(), candidates.unlinked()[0]?.host], [[], "fe80::7"]);
});

Deno.test("an ask goes where the peer was heard and proven, then to the shared port as well", () => {
  const candidates = new PeerAddresses();
  candidates.prove("10.0.0.1", 3333, 40_001, Proof.echo, 0, undefined);
  candidates.learn("10.0.0.1", 3333, 50_000, 1, undefined);
  assertEquals(candidates.askTargets(false).map(({ port }) => port), [40_001, 50_000]);
  assertEquals(candidates.askTargets(true).map(({ port }) => port), [40_001, 50_000, 3333]);
  const dialled = new PeerAddresses();
  dialled.prove("10.0.0.2", 3334, 0, Proof.session, 0, undefined);
  assertEquals(dialled.askTargets(false).map(({ port }) => port), [3333]);
});

Deno.test("in a full roster the unproven give way, those of one flooding host first, and nobody to a claim who is proven and up", () => {
  const removed: string[] = [];
  const note = (entry: { readonly id: string }) => removed.push(entry.id);
  const table = new PeerTable(() => false, 4);
  const add = (id: string, host: string, proof: Proof, heardAt: number) => {
    const entry = table.add({ id, host, proof }, note);
    if (!entry) return;
    entry.proof = proof;
    entry.heardAt = heardAt;
    entry.candidates.learn(host, 3333, 1, heardAt, undefined);
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
  assertEquals(table.add({ id: "claim", host: "10.0.0.7", proof: Proof.none }, note), undefined);
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
