import { assert, assertEquals } from "@std/assert";
import type { NetLink } from "../../../lib/net/interfaces.ts";
import { Rejoins } from "../../../lib/net/rejoins.ts";
import { GROUPS } from "../../../lib/net/shared_binds.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { Lan } from "../../support/lan.ts";
import { pollUntil } from "../../support/patience.ts";
import { Agent } from "./agents.ts";

Deno.test("the groups are joined again every 100 s, where nothing is heard every 25 s, and after waking at once", () => {
  const clock = new FakeClock();
  const rejoins = new Rejoins(clock);
  const [loud, quiet] = [{}, {}] as NetLink[];
  const due: [number, string][] = [];
  for (; clock.now() <= 130_000; clock.advanceSync(1_000)) {
    rejoins.heard([loud!]);
    for (const link of rejoins.due([loud!, quiet!])) {
      due.push([clock.now() / 1_000, link === loud ? "loud" : "quiet"]);
    }
  }
  const quietAt = due.filter(([, link]) => link === "quiet").map(([at]) => at);
  assertEquals(quietAt, [25, 50, 75, 100, 125]);
  assertEquals(due.filter(([, link]) => link === "loud"), [[100, "loud"]]);
  assertEquals(rejoins.due([quiet!]).size, 0);
  rejoins.hurry();
  assertEquals(rejoins.due([loud!, quiet!]).size, 2);
});

Deno.test("behind a switch that has forgotten the members a silent host hears the group again", {
  ignore: Lan.available() !== undefined,
}, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"], ipv6: false });
  await lan.snoop("br0");
  await using a = await Agent.start(lan, "a", "udp_agent.ts", { port: 3333 });
  await using b = await Agent.start(lan, "b", "udp_agent.ts", { port: 3333, fakeClock: true });
  const isMember = async () => (await lan.groups("br0", "b")).includes(GROUPS[4]);
  await pollUntil(isMember, () => "b joins");
  await a.order({ multicast: "first" });
  await b.got("first", "eth0/4");
  await lan.forget("br0", "b");
  await a.order({ multicast: "unheard" });
  await b.order({ advance: 26_000 });
  await pollUntil(isMember, () => "b joins again");
  await a.order({ multicast: "again" });
  await b.got("again", "eth0/4");
  assert(!b.events.some(({ got }) => got === "unheard"));
});
