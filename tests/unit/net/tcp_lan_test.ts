import { assert, assertEquals } from "@std/assert";
import { Lan } from "../../support/lan.ts";
import { Agent } from "./agents.ts";

const ignore = Lan.available() !== undefined;
const port = 3333;
const tcp = (lan: Lan, host: string, options: unknown = {}, command: string[] = []) =>
  Agent.start(lan, host, "tcp_agent.ts", options, command);

async function dial(agent: Agent, host: string, at = port): Promise<"dialled" | "failed"> {
  const from = agent.events.length;
  await agent.order({ dial: { host, port: at } });
  return (await agent.event((event) => event.dialled ?? event.failed, from)).dialled ? "dialled" : "failed";
}

Deno.test(
  "a link-local address is dialled with its zone, and known with it on the other side",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"], ipv4: false, ipv6: "link-local" });
    for (const host of ["a", "b"]) await lan.plug(host, "br1");
    for (const interfaces of [undefined, ["eth1"]]) {
      await using a = await tcp(lan, "a");
      await using b = await tcp(lan, "b", { listen: [port], interfaces });
      assertEquals(await dial(a, `${await lan.linkLocal("b", "eth1")}%eth1`), "dialled");
      const { accepted } = await b.event((event) => event.accepted);
      assertEquals(accepted.host, `${await lan.linkLocal("a", "eth1")}%eth1`);
      assertEquals(await dial(a, await lan.linkLocal("b", "eth1")), "failed", "nothing tells the link");
    }
  },
);

Deno.test("only the selected interfaces' addresses are open, and they are followed", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"] });
  for (const host of ["a", "b"]) await lan.plug(host, "br1");
  await using a = await tcp(lan, "a");
  await using b = await tcp(lan, "b", { listen: [port], interfaces: ["eth1"] });
  const addresses = ([4, 6] as const).map((family) => lan.address("b", family, "eth1"));
  for (const host of addresses) assertEquals(await dial(a, host), "dialled");
  for (const family of [4, 6] as const) assertEquals(await dial(a, lan.address("b", family)), "failed");
  await lan.ip("b", "addr", "del", `${addresses[0]}/24`, "dev", "eth1");
  await lan.ip("b", "addr", "add", "10.83.1.77/24", "dev", "eth1");
  await b.order({ rescan: true });
  await b.event((event) => event.rescanned);
  await lan.ip("b", "addr", "replace", `${addresses[0]}/24`, "dev", "eth0");
  assertEquals(await dial(a, "10.83.1.77"), "dialled");
  assertEquals(await dial(a, addresses[1]!), "dialled");
  await using c = await tcp(lan, "b");
  assertEquals(await dial(c, addresses[0]!), "failed", "an address that left the interface is closed");
});

Deno.test("a dial into the void ends when it is aborted", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a"] });
  await using a = await tcp(lan, "a");
  await a.order({ dial: { host: "10.83.0.99", port }, abort: true });
  assertEquals((await a.event((event) => event.failed)).why, "AbortError");
});

Deno.test("a listener without IPv6 on the machine serves IPv4", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"], ipv6: false });
  await using a = await tcp(lan, "a");
  await using b = await tcp(lan, "b", { listen: [port] });
  assertEquals(await dial(a, lan.address("b", 4)), "dialled");
  assertEquals((await b.event((event) => event.accepted)).accepted.host, lan.address("a", 4));
});

Deno.test("running out of file descriptors does not end accepting", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a", "b"], ipv6: false });
  await using a = await tcp(lan, "a");
  await using b = await tcp(lan, "b", { listen: [port] }, ["prlimit", "--nofile=64"]);
  const before = a.events.length;
  for (let i = 0; i < 60; i++) await dial(a, lan.address("b", 4));
  const failed = a.events.slice(before).filter((event) => event.failed);
  assertEquals(failed, [], "the system's queue takes them");
  const accepted = () => b.events.filter((event) => event.accepted).length;
  assert(accepted() < 60, "no descriptors were left");
  await b.order({ drop: true });
  await b.event(() => accepted() === 60).catch(async (error) => {
    const look = `ss -tan 'sport = :${port}'; ls -l /proc/${b.events[0].pid}/fd`;
    const { stdout } = await lan.exec("b", ["sh", "-c", look]).output();
    throw new Error(`${accepted()} of 60 accepted:\n${new TextDecoder().decode(stdout)}`, { cause: error });
  });
});
