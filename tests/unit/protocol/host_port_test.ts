import { assertEquals } from "@std/assert";
import { hostPortText, parseHostPort } from "../../../lib/protocol/host_port.ts";

Deno.test("a place to dial is a name, an IPv4 or an IPv6 address, with or without a port", () => {
  const places: Record<string, [host: string, port: number]> = {
    "lab-pc": ["lab-pc", 3333],
    "lab-pc.local:4000": ["lab-pc.local", 4000],
    "10.0.1.5": ["10.0.1.5", 3333],
    "10.0.1.5:1": ["10.0.1.5", 1],
    "fd00::5": ["fd00::5", 3333],
    "[fd00::5]": ["fd00::5", 3333],
    "[fd00::5]:65535": ["fd00::5", 65_535],
    "fe80::5%eth0": ["fe80::5%eth0", 3333],
    "[fe80::5%wlan0]:4000": ["fe80::5%wlan0", 4000],
  };
  for (const [text, [host, port]] of Object.entries(places)) {
    const place = parseHostPort(text);
    assertEquals(place, { host, port }, text);
    assertEquals(parseHostPort(hostPortText(place!)), place, "it is written as it is read");
  }
});

Deno.test("what cannot be dialled is no place: a port out of range, half an address, a link-local one without zone", () => {
  const wrong = [
    ...["", ":", ":3333", "lab:", "lab:0", "lab:65536", "lab:x", "a b", "lab/x", "user@lab", "tcp://lab"],
    ...["10.0.1", "10.0.1.256", "1.2.3.4.5", "fd00:::5", "[fd00::5", "fd00::5]", "[lab]", "[10.0.1.5]:3333"],
    ...["fe80::5", "[fe80::5]:3333", "fe80::5%", "fe80::5%a%b", "fe80::5%a b", "x".repeat(254), "lab%eth0"],
  ];
  for (const text of wrong) assertEquals(parseHostPort(text), undefined, text);
});
