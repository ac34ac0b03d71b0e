import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Lan } from "../support/lan.ts";
import { lanTest, LONG, meet } from "./lab.ts";

/** Rules of a host's firewall for what comes in. */
async function firewall(lan: Lan, host: string, ...rules: readonly string[]): Promise<void> {
  const chain = ["type filter hook input priority 0", ...rules].join("\n");
  const script =
    `table inet earshot\ndelete table inet earshot\ntable inet earshot {\nchain in {\n${chain}\n}\n}\n`;
  const nft = lan.exec(host, ["nft", script]);
  const { success, stderr } = await nft.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

for (
  const [what, rules, means] of [
    ["drops TCP", ["tcp dport 3333-3349 drop"], "does not answer"],
    ["refuses TCP", ["tcp dport 3333-3349 reject with tcp reset"], "refuses connections"],
    ["drops everything that comes in", ["iifname eth0 drop"], "does not answer"],
    [
      "rejects everything that comes in",
      ["iifname eth0 reject with icmpx host-unreachable"],
      "no route leads to",
    ],
  ] as const
) {
  lanTest(
    `a peer whose firewall ${what} is shown as unreachable, with what to look for, and as up when it lets us in`,
    ["anna", "bert"],
    async (lan, anna, bert) => {
      await using a = await anna.up();
      await using b = await bert.up();
      await meet({ anna: a, bert: b });
      await firewall(lan, "bert", ...rules);
      const file = await anna.file("a.json", "[]");
      let results = "";
      for (let i = 0; i < 3; i++) {
        const sent = await anna.run("send", file, "--to", "bert", "--timeout", "6");
        assertEquals(sent.code, 1, sent.stderr);
        results += sent.stderr;
      }
      const told = await a.waitForEvent("peer", { state: "unreachable", name: "bert" }, LONG);
      const address = `${lan.address("bert", 4)}:3333`;
      assertEquals(told.address, address);
      const again = await anna.run("send", file, "--to", "bert", "--timeout", "6", "--json");
      const { status, why } = JSON.parse(again.stdout);
      assertEquals(status, "unreachable");
      for (const text of [told.why, why]) {
        assertMatch(text, /^it announces itself, but /);
        assert(text.includes(means) && text.includes(`TCP ${address}`) && text.includes("firewall"), text);
        assert(text.includes("`earshot doctor` there names it"), text);
      }
      assert(!/os error|canceled|no session/.test(results), results);
      assertMatch((await anna.run("peers")).stdout, new RegExp(`^bert .*${address} +unreachable`, "m"));
      const states = () =>
        a.json().filter(({ event, name }) => event === "peer" && name === "bert").map(({ state }) => state);
      assertEquals(states(), ["up", "unreachable"]);

      await firewall(lan, "bert");
      assertEquals((await anna.run("send", file, "--to", "bert")).code, 0);
      await a.waitForEvent("peer", { state: "up", name: "bert" });
      assertEquals(states(), ["up", "unreachable", "up"]);
    },
    { ipv6: false },
  );
}
