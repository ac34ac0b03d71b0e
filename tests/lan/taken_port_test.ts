import { assert, assertEquals, assertMatch } from "@std/assert";
import { lanTest, LONG } from "./lab.ts";

lanTest(
  "where another program has UDP 3333, that is said in one line, short commands find their peer, and others come into view",
  ["anna", "bert", "cora"],
  async (_lan, anna, bert, cora) => {
    await using holder = bert.agent("hold.ts");
    await holder.waitForLine(/held/);
    await using a = await anna.up();
    const file = await bert.file("a.json", "[]");
    const sent = await bert.run("send", file, "--to", "anna");
    assertEquals([sent.code, sent.stderr.includes("UDP")], [0, false], sent.stderr);
    const peers = await bert.run("peers");
    assertMatch(peers.stdout, /^anna /m);
    assertEquals(peers.stderr, "");

    await using b = await bert.up();
    await b.waitForEvent("peer", { state: "up", name: "anna" });
    await using c = await cora.up();
    await c.waitForEvent("peer", { state: "up", name: "bert" }, LONG);
    await b.waitForEvent("peer", { state: "up", name: "cora" }, LONG);
    assertEquals((await bert.run("send", file, "--to", "cora")).code, 0);
    const warnings = b.json().filter(({ event }) => event === "warning");
    assertEquals(warnings.map(({ code }) => code), ["udp-port"]);
    assertMatch(warnings[0]!.message, /UDP port 3333.*another program has it/);
    assert(a.json().every(({ event }) => event !== "warning"));
  },
);
