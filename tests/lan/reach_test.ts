import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { lateness } from "../support/program.ts";
import { comings, idOf, lanTest, LONG, meetAcross, seen, shell, twoNetworks } from "./lab.ts";

lanTest(
  "across a router --peer makes both sides see each other and send both ways, also after the cable was pulled",
  ["anna", "router", "bert", "cora"],
  async (lan, anna, router, bert, cora) => {
    await twoNetworks(lan, router, [anna, cora], bert);
    await using b = await bert.up();
    await using a = await anna.up("--peer", lan.address("bert", 4));
    await meetAcross(a, b);
    assertEquals([await seen(anna), await seen(bert)], [["bert"], ["anna"]]);
    // Bert was only dialled, and knows no address of anna's.
    const list = await bert.run("peers");
    assertMatch(list.stdout, /^anna +\w{6} +linux +10\.83\.0\.1 \(it dialled\) +up$/m);
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
    await b.waitForEvent("peer", { state: "up", name: "anna" }, LONG);
    assertEquals(comings(b), ["+anna", "-anna", "+anna"]);

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
