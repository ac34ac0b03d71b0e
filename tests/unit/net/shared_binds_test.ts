import { assertEquals } from "@std/assert";
import type { NetLink } from "../../../lib/net/interfaces.ts";
import { GROUPS, sharedBinds } from "../../../lib/net/shared_binds.ts";
import { GROUP_IPV4, GROUP_IPV6 } from "../../../lib/protocol/limits.ts";

const link = (name: string, family: 4 | 6, ...addresses: string[]): NetLink => ({
  interface: name,
  family,
  addresses,
  loopback: false,
  zone: name,
  subnets: [],
  prefixes: [],
  pointToPoint: false,
  signature: `${name}/${family}`,
});
const links = [
  link("eth0", 4, "10.0.0.2", "10.0.0.3"),
  link("eth0", 6, "fd00::2", "fe80::2"),
  link("wlan0", 4, "10.0.1.2"),
  link("wlan0", 6, "fe80::3"),
];
const hosts = (brief: boolean, os: typeof Deno.build.os) =>
  sharedBinds(links, brief, os).map((bind) => `${bind.host} ${bind.joins.map((l) => l.interface).join("+")}`);

Deno.test("no two sockets of a peer get the same multicast", () => {
  assertEquals(hosts(false, "linux"), [
    "239.255.83.72 eth0+wlan0",
    "ff12::ea25:5348%eth0 eth0",
    "ff12::ea25:5348%wlan0 wlan0",
    "10.0.0.2 ",
    "10.0.0.3 ",
    "fd00::2 ",
    "fe80::2%eth0 ",
    "10.0.1.2 ",
    "fe80::3%wlan0 ",
  ]);
  assertEquals(hosts(false, "darwin"), hosts(false, "linux"));
  assertEquals(hosts(false, "windows"), ["0.0.0.0 eth0+wlan0", ":: eth0+wlan0"]);
});

Deno.test("a brief peer binds no address that unicast for another peer could reach", () => {
  assertEquals(hosts(true, "linux"), hosts(false, "linux").slice(0, 3));
  assertEquals(hosts(true, "windows"), []);
});

Deno.test("the addresses of all hosts of an IPv4 link are bound, but not by a brief peer, nor where groups cannot be", () => {
  const subnets = [
    { network: 0x0a000000, mask: 0xffffff00 },
    { network: 0xc0a80110, mask: 0xfffffff0 },
    { network: 0x0a000000, mask: 0xffffff00 },
    { network: 0x0a010203, mask: 0xffffffff },
    { network: 0x0a010204, mask: 0xfffffffe },
  ];
  const wide = { ...link("eth0", 4, "10.0.0.2"), subnets };
  const all = (links: NetLink[], brief: boolean, os: typeof Deno.build.os) =>
    sharedBinds(links, brief, os).filter(({ isBroadcast }) => isBroadcast).map(({ host }) => host);
  assertEquals(all([wide, link("eth0", 6, "fd00::2")], false, "linux"), ["10.0.0.255", "192.168.1.31"]);
  assertEquals(all([wide], true, "linux"), []);
  assertEquals(all([wide], false, "windows"), [], "the wildcard gets them");
  for (const kind of ["loopback", "pointToPoint"]) {
    assertEquals(all([{ ...wide, [kind]: true }], false, "linux"), []);
  }
});

Deno.test("a machine without IPv6 opens no IPv6 sockets", () => {
  for (const os of ["linux", "windows"] as const) {
    const binds = sharedBinds(links.filter((l) => l.family === 4), false, os);
    assertEquals(binds.filter((bind) => bind.family === 6), []);
  }
});

Deno.test("the groups are those of the protocol", () => {
  assertEquals<Record<number, string>>(GROUPS, { 4: GROUP_IPV4, 6: GROUP_IPV6 });
});
