import { assertEquals } from "@std/assert";
import { lanTest, LONG } from "./lab.ts";

lanTest(
  "whoever answers in the name of a peer, before it comes and while it is there, keeps nothing from it",
  ["anna", "bert", "mal"],
  async (lan, anna, bert) => {
    const { id } = JSON.parse((await bert.run("id", "--json")).stdout);
    const impostor = lan.exec("mal", [
      Deno.execPath(),
      ..."run -q --cached-only --config deno.json -P=test tests/lan/agents/impersonate.ts".split(" "),
      id,
      lan.address("mal", 4),
      "mallory",
    ], { cwd: new URL("../../", import.meta.url).pathname, stderr: "inherit" });
    void impostor;
    await using a = await anna.up();
    await a.waitForEvent("peer", { state: "up", id }, LONG);
    await using b = await bert.up();
    await b.waitForEvent("peer", { state: "up", name: "anna" }, LONG);
    const file = await anna.file("a.json", "[]");
    for (const [to, name] of [[id, "by-id.json"], ["bert", "by-name.json"]] as const) {
      const sent = await anna.run("send", file, "--to", to, "--name", name);
      assertEquals(sent.code, 0, sent.stderr);
    }
    assertEquals(Object.keys(bert.received("anna")), ["by-id.json", "by-name.json"]);
    const peers = (await anna.run("peers", "--json")).stdout.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    const shown = peers.find((peer) => peer.id === id);
    assertEquals([shown.name, shown.address, shown.state], ["bert", `${lan.address("bert", 4)}:3333`, "up"]);
  },
  { ipv6: false },
);
