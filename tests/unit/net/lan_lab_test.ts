import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Lan } from "../../support/lan.ts";
import { Agent } from "./agents.ts";

const ignore = Lan.available() !== undefined;

async function namespaces(): Promise<string> {
  return new TextDecoder().decode(
    (await new Deno.Command("ip", { args: ["netns", "list"] }).output()).stdout,
  );
}

Deno.test("a lab goes with everything that runs in it", { ignore }, async () => {
  const lan = await Lan.create({ hosts: ["a", "b"] });
  const name = lan.namespace("a");
  assert((await namespaces()).includes(name));
  const child = lan.exec("a", ["sh", "-c", "sleep 1000 & echo started; wait"]);
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  await lan[Symbol.asyncDispose]();
  assertEquals((await child.status).signal, "SIGKILL");
  assert(!(await namespaces()).includes(name.split("-")[0]!));
});

Deno.test("two labs at a time do not meet", { ignore }, async () => {
  await using one = await Lan.create({ hosts: ["a", "b"], ipv6: false });
  await using two = await Lan.create({ hosts: ["a"], ipv6: false });
  assertEquals(one.address("a", 4), two.address("a", 4));
  await using listening = await Agent.start(two, "a", "tcp_agent.ts", { listen: [3333] });
  const dials = [[two, "dialled"], [one, "failed"]] as const;
  for (const [lan, outcome] of dials) {
    await using dialling = await Agent.start(lan, "a", "tcp_agent.ts", {});
    await dialling.order({ dial: { host: lan.address("a", 4), port: 3333 } });
    await dialling.event((event) => event[outcome] !== undefined);
  }
  assertEquals(listening.events.filter((event) => event.accepted).length, 1);
});

Deno.test("a lab that cannot be made leaves nothing behind", { ignore }, async () => {
  const host = crypto.randomUUID().slice(0, 6);
  await assertRejects(() => Lan.create({ hosts: [host, "bad-name"] }), Error, "bad name");
  assert(!(await namespaces()).includes(`-${host}`));
});

Deno.test("commands on a host get their environment and folder", { ignore }, async () => {
  await using lan = await Lan.create({ hosts: ["a"], ipv4: false, ipv6: false });
  const { stdout } = await lan.exec("a", ["sh", "-c", "echo $WORD; pwd"], {
    env: { WORD: "hello" },
    cwd: "/tmp",
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "hello\n/tmp\n");
});

Deno.test(
  "a host whose cable a program has is left without an address, also after it was off",
  { ignore },
  async () => {
    await using lan = await Lan.create({ hosts: ["a", "b"] });
    await lan.tap("a");
    await lan.tap("a");
    await lan.interfaceDown("a");
    await lan.interfaceUp("a");
    const addresses = await lan.ip("a", "-o", "addr", "show");
    assertEquals(addresses.split("\n").filter((line) => line !== "" && !/^\d+: lo /.test(line)), []);
    assertMatch(await lan.ip("a", "-o", "link", "show", "dev", "tap0"), / master br0 /);
  },
);

Deno.test("where no lab can be made the reason is told, or is an error where the lab is required", async () => {
  const lab = new URL("../../support/lan.ts", import.meta.url).href;
  const script = `const { Lan } = await import(${JSON.stringify(lab)}); console.log(Lan.available())`;
  const run = async (required: string) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      env: { PATH: "/nowhere", EARSHOT_REQUIRE: required },
    }).output();
    return [success, new TextDecoder().decode(success ? stdout : stderr)] as const;
  };
  const [without, reason] = await run("tmux");
  assertEquals(without, true);
  assertMatch(reason, /cannot be run|Linux only/);
  const [required, error] = await run("tmux,lan");
  assertEquals(required, false);
  assertMatch(error, /is required, but/);
});
