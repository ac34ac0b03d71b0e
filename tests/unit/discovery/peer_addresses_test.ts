import { assert, assertEquals } from "@std/assert";
import { PeerAddresses, Proof } from "../../../lib/discovery/peer_addresses.ts";
import type { Link } from "../../../lib/net/types.ts";

const eth0: Link = { interface: "eth0", family: 6, addresses: ["fe80::1"], loopback: false };

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
