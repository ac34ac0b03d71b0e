import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Announcement,
  decodeAnnouncement,
  decodeRelay,
  encodeAnnouncement,
  encodeRelay,
  sealAnnouncement,
} from "../../../lib/protocol/announcement.ts";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";

const HELLO: Announcement = {
  t: "hello",
  id: "a".repeat(24),
  name: "lab pc",
  group: "earshot",
  kind: "linux",
  boot: 1,
  seq: 2,
  port: 3333,
  every: 10,
};
const KEY = new Uint8Array(32).fill(7);
const NONCE = new Uint8Array(12).fill(9);

const codeOf = (fn: () => unknown) => assertThrows(fn, ProtocolError).code;

Deno.test("nothing of a sealed announcement can be read or changed without the key", () => {
  const data = sealAnnouncement(HELLO, KEY, NONCE);
  assert(!new TextDecoder().decode(data).includes("lab pc"));
  assertEquals(decodeAnnouncement(data, KEY), HELLO);
  for (let bit = 8 * 4; bit < data.length * 8; bit++) {
    const changed = data.with(bit >> 3, data[bit >> 3]! ^ (1 << (bit & 7)));
    assertEquals(codeOf(() => decodeAnnouncement(changed, KEY)), "undecipherable");
  }
});

Deno.test("with a key only sealed announcements are read, without one only open ones", () => {
  assertEquals(codeOf(() => decodeAnnouncement(encodeAnnouncement(HELLO), KEY)), "wrong-group");
  assertEquals(codeOf(() => decodeAnnouncement(sealAnnouncement(HELLO, KEY, NONCE))), "wrong-group");
  const other = new Uint8Array(32).fill(8);
  assertEquals(
    codeOf(() => decodeAnnouncement(sealAnnouncement(HELLO, KEY, NONCE), other)),
    "undecipherable",
  );
});

Deno.test("an interval is believed only from 10 to 1 000 seconds", () => {
  const every = (seconds: number) =>
    decodeAnnouncement(encodeAnnouncement({ ...HELLO, every: seconds })).every;
  assertEquals([0, 9, 10, 500, 1000, 1001, 4294967295].map(every), [10, 10, 10, 500, 1000, 1000, 1000]);
});

Deno.test("an announcement that a reader would refuse is not sent", () => {
  const wrong: Partial<Record<keyof Announcement, unknown>>[] = [
    { id: "short" },
    { name: "a\x1bb" },
    { group: "Lab" },
    { port: 0 },
    { boot: -1 },
    { nonce: "aaaa" },
    { kind: undefined },
    { plain: 65536 },
  ];
  for (const change of wrong) {
    const announcement = { ...HELLO, ...change } as Announcement;
    assertEquals(codeOf(() => encodeAnnouncement(announcement)), "bad-field");
    assertEquals(codeOf(() => sealAnnouncement(announcement, KEY, NONCE)), "bad-field");
  }
});

Deno.test("members that are not known do not get through", () => {
  const data = encodeAnnouncement({ ...HELLO, admin: true, brief: false, want: undefined } as Announcement);
  assertEquals(decodeAnnouncement(data), HELLO);
});

Deno.test("a relay carries any announcement and the address that answers go to", () => {
  const largest = new Uint8Array(1200).fill(0x20);
  largest.set(new TextEncoder().encode("ES1!"));
  const addresses = [["192.168.1.5", "192.168.1.5"], ["fe80::1%eth0", "fe80::1"], [
    "2001:DB8:0:0:0:0:0:1",
    "2001:db8::1",
  ], [
    "::ffff:10.0.0.1",
    "10.0.0.1",
  ], ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"]];
  for (const [written, read] of addresses) {
    assertEquals(decodeRelay(encodeRelay(written!, 40000, largest)), {
      address: read!,
      port: 40000,
      datagram: largest,
    });
  }
});

Deno.test("a relay to no address, to no port, or of something else is not sent", () => {
  const datagram = encodeAnnouncement(HELLO);
  const wrong = [
    "",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4.",
    "::1::",
    "12345::",
    "1:2:3",
    "fe80::1]",
    "[::1]",
    "::1/64",
    "%eth0",
  ];
  for (const address of wrong) {
    assertEquals(codeOf(() => encodeRelay(address, 3333, datagram)), "bad-field", address);
  }
  for (const port of [0, 65536, 1.5, NaN]) {
    assertEquals(codeOf(() => encodeRelay("10.0.0.1", port, datagram)), "bad-field");
  }
  const relay = encodeRelay("10.0.0.1", 3333, datagram);
  assertEquals(codeOf(() => encodeRelay("10.0.0.1", 3333, relay)), "bad-magic");
  assertEquals(codeOf(() => encodeRelay("10.0.0.1", 3333, new Uint8Array(1201))), "too-long");
});
