import { assert, assertEquals } from "@std/assert";
import {
  familyOf,
  ipv4ToNumber,
  isLinkLocal,
  isPrivate,
  plainHost,
  withZone,
  zoneOf,
} from "../../../lib/net/addresses.ts";

Deno.test("an IPv4 address that a dual-stack socket wrapped is shown as IPv4", () => {
  assertEquals(plainHost("::ffff:10.0.0.1"), "10.0.0.1");
  assertEquals(plainHost("::FFFF:10.0.0.1"), "10.0.0.1");
  assertEquals(plainHost("::ffff:a00:1"), "::ffff:a00:1");
  assertEquals(plainHost("fe80::1%eth0"), "fe80::1");
  assertEquals(plainHost("fd00::1"), "fd00::1");
});

Deno.test("only link-local IPv6 addresses get a zone, and only one", () => {
  assertEquals(withZone("fe80::1", "eth0"), "fe80::1%eth0");
  assertEquals(withZone("fe80::1%wlan0", "eth0"), "fe80::1%wlan0");
  assertEquals(withZone("fd00::1", "eth0"), "fd00::1");
  assertEquals(withZone("10.0.0.1", "eth0"), "10.0.0.1");
  assertEquals([isLinkLocal("FEBF::1"), isLinkLocal("fec0::1"), isLinkLocal("fe8::1")], [true, false, false]);
  assertEquals([zoneOf("fe80::1%eth0"), zoneOf("fe80::1")], ["eth0", undefined]);
});

Deno.test("text that is no IPv4 address is no number", () => {
  assertEquals(ipv4ToNumber("255.255.255.255"), 0xffffffff);
  assertEquals(ipv4ToNumber("10.0.0.1"), 0x0a000001);
  for (
    const text of [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "1.2.3.-4",
      "1.2.3.4 ",
      "0x1.2.3.4",
      "::1",
      "1..2.3",
    ]
  ) {
    assertEquals(ipv4ToNumber(text), undefined, text);
  }
  assertEquals([familyOf("::1"), familyOf("1.2.3.4")], [6, 4]);
});

Deno.test("private are the ranges that networks use within themselves, to the address", () => {
  const inside = [
    "10.0.0.0",
    "10.255.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.255.255",
  ];
  for (const host of [...inside, "fc00::", "fd83::1", "fdff:ffff::"]) assert(isPrivate(host), host);
  const outside = [
    "9.255.255.255",
    "11.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
  ];
  const special = [
    "127.0.0.1",
    "169.254.1.1",
    "224.0.0.1",
    "0.0.0.0",
    "8.8.8.8",
    "::1",
    "fe80::1",
    "fbff::",
    "fe00::",
  ];
  for (const host of [...outside, ...special, "2001:db8::1", "lab-pc", "", "10.0.0", "fd83::1%eth0"]) {
    assert(!isPrivate(host), host);
  }
});
