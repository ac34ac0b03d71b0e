import { assert, assertEquals, assertNotEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/platform/user_error.ts";
import {
  checkSelection,
  isOnLink,
  keepKnown,
  linkOfSource,
  linkReader,
  readLinks,
  resolvable,
  selectLinks,
  zonedRemote,
} from "../../../lib/net/interfaces.ts";

function info(name: string, cidr: string, scopeid: number | null = null): Deno.NetworkInterfaceInfo {
  const [address, prefix] = cidr.split("/") as [string, string];
  const bits = "1".repeat(Number(prefix)).padEnd(32, "0");
  const v6 = address.includes(":");
  return {
    family: v6 ? "IPv6" : "IPv4",
    name,
    address,
    cidr,
    netmask: v6 ? "" : [0, 8, 16, 24].map((at) => parseInt(bits.slice(at, at + 8), 2)).join("."),
    scopeid,
    mac: "02:00:00:00:00:01",
  };
}

const machine = [
  info("lo", "127.0.0.1/8"),
  info("lo", "::1/128", 0),
  info("eth0", "10.0.0.2/24"),
  info("eth0", "fd00::2/64", 0),
  info("eth0", "fe80::2/64", 2),
  info("wlan0", "10.0.1.2/24"),
  info("wlan0", "fe80::3/64", 3),
];
const names = (links: readonly { interface: string; family: number }[]) =>
  links.map((link) => `${link.interface}/${link.family}`);

Deno.test("an interface is one link in each family that it has addresses in", () => {
  const links = readLinks(machine, "linux");
  assertEquals(names(links), ["lo/4", "lo/6", "eth0/4", "eth0/6", "wlan0/4", "wlan0/6"]);
  assertEquals(links[3]!.addresses, ["fd00::2", "fe80::2"]);
  assertEquals(links.map((link) => link.loopback), [true, true, false, false, false, false]);
});

Deno.test("links are the same objects until an interface changes, or until they are wanted anew", () => {
  let infos = machine;
  const read = linkReader(() => structuredClone(infos));
  const links = read(false);
  assertEquals(names(links), ["lo/4", "lo/6", "eth0/4", "eth0/6", "wlan0/4", "wlan0/6"]);
  assertStrictEquals(read(false), links);
  const anew = read(true);
  assert(anew[0] !== links[0]);
  assertStrictEquals(read(false), anew);
  infos = machine.slice(0, 5);
  assertEquals(names(read(false)), ["lo/4", "lo/6", "eth0/4", "eth0/6"]);
});

Deno.test("a labelled second address belongs to the interface, not to another one", () => {
  const links = readLinks([info("eth0", "10.0.0.2/24"), info("eth0:1", "10.0.0.3/24")], "linux");
  assertEquals(links.length, 1);
  assertEquals(links[0]!.addresses, ["10.0.0.2", "10.0.0.3"]);
});

Deno.test("an address is on a link if it is in one of its networks and no address of all hosts", () => {
  const [lo4, lo6, eth4, eth6] = readLinks(machine, "linux");
  for (const host of ["10.0.0.1", "10.0.0.2", "10.0.0.254"]) assert(isOnLink(eth4!, host), host);
  for (
    const host of ["10.0.0.0", "10.0.0.255", "10.0.1.7", "203.0.113.9", "255.255.255.255", "0.0.0.0"].concat(
      ["239.255.83.72", "127.0.0.1", "fe80::1", "x"],
    )
  ) assert(!isOnLink(eth4!, host), host);
  for (const host of ["fe80::7", "fd00::9", "fd00:0:0:0:1:2:3:4"]) assert(isOnLink(eth6!, host), host);
  for (const host of ["fd00:1::9", "::1", "2001:db8::1", "10.0.0.1", "fd00::x"]) {
    assert(!isOnLink(eth6!, host), host);
  }
  assertEquals([isOnLink(lo4!, "127.0.0.1"), isOnLink(lo6!, "::1")], [true, true]);
  const [pair] = readLinks([info("eth0", "10.0.0.2/31")], "linux");
  assertEquals(["10.0.0.2", "10.0.0.3", "10.0.0.4"].map((host) => isOnLink(pair!, host)), [
    true,
    true,
    false,
  ]);
});

Deno.test("a tunnel, and an address without a network, are point to point; loopback is not", () => {
  const tunnel = { ...info("tun0", "10.8.0.2/24"), mac: "00:00:00:00:00:00" };
  const links = readLinks([...machine, tunnel, info("ppp0", "10.9.0.2/32")], "linux");
  assertEquals(links.filter((link) => link.pointToPoint).map((link) => link.interface), ["tun0", "ppp0"]);
});

Deno.test("on Windows an IPv6 zone is the index of the interface", () => {
  const links = readLinks([info("Ethernet 2", "fe80::2/64", 12), info("Odd", "fd00::7/64", 0)], "windows");
  assertEquals(names(links), ["Ethernet 2/6"], "without an index no zone can be named");
  assertEquals(links[0]!.zone, "12");
  assertEquals(resolvable("fe80::9%Ethernet 2", () => links, "windows"), "fe80::9%12");
  assertEquals(resolvable("fe80::9%eth0", () => links, "linux"), "fe80::9%eth0");
});

Deno.test("a link stays the same object until its addresses or its device change", () => {
  const before = readLinks(machine, "linux");
  const same = keepKnown(before, readLinks([...machine].reverse(), "linux"));
  assertEquals(new Set(same), new Set(before));
  const change = (fn: (info: Deno.NetworkInterfaceInfo) => Deno.NetworkInterfaceInfo[]) =>
    keepKnown(before, readLinks(machine.flatMap(fn), "linux")).filter((link) => !before.includes(link));
  assertEquals(names(change((i) => i.cidr === "10.0.0.2/24" ? [info("eth0", "10.0.0.9/24")] : [i])), [
    "eth0/4",
  ]);
  assertEquals(names(change((i) => i.cidr === "fd00::2/64" ? [] : [i])), ["eth0/6"]);
  assertEquals(
    names(change((i) => i.cidr === "fe80::3/64" ? [info("wlan0", "fe80::3/64", 7)] : [i])),
    ["wlan0/4", "wlan0/6"],
    "a device that was replaced has another index",
  );
});

Deno.test("an interface is selected by its name or by any of its addresses, with both families", () => {
  const links = readLinks(machine, "linux");
  assertEquals(names(selectLinks(links, ["eth0"])), ["eth0/4", "eth0/6"]);
  assertEquals(names(selectLinks(links, ["10.0.1.2", "::1"])), ["lo/4", "lo/6", "wlan0/4", "wlan0/6"]);
  assertEquals(names(selectLinks(links, ["FE80::2%eth0"])), ["eth0/4", "eth0/6"]);
  assertEquals(selectLinks(links, []).length, links.length);
  assertEquals(selectLinks(links, ["gone0"]), []);
});

Deno.test("an interface that does not exist is refused with the list of those that do", () => {
  const links = readLinks(machine, "linux");
  checkSelection(links, undefined);
  checkSelection(links, ["lo", "10.0.0.2"]);
  const error = assertThrows(() => checkSelection(links, ["lo", "wlan7"]), UserError, "wlan7");
  assertEquals(error.exitCode, 2);
  assert(error.message.includes("eth0 (10.0.0.2, fd00::2, fe80::2)"), error.message);
});

Deno.test("a host of containers does not open sockets without end", () => {
  const cables = Array.from({ length: 200 }, (_, i) => info(`veth${i}`, `fe80::${i}/64`, i + 10));
  assertEquals(
    names(selectLinks(readLinks([...machine, ...cables], "linux"), undefined)),
    names(readLinks(machine)),
  );
  assertEquals(names(selectLinks(readLinks([...machine, ...cables], "linux"), ["veth7"])), ["veth7/6"]);
  const bridges = Array.from({ length: 200 }, (_, i) => info(`br${i}`, `10.1.${i}.1/24`));
  assertEquals(selectLinks(readLinks([...machine, ...bridges], "linux"), undefined).length, 64);
});

Deno.test("the link of an IPv4 multicast follows from its source, or stays unknown", () => {
  const links = readLinks([...machine, info("eth1", "10.0.1.7/24"), info("eth2", "10.9.0.1/16")], "linux");
  const of = (host: string) => linkOfSource(links, host)?.interface;
  assertEquals(of("10.0.0.77"), "eth0");
  assertEquals(of("127.0.0.1"), "lo");
  assertEquals(of("10.9.200.3"), "eth2");
  assertEquals(of("10.0.1.77"), undefined, "two interfaces are in that network");
  assertEquals(of("10.0.1.2"), "wlan0", "our own address names its link all the same");
  for (const host of ["192.168.7.7", "fe80::9", "", "10.0.0", "10.0.0.256", "::ffff:10.0.0.7"]) {
    assertEquals(of(host), undefined, host);
  }
});

Deno.test("a link-local address gets its zone from our end of the connection, where only one interface has it", () => {
  const links = readLinks([...machine, info("eth1", "fe80::2/64", 9)], "linux");
  assertEquals(zonedRemote("fe80::99", "fe80::3", () => links), "fe80::99%wlan0");
  assertEquals(zonedRemote("fe80::99", "fe80::2", () => links), "fe80::99");
  assertEquals(zonedRemote("10.0.0.9", "10.0.0.2", () => links), "10.0.0.9");
});

Deno.test("reading the links of this machine twice gives the same links", () => {
  const first = readLinks();
  const second = keepKnown(first, readLinks());
  assertStrictEquals(second[0], first[0]);
  assertNotEquals(first.length, 0);
});
