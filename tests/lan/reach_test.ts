import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { lateness, type Program } from "../support/program.ts";
import { comings, idOf, type LabHost, lanTest, LONG } from "./lab.ts";
import type { Lan } from "../support/lan.ts";

/** Runs a shell command on a host. */
async function shell(lan: Lan, host: string, command: string): Promise<void> {
  const { success, stderr } = await lan.exec(host, ["sh", "-c", command]).output();
  assert(success, `${command}: ${new TextDecoder().decode(stderr)}`);
}

/** Puts `far` on a second network, with `router` between that and the first one. */
async function twoNetworks(lan: Lan, router: LabHost, near: readonly LabHost[], far: LabHost): Promise<void> {
  await lan.unplug(far.name, "eth0");
  await lan.plug(far.name, "br1");
  await lan.plug(router.name, "br1");
  await shell(
    lan,
    router.name,
    "echo 1 > /proc/sys/net/ipv4/ip_forward && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
  );
  for (const [hosts, iface] of [[near, "eth0"], [[far], "eth1"]] as const) {
    for (const { name } of hosts) {
      for (const family of [4, 6] as const) {
        const via = lan.address(router.name, family, iface);
        await lan.ip(name, `-${family}`, "route", "add", "default", "via", via);
      }
    }
  }
}

/** Names of the peers that are up, as `peers` lists them. */
async function seen(host: LabHost, ...args: string[]): Promise<string[]> {
  const { stdout } = await host.run("peers", "--json", ...args);
  return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line))
    .filter(({ state }) => state === "up").map(({ name }) => name).toSorted();
}

/** Waits until the two have told of each other. */
async function meetAcross(a: Program, b: Program): Promise<void> {
  await a.waitForEvent("peer", { state: "up", name: "bert" });
  await b.waitForEvent("peer", { state: "up", name: "anna" });
}

lanTest(
  "across a router --peer makes both sides see each other and send both ways, also after the cable was pulled",
  ["anna", "router", "bert", "cora"],
  async (lan, anna, router, bert, cora) => {
    await twoNetworks(lan, router, [anna, cora], bert);
    await using b = await bert.up();
    await using a = await anna.up("--peer", lan.address("bert", 4));
    await meetAcross(a, b);
    assertEquals([await seen(anna), await seen(bert)], [["bert"], ["anna"]]);
    const there = await anna.run("send", await anna.file("there.json", "[1]"), "--to", "bert");
    assertEquals(there.code, 0, there.stderr);
    const back = await bert.run("send", await bert.file("back.json", "[2]"), "--to", "anna");
    assertEquals(back.code, 0, back.stderr);

    // Somebody who runs no peer sends by a command that lives for a moment, over the other family.
    const address = `[${lan.address("bert", 6)}]:3333`;
    const file = await cora.file("cora.json", "[3]");
    const sent = await cora.run("send", file, "--to", "bert", "--peer", address);
    assertEquals(sent.code, 0, sent.stderr);
    assertEquals(await seen(cora, "--peer", address), ["anna", "bert"]);
    assertEquals([bert.received("anna"), bert.received("cora"), anna.received("bert")], [
      { "there.json": "[1]" },
      { "cora.json": "[3]" },
      { "back.json": "[2]" },
    ]);

    await lan.linkDown("bert");
    await a.waitForEvent("peer", { state: "gone", name: "bert" }, LONG);
    await b.waitForEvent("peer", { state: "gone", name: "anna" }, LONG);
    const waits = await bert.run("send", await bert.file("wait.json", "[4]"), "--to", idOf(a), "--queue");
    assertEquals(waits.code, 0, waits.stderr);
    await lan.linkUp("bert");
    await a.waitForEvent("document", { name: "wait.json" }, LONG);
    assertEquals(comings(a), ["+bert", "-bert", "+bert"]);

    const since = Date.now();
    await b.stop();
    const { at } = await a.waitForEvent("peer", { state: "gone", name: "bert", why: "bye" }, LONG);
    assert(at - since < 8_000 + lateness(a), `a goodbye across the router took ${at - since} ms`);
  },
);

lanTest(
  "--peer reaches a neighbour whose UDP is filtered, by its link-local address with zone, and one that starts later",
  ["anna", "bert"],
  async (lan, anna, bert) => {
    for (const host of ["anna", "bert"]) {
      for (const tables of ["iptables", "ip6tables"]) {
        await shell(lan, host, `${tables} -A INPUT -p udp ! -i lo -j DROP`);
      }
    }
    const address = `fe80::${(await lan.linkLocal("bert")).split("fe80::")[1]}%eth0`;
    await using a = await anna.up("--peer", address);
    const { message } = await a.waitForEvent("warning", { code: "peer-unreachable" });
    assertMatch(
      message,
      /^--peer \[fe80::.*%eth0\]:3333: TCP .* refuses connections; it is dialled again\.$/,
    );
    await using b = await bert.up();
    await meetAcross(a, b);
    const sent = await bert.run("send", await bert.file("a.json", "[]"), "--to", "anna");
    assertEquals(sent.code, 0, sent.stderr);
    const other = await anna.run("peers", "--peer", "10.83.0.99");
    assertEquals(other.code, 1);
    assertStringIncludes(other.stderr, "was started with another --peer");
  },
);

lanTest(
  "peers that met are found again where UDP is filtered, by a peer and by a command that lives for a moment",
  ["anna", "bert"],
  async (lan, anna, bert) => {
    const file = await anna.file("a.json", "[]");
    {
      await using b = await bert.up();
      await using a = await anna.up();
      await meetAcross(a, b);
      assertEquals((await anna.run("send", file, "--to", "bert")).code, 0);
      await a.stop();
      await b.stop();
    }
    for (const host of ["anna", "bert"]) {
      for (const tables of ["iptables", "ip6tables"]) {
        await shell(lan, host, `${tables} -A INPUT -p udp ! -i lo -j DROP`);
      }
    }
    await using b = await bert.up();
    const sent = await anna.run("send", file, "--to", "bert", "--name", "again.json");
    assertEquals(sent.code, 0, sent.stderr);
    await using a = await anna.up();
    await meetAcross(a, b);
    assertEquals(Object.keys(bert.received("anna")), ["a.json", "again.json"]);
    const other = await anna.run("peers", "--group", "elsewhere", "--profile", "second", "--port", "4000");
    assertEquals([other.code, other.stdout], [0, ""]);
  },
);

lanTest(
  "where switches drop multicast, peers and commands find each other by broadcast, and the plain gateway hears none",
  ["anna", "bert"],
  async (lan, anna, bert) => {
    for (const host of ["anna", "bert"]) {
      await shell(lan, host, "iptables -A INPUT -d 224.0.0.0/4 ! -i lo -j DROP");
    }
    await using b = await bert.up("--plain");
    await using a = await anna.up();
    await meetAcross(a, b);
    const file = await anna.file("a.json", "[]");
    assertEquals((await anna.run("send", file, "--to", "bert")).code, 0);
    await a.stop();
    assertEquals((await anna.run("send", file, "--to", "bert", "--name", "again.json")).code, 0);
    assertEquals(Object.keys(bert.received("anna")), ["a.json", "again.json"]);
    assertEquals(b.json().filter(({ event }) => event === "chat"), []);
  },
  { ipv6: false },
);

lanTest(
  "a named peer tells of others on its network: they are found, proven, and send both ways; who is not named is not heeded",
  ["anna", "router", "bert", "carl", "cora"],
  async (lan, anna, router, bert, carl, cora) => {
    await twoNetworks(lan, router, [anna, cora], bert);
    await lan.unplug("carl", "eth0");
    await lan.plug("carl", "br1");
    for (const family of [4, 6] as const) {
      await lan.ip(
        "carl",
        `-${family}`,
        "route",
        "add",
        "default",
        "via",
        lan.address("router", family, "eth1"),
      );
    }
    await using b = await bert.up();
    await using c = await carl.up();
    await c.waitForEvent("peer", { state: "up", name: "bert" });
    await b.waitForEvent("peer", { state: "up", name: "carl" });
    assertEquals((await bert.run("send", await bert.file("b.json", "[]"), "--to", "carl")).code, 0);
    await using o = await cora.up();
    await using a = await anna.up("--peer", lan.address("bert", 4));
    await a.waitForEvent("peer", { state: "up", name: "carl" }, LONG);
    await c.waitForEvent("peer", { state: "up", name: "anna" }, LONG);
    const there = await anna.run("send", await anna.file("there.json", "[1]"), "--to", "carl");
    assertEquals(there.code, 0, there.stderr);
    const back = await carl.run("send", await carl.file("back.json", "[2]"), "--to", "anna");
    assertEquals(back.code, 0, back.stderr);
    // Cora hears anna and has a session with her, but did not name her.
    assertEquals((await anna.run("say", "hello", "--to", "cora")).code, 0);
    await o.waitForEvent("chat", { text: "hello" });
    assertEquals(comings(o), ["+anna"]);
  },
);

lanTest(
  "a member that tells of peers that do not exist makes nobody dial more than once a second, or outside private ranges",
  ["anna", "victim", "liar"],
  async (lan, anna, _victim, liar) => {
    const made = await anna.run("group", "new", "lab");
    await using a = await anna.up();
    for (const address of [lan.address("victim", 4), "8.8.8.0/24"]) {
      await shell(lan, "anna", `iptables -A OUTPUT -p tcp --syn -d ${address}`);
    }
    await lan.ip("anna", "route", "add", "default", "via", lan.address("victim", 4));
    await using lying = liar.agent(
      "gossip.ts",
      made.stdout.trim(),
      lan.address("anna", 4),
      lan.address("victim", 4),
    );
    await lying.waitForLine(/^met$/);
    const since = Date.now();
    await lying.waitForLine(/^told 8$/);
    const { stdout } = await lan.exec("anna", ["iptables", "-L", "OUTPUT", "-v", "-x", "-n"]).output();
    const seconds = (Date.now() - since) / 1_000;
    const counts = [...new TextDecoder().decode(stdout).matchAll(/^ *(\d+) +\d+ +(?:tcp|6) /gm)].map((
      [, n],
    ) => Number(n));
    assertEquals(counts.length, 2);
    assert(counts[0]! >= 3, `only ${counts[0]} dials: the test proves nothing`);
    assert(counts[0]! <= seconds + 2, `${counts[0]} dials in ${seconds} s`);
    assertEquals(counts[1], 0, "on the internet");
    assertEquals(comings(a), ["+liar"]);
    assertEquals(await seen(anna), ["liar"]);
  },
);
