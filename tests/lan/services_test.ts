// A service starts before the network is there.

import { assertEquals, assertMatch } from "@std/assert";
import { lanTest, LONG } from "./lab.ts";

lanTest(
  "an interface in the configuration that is not there yet is waited for, and nothing else fails",
  ["anna", "bert"],
  async (lan, anna, bert) => {
    await anna.file("state/earshot.jsonc", '{"name": "anna", "interface": ["eth1"]}');
    const file = await anna.file("a.json", "[]");
    await lan.plug("bert", "br1");
    await using b = await bert.up();
    const { id } = b.ready;
    for (const args of [["id"], ["known"], ["send", file, "--queue", "--to", id]]) {
      const { code, stderr } = await anna.run(...args);
      assertEquals(code, 0, stderr);
    }
    const slip = await anna.run("peers", "--interface", "eth7");
    assertEquals(slip.code, 2, `what is typed may be a slip: ${slip.stderr}`);

    await using a = await anna.up();
    const { message } = await a.waitForEvent("warning", { code: "interface-missing" });
    assertMatch(
      message,
      /There is no interface "eth1" with an address now; it is used as soon as there is one\./,
    );
    await lan.plug("anna", "br1");
    await a.waitForEvent("peer", { state: "up", name: "bert" }, LONG);
    await b.waitForEvent("document", { name: "a.json" }, LONG);
    const back = await bert.run("send", "-", "--to", "anna").catch(() => undefined);
    assertEquals(back?.code, 2, "nothing to read");
    assertEquals((await bert.run("say", "hello", "--to", "anna")).code, 0);
    assertEquals((await a.waitForEvent("chat")).text, "hello");
  },
);

lanTest(
  "no network at the start is said, and left behind once there is one",
  ["anna", "bert"],
  async (lan, anna, bert) => {
    await lan.ip("anna", "link", "set", "eth0", "down");
    await lan.ip("anna", "addr", "flush", "dev", "eth0");
    await using b = await bert.up();
    for (const loopback of ["up", "down"]) {
      await lan.ip("anna", "link", "set", "lo", loopback);
      const listed = await anna.run("peers");
      assertEquals(listed.code, 0, listed.stderr);
      assertMatch(
        listed.stderr,
        /This machine has no network now; peers on others are found as soon as it has one\./,
      );
      assertEquals((await anna.run("id")).code, 0);
    }
    await using a = await anna.up();
    await a.waitForEvent("warning", { code: "no-network" });
    await lan.interfaceUp("anna");
    await a.waitForEvent("peer", { state: "up", name: "bert" }, LONG);
    await b.waitForEvent("peer", { state: "up", name: "anna" }, LONG);
    assertEquals((await bert.run("say", "hello", "--to", "anna")).code, 0);
    assertEquals((await a.waitForEvent("chat")).text, "hello");
  },
);
