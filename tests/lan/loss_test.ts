import { assert, assertEquals } from "@std/assert";
import { lanTest, meetAcross, shell, twoNetworks } from "./lab.ts";

lanTest(
  "a document goes once and whole across a router that loses 30 %, while the address of its sender changes",
  ["anna", "router", "bert"],
  async (lan, anna, router, bert) => {
    await twoNetworks(lan, router, [anna], bert);
    await shell(lan, "router", "iptables -A FORWARD -m statistic --mode random --probability 0.3 -j DROP");
    await using b = await bert.up();
    await using a = await anna.up("--peer", lan.address("bert", 4));
    await meetAcross(a, b);
    const text = JSON.stringify("x".repeat(80_000));
    const sending = anna.run("send", await anna.file("a.json", text), "--to", "bert", "--timeout", "90");
    await lan.ip("anna", "addr", "add", "10.83.0.77/24", "dev", "eth0");
    await lan.ip("anna", "addr", "del", `${lan.address("anna", 4)}/24`, "dev", "eth0");
    await lan.ip("anna", "addr", "replace", "10.83.0.77/24", "dev", "eth0");
    await lan.ip("anna", "route", "replace", "default", "via", lan.address("router", 4));
    const sent = await sending;
    assertEquals(sent.code, 0, sent.stderr);
    // The session that broke may still have its hidden file.
    const saved = Object.entries(bert.received("anna")).filter(([name]) => !name.startsWith("."));
    assert(saved.length === 1 && saved[0]![0] === "a.json" && saved[0]![1] === text, "once, and whole");
    assertEquals(b.json().filter(({ event }) => event === "document").length, 1);
  },
);
