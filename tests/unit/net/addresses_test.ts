import { assertEquals } from "@std/assert";
import {
  familyOf,
  ipv4ToNumber,
  isLinkLocal,
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
