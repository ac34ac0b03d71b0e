import { assert, assertEquals } from "@std/assert";
import { Lan } from "../../support/lan.ts";
import { Agent, type AgentEvent } from "./agents.ts";

const ignore = Lan.available() !== undefined;
const port = 3333;
const udp = (lan: Lan, host: string, options: unknown = {}) =>
  Agent.start(lan, host, "udp_agent.ts", { port, ...options as object });

const linksOf = (agent: Agent): string[] => agent.events.find((event) => event.ready).ready;

async function rescan(agent: Agent): Promise<string[]> {
  return (await scanned(agent)).rescanned;
}

async function scanned(agent: Agent): Promise<AgentEvent> {
  const from = agent.events.length;
  await agent.order({ rescan: true });
  return await agent.event((event) => event.rescanned, from);
}

/** Sends into an interface that is off, and waits until the system has refused it: it is asked some time later. */
async function sendInVain(agent: Agent): Promise<void> {
  await agent.order({ multicast: "into nothing", link: "eth0/4" });
  while ((await scanned(agent)).sendErrors === 0);
}

Deno.test("two hosts hear each other over IPv4 alone, IPv6 alone, link-local addresses alone, and both", {
  ignore,
}, async () => {
  const worlds = [
    { ipv4: true, ipv6: false, links: ["eth0/4"] },
    { ipv4: false, ipv6: true, links: ["eth0/6"] },
    { ipv4: false, ipv6: "link-local", links: ["eth0/6"] },
    { ipv4: true, ipv6: true, links: ["eth0/4", "eth0/6"] },
  ] as const;
  for (const { ipv4, ipv6, links } of worlds) {
    await using lan = await Lan.create({ hosts: ["a", "b"], ipv4, ipv6 });
    await using a = await udp(lan, "a");
    await using b = await udp(lan, "b");
    assertEquals(linksOf(a).filter((link) => link.startsWith("eth")), [...links]);
    await a.order({ multicast: "ask" });
    for (const link of links) {
      const { from, via } = await b.got("ask", link);
      assertEquals(via, "shared");
      await b.order({ unicast: `answer ${link}`, to: from, link });
      assertEquals((await a.got(`answer ${link}`)).via, "own");
      assertEquals((await a.got(`answer ${link}`)).link, link);
    }
    assertEquals(a.events.filter((event) => event.warning), []);
  }
});

Deno.test(
  "on two interfaces each datagram names the one that it came through, and comes once",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"] });
    for (const host of ["a", "b"]) await lan.plug(host, "br1");
    await using a = await udp(lan, "a");
    await using b = await udp(lan, "b");
    const links = ["eth0/4", "eth0/6", "eth1/4", "eth1/6"];
    for (const link of links) await b.order({ multicast: `through ${link}`, link });
    for (const link of links) await a.got(`through ${link}`, link);
    await b.order({ multicast: "end", link: "eth0/4" });
    await a.got("end");
    assertEquals(a.events.filter((event) => event.got?.startsWith("through")).length, links.length);
  },
);

Deno.test("two peers on one host hear the group on every link; unicast to the shared port reaches one", {
  ignore,
}, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"] });
  await using a1 = await udp(lan, "a");
  await using a2 = await udp(lan, "a");
  await using b = await udp(lan, "b");
  await b.order({ multicast: "hello" });
  for (const agent of [a1, a2]) for (const link of ["eth0/4", "eth0/6"]) await agent.got("hello", link);
  await a1.order({ multicast: "neighbour" });
  for (const link of ["lo/4", "eth0/4", "eth0/6"]) await a2.got("neighbour", link);
  for (const family of [4, 6] as const) {
    const { from } = await a1.got("hello", `eth0/${family}`);
    await b.order({ unicast: `to ${family}`, to: { host: lan.address("a", family), port } });
    await Promise.any([a1, a2].map((agent) => agent.got(`to ${family}`, `eth0/${family}`)));
    await a1.order({ unicast: `back ${family}`, to: from, link: `eth0/${family}` });
    await b.got(`back ${family}`);
  }
});

Deno.test(
  "a brief peer that starts last takes no unicast from the peer of its host",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"] });
    await using full = await udp(lan, "a");
    await using brief = await udp(lan, "a", { brief: true });
    await using b = await udp(lan, "b");
    const local = await lan.linkLocal("a");
    for (const host of [lan.address("a", 4), lan.address("a", 6), local]) {
      await b.order({
        unicast: `to ${host}`,
        to: { host, port },
        link: host === local ? "eth0/6" : undefined,
      });
      await full.got(`to ${host}`);
    }
    await b.order({ multicast: "to all" });
    for (const link of ["eth0/4", "eth0/6"]) await brief.got("to all", link);
    assert(!brief.events.some((event) => event.got && event.got !== "to all"), JSON.stringify(brief.events));
  },
);

Deno.test(
  "a link-local address is reached through the link that is named, or by its zone",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"], ipv4: false, ipv6: "link-local" });
    for (const host of ["a", "b"]) await lan.plug(host, "br1");
    await using a = await udp(lan, "a");
    await using b = await udp(lan, "b");
    const to = { host: await lan.linkLocal("b", "eth1"), port };
    await a.order({ unicast: "by link", to, link: "eth1/6" });
    await b.got("by link", "eth1/6");
    await a.order({ unicast: "by zone", to: { ...to, host: `${to.host}%eth1` } });
    await b.got("by zone", "eth1/6");
    await b.order({ unicast: "answer", to: (await b.got("by zone")).from, link: "eth1/6" });
    assertEquals((await a.got("answer")).link, "eth1/6");
  },
);

Deno.test(
  "a second address, labelled or not, doubles no membership and no datagram",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"], ipv6: false });
    await lan.ip("a", "addr", "add", "10.83.0.101/24", "dev", "eth0");
    await lan.ip("a", "addr", "add", "10.84.0.1/24", "dev", "eth0", "label", "eth0:more");
    await using a = await udp(lan, "a");
    await using b = await udp(lan, "b");
    assertEquals(linksOf(a), ["lo/4", "eth0/4"]);
    await b.order({ multicast: "once", link: "eth0/4" });
    await b.order({ unicast: "to the second", to: { host: "10.83.0.101", port } });
    await a.got("to the second", "eth0/4");
    await a.order({ multicast: "from the first", link: "eth0/4" });
    assertEquals((await b.got("from the first")).from.host, lan.address("a", 4));
    await b.order({ multicast: "end", link: "eth0/4" });
    await a.got("end");
    assertEquals(a.events.filter((event) => event.got === "once").length, 1);
    assertEquals(a.events.filter((event) => event.warning), []);
  },
);

Deno.test(
  "an interface that is switched off and on again is told, and heard through",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"] });
    await using a = await udp(lan, "a");
    await using b = await udp(lan, "b");
    await lan.interfaceDown("a");
    assertEquals(await rescan(a), ["lo/4", "lo/6", "eth0/4"], "no IPv6 address is left");
    await a.event((event) => event.removed?.includes("eth0/6"));
    await sendInVain(a);
    const before = a.events.length;
    await lan.interfaceUp("a");
    assertEquals((await rescan(a)).toSorted(), ["eth0/4", "eth0/6", "lo/4", "lo/6"]);
    await a.event((event) => event.added?.includes("eth0/6") && event.added?.includes("eth0/4"), before);
    await b.order({ multicast: "again" });
    for (const link of ["eth0/4", "eth0/6"]) await a.got("again", link);
    await a.order({ multicast: "back" });
    for (const link of ["eth0/4", "eth0/6"]) await b.got("back", link);
  },
);

Deno.test("an IPv4 link that sends again after it could not is told as a new one", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"], ipv6: false });
  await using a = await udp(lan, "a");
  await using b = await udp(lan, "b");
  await lan.interfaceDown("a");
  await sendInVain(a);
  const before = a.events.length;
  await lan.interfaceUp("a");
  await a.order({ multicast: "first", link: "eth0/4" });
  await a.event((event) => event.added?.includes("eth0/4") && event.removed?.includes("eth0/4"), before);
  await b.got("first");
  await b.order({ multicast: "again", link: "eth0/4" });
  await a.got("again", "eth0/4");
});

Deno.test("a cable that is put in again needs nothing", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"] });
  await using a = await udp(lan, "a");
  await using b = await udp(lan, "b");
  await lan.linkDown("a");
  await rescan(a);
  await lan.linkUp("a");
  await b.order({ multicast: "again" });
  for (const link of ["eth0/4", "eth0/6"]) await a.got("again", link);
});

Deno.test("an interface that is taken out and put in again under its old name and address is joined again", {
  ignore,
}, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"] });
  await using a = await udp(lan, "a");
  await using b = await udp(lan, "b");
  await lan.unplug("a", "eth0");
  assertEquals(await rescan(a), ["lo/4", "lo/6"]);
  await lan.plug("a", "br0");
  await rescan(a);
  await b.order({ multicast: "again" });
  for (const link of ["eth0/4", "eth0/6"]) await a.got("again", link);
  // The same between two scans, when only the device's identity tells.
  await lan.unplug("a", "eth0");
  await lan.plug("a", "br0");
  await rescan(a);
  await b.order({ multicast: "unseen" });
  for (const link of ["eth0/4", "eth0/6"]) await a.got("unseen", link);
  assertEquals(a.events.filter((event) => event.warning), []);
});

Deno.test("a new address makes a new link, which sends from it", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"], ipv6: false });
  await using a = await udp(lan, "a");
  await using b = await udp(lan, "b");
  await lan.ip("a", "addr", "del", `${lan.address("a", 4)}/24`, "dev", "eth0");
  assertEquals(await rescan(a), ["lo/4"]);
  await lan.ip("a", "addr", "add", "10.83.0.77/24", "dev", "eth0");
  assertEquals(await rescan(a), ["lo/4", "eth0/4"]);
  await a.order({ multicast: "moved", link: "eth0/4" });
  assertEquals((await b.got("moved")).from.host, "10.83.0.77");
  await b.order({ multicast: "seen", link: "eth0/4" });
  await a.got("seen", "eth0/4");
  await b.order({ unicast: "unicast", to: { host: "10.83.0.77", port } });
  await a.got("unicast", "eth0/4");
});

Deno.test("an interface that appears later is used, one that vanishes just leaves", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"] });
  for (const host of ["a", "b"]) await lan.plug(host, "br1");
  await using a = await udp(lan, "a", { interfaces: ["eth1"] });
  await using b = await udp(lan, "b");
  assertEquals(linksOf(a), ["eth1/4", "eth1/6"]);
  await lan.unplug("a", "eth1");
  assertEquals(await rescan(a), []);
  await lan.plug("a", "br1");
  assertEquals(await rescan(a), ["eth1/4", "eth1/6"]);
  await b.order({ multicast: "hello" });
  for (const link of ["eth1/4", "eth1/6"]) await a.got("hello", link);
});

Deno.test(
  "who selects an interface hears nothing of the others, even where a program of the host joined there",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"] });
    for (const host of ["a", "b"]) await lan.plug(host, "br1");
    await using everywhere = await udp(lan, "a");
    await using lo = await udp(lan, "a", { interfaces: ["127.0.0.1"] });
    await using eth1 = await udp(lan, "a", { interfaces: [lan.address("a", 6, "eth1")] });
    await using b = await udp(lan, "b");
    assertEquals([linksOf(lo), linksOf(eth1)], [["lo/4", "lo/6"], ["eth1/4", "eth1/6"]]);
    await b.order({ multicast: "from b" });
    for (const link of ["eth0/4", "eth0/6", "eth1/4", "eth1/6"]) await everywhere.got("from b", link);
    await everywhere.order({ multicast: "from a" });
    await lo.got("from a", "lo/4");
    for (const link of ["eth1/4", "eth1/6"]) await eth1.got("from a", link);
    await lo.order({ multicast: "kept in" });
    await everywhere.got("kept in", "lo/4");
    await everywhere.order({ multicast: "end" });
    // On each link, so that all that came there before is told by then.
    await lo.got("end", "lo/4");
    for (const link of ["eth1/4", "eth1/6"]) await eth1.got("end", link);
    for (const link of ["eth0/4", "eth0/6", "eth1/4", "eth1/6"]) await b.got("end", link);
    assertEquals(lo.events.filter((event) => event.got === "from b" || event.link?.startsWith("eth")), []);
    assertEquals(eth1.events.filter((event) => event.got && !event.link.startsWith("eth1")), []);
    assert(!b.events.some((event) => event.got === "kept in"));
  },
);

Deno.test(
  "an IPv6 address that is still probed for duplicates is served once it is usable",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"], ipv4: false });
    await using a = await udp(lan, "a");
    await using b = await udp(lan, "b");
    const probing =
      "cd /proc/sys/net/ipv6 && echo 1 > conf/eth0/accept_dad && echo 1 > conf/eth0/dad_transmits && " +
      "echo 0 > conf/eth0/router_solicitation_delay && echo 300 > neigh/eth0/retrans_time_ms";
    assert((await lan.exec("a", ["sh", "-c", probing], { stdout: "null", stderr: "null" }).status).success);
    await lan.ip("a", "-6", "addr", "add", "fd83::77/64", "dev", "eth0");
    const tentative = () => lan.ip("a", "-6", "addr", "show", "dev", "eth0", "tentative");
    await rescan(a);
    for (let i = 0; i < 5_000 && (await tentative()) !== ""; i++);
    await rescan(a);
    await b.order({ unicast: "unicast", to: { host: "fd83::77", port } });
    await a.got("unicast", "eth0/6");
    assertEquals(a.events.filter((event) => event.warning), []);
  },
);

Deno.test("what comes from an address on no link of ours is not heard, by multicast or by unicast", {
  ignore,
}, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b", "c"], ipv6: false });
  await lan.ip("b", "addr", "flush", "dev", "eth0");
  await lan.ip("b", "addr", "add", "203.0.113.9/24", "dev", "eth0");
  await lan.ip("b", "route", "add", "10.83.0.0/24", "dev", "eth0");
  await lan.ip("a", "route", "add", "203.0.113.0/24", "dev", "eth0");
  await using a = await udp(lan, "a");
  await using b = await udp(lan, "b");
  await using c = await udp(lan, "c");
  await a.order({ multicast: "where" });
  await c.got("where", "eth0/4");
  const own = (await c.got("where", "eth0/4")).from.port;
  for (const to of [port, own]) {
    await b.order({ unicast: `to ${to}`, to: { host: lan.address("a", 4), port: to }, link: "eth0/4" });
  }
  await b.order({ multicast: "to all", link: "eth0/4" });
  await c.order({ multicast: "end", link: "eth0/4" });
  await a.got("end");
  assertEquals(a.events.filter((event) => event.got?.startsWith("to")), []);
});
