import { assertEquals } from "@std/assert";
import { heardPeers } from "../../../lib/doctor/listening.ts";
import type { Heard } from "../../../lib/peer/probe.ts";
import type { Announcement } from "../../../lib/protocol/announcement.ts";

function heard(name: string, t: Announcement["t"], host: string, more: Partial<Heard> = {}): Heard {
  const announcement = { t, id: `id of ${name}`, name, port: 3333 } as Announcement;
  const from = { host, port: 3333 };
  return { from, link: undefined, family: 4, toMulticast: true, kind: "peer", announcement, ...more };
}

function names(...all: Heard[]): string[] {
  return heardPeers(all, (host) => host === "10.0.0.1", () => false).map(({ name }) => name);
}

Deno.test("a peer that said bye while it was listened to is not told as one that cannot be dialled", () => {
  assertEquals(names(heard("oven", "hello", "10.0.0.2"), heard("lamp", "hello", "10.0.0.3")), [
    "oven",
    "lamp",
  ]);
  assertEquals(names(heard("oven", "hello", "10.0.0.2"), heard("oven", "bye", "10.0.0.2")), []);
  const restarted = [heard("oven", "bye", "10.0.0.2"), heard("oven", "hello", "10.0.0.2")];
  assertEquals(names(...restarted), ["oven"]);
});

Deno.test("a bye from elsewhere hides no peer", () => {
  assertEquals(names(heard("oven", "hello", "10.0.0.2"), heard("oven", "bye", "10.0.0.9")), ["oven"]);
});

Deno.test("a peer is listed once with an address of each family, and none of this machine", () => {
  const listed = heardPeers(
    [
      heard("oven", "hello", "fe80::2"),
      heard("oven", "hello", "10.0.0.2"),
      heard("self", "hello", "10.0.0.1"),
    ],
    (host) => host === "10.0.0.1",
    () => false,
  );
  assertEquals(listed.map(({ name, addresses }) => [name, ...addresses.map(({ host }) => host)]), [
    ["oven", "10.0.0.2", "fe80::2"],
  ]);
});
