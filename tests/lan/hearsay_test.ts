import { assert, assertEquals } from "@std/assert";
import { comings, lanTest, LONG, seen, shell, twoNetworks } from "./lab.ts";

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
