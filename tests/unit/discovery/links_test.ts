import { assert, assertEquals } from "@std/assert";
import { knows, missing, seen, Simulation } from "../../simulation/discovery_world.ts";

Deno.test("over link-local IPv6 every peer learns through which of its links each other one is reached", () => {
  for (const tellsLink of [false, true]) {
    const sim = new Simulation({ ipv4: false, ipv6: true, tellsLink });
    const peers = Array.from({ length: 6 }, () => {
      const peer = sim.start({
        host: sim.host(sim.interface("eth0", "empty"), sim.interface("eth1", "lan")),
      });
      sim.run(2);
      return peer;
    });
    sim.run(60);
    for (const one of peers) {
      for (const other of peers) {
        if (one === other) continue;
        const link = one.net.links[1]!;
        const host = `${other.net.links[1]!.addresses[0]!}%eth1`;
        const address = seen(one, other)!.addresses.find((address) => address.host === host);
        assertEquals(address, { host, port: 3333, link });
      }
    }
  }
});

Deno.test("a peer heard from a link-local address is up without an address until it answered, which is told", () => {
  const sim = new Simulation({ ipv4: false, ipv6: true });
  const peer = sim.start();
  sim.run(5);
  const actor = sim.actor();
  actor.say({});
  sim.run(0.5);
  assertEquals(peer.discovery.roster.get(actor.id)!.addresses, []);
  actor.onHeard = ({ said, via, from }) => {
    if (said.t === "ask" && via === "own") actor.say({ echo: said.nonce }, from);
  };
  peer.discovery.check(actor.id);
  sim.run(0.5);
  assertEquals(peer.discovery.roster.get(actor.id)!.addresses.map(({ host }) => host), [
    `${actor.host}%eth0`,
  ]);
  assertEquals(peer.events.map(({ type }) => type), ["up", "changed"]);
});

Deno.test("where the IPv6 copy of the first announcement is faster, the IPv4 one is told as the address that was missing", () => {
  const sim = new Simulation({ ipv6: true });
  const peer = sim.start();
  sim.run(5);
  const hello = { id: sim.id(), boot: 1, seq: 1 };
  sim.forge("fe80::99", hello);
  sim.run(0.01);
  sim.forge("10.0.9.9", hello);
  sim.run(0.01);
  assertEquals(peer.events.map(({ type }) => type), ["up", "changed"]);
  assertEquals(peer.discovery.roster.get(hello.id)!.addresses, [{ host: "10.0.9.9", port: 6666 }]);
});

Deno.test("a link-local address is forgotten with its link, and usable again when the link is back", () => {
  const sim = new Simulation({ ipv4: false, ipv6: true });
  const [a, b] = [sim.start(), sim.start()];
  sim.run(5);
  assertEquals(seen(a, b)!.addresses.length, 1);
  a.host.setUp("eth0", false);
  assertEquals(seen(a, b)!.addresses, []);
  sim.run(15);
  a.host.setUp("eth0", true);
  sim.run(1);
  assert(seen(a, b)!.addresses[0]!.link === a.net.links[0]);
});

Deno.test("a dialled link-local address counts for the link that its zone names", () => {
  const sim = new Simulation({ ipv4: false, ipv6: true });
  const [a, b] = [sim.start(), sim.start()];
  sim.run(5);
  const host = seen(a, b)!.addresses[0]!.host;
  a.discovery.sessionSeen(b.self.id, { ...b.self, address: { host, port: 3333 } });
  assertEquals(seen(a, b)!.addresses, [{ host, port: 3333, link: a.net.links[0]! }]);
});

Deno.test("of a peer heard on several interfaces and families every address is known, and it is up once", () => {
  const sim = new Simulation({ ipv6: true });
  const two = () => sim.host(sim.interface("eth0", "lan"), sim.interface("wlan0", "air"));
  const [a, b] = [sim.start({ host: two() }), sim.start({ host: two() })];
  sim.run(120);
  assert(knows(a, b) && knows(b, a));
  const hosts = seen(a, b)!.addresses.map(({ host }) => host.replace(/%.*/, "")).toSorted();
  assertEquals(hosts, b.net.links.map(({ addresses }) => addresses[0]!).toSorted());
  assertEquals(a.events.filter(({ type }) => type === "up").length, 1);
});

Deno.test("where one of two networks is lost, the peers still hear each other over the other one", () => {
  const sim = new Simulation();
  const two = () => sim.host(sim.interface("eth0", "lan"), sim.interface("wlan0", "air"));
  const peers = [sim.start({ host: two() }), sim.start({ host: two() }), sim.start({ host: two() })];
  sim.run(15);
  peers[0]!.host.setUp("eth0", false);
  sim.run(120);
  assertEquals(missing(peers), 0);
  assertEquals(peers.flatMap(({ events }) => events.filter(({ type }) => type === "gone")), []);
});

Deno.test("several peers on one host find each other over loopback alone, and notice who is gone", () => {
  const sim = new Simulation();
  const host = sim.host({ name: "lo", bridge: "lo", ipv4: "127.0.0.1", ipv6: "::1" });
  const peers = [3333, 3334, 3335].map((port) => sim.start({ host, port }));
  sim.run(15);
  assertEquals(missing(peers), 0);
  assertEquals(seen(peers[0]!, peers[2]!)!.addresses.map(({ host, port }) => `${host} ${port}`).toSorted(), [
    "127.0.0.1 3335",
    "::1 3335",
  ]);
  void peers[2]!.net.close();
  sim.run(22);
  assert(!knows(peers[0]!, peers[2]!) && !knows(peers[1]!, peers[2]!));
  assert(knows(peers[0]!, peers[1]!) && knows(peers[1]!, peers[0]!));
});

Deno.test("a peer that starts without any link asks when the first one comes", () => {
  const sim = new Simulation();
  const host = sim.host();
  host.setUp("eth0", false);
  const [late, other] = [sim.start({ host }), sim.start()];
  sim.run(30);
  host.setUp("eth0", true);
  assert(sim.runUntil(() => knows(late, other) && knows(other, late), 5_000) <= 150);
});
