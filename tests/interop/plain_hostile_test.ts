// What strangers do to an open gateway: whatever it is, it ends, costs little, and keeps nobody else waiting.

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { pollUntil } from "../support/patience.ts";
import type { JsonLine, Program } from "../support/program.ts";
import { type LabHost, lanTest, meet, residentMiB } from "../lan/lab.ts";

/** Most that an attack may leave in the memory of a gateway, MiB. */
const MEMORY = 96;

/** Runs an attack of agents/plain_attacks.ts to its end and gives its result. */
async function attack(evil: LabHost, name: string, ...args: string[]): Promise<JsonLine> {
  await using agent = start(evil, name, ...args);
  return (await agent.waitForJson({ attack: name })).result;
}

function start(evil: LabHost, name: string, ...args: string[]): Program {
  return evil.agent(new URL("agents/plain_attacks.ts", import.meta.url).href, name, ...args);
}

/** Waits until what an attack added to a peer's memory is little; garbage is collected only after a while. */
async function isForgotten(peer: Program, before: number): Promise<void> {
  await pollUntil(
    () => residentMiB(peer) - before < MEMORY,
    () => `${residentMiB(peer)} MiB after ${before}`,
  );
}

/** What a peer told of messages so far. */
function messages(peer: Program): JsonLine[] {
  return peer.json().filter(({ event }) => event === "chat" || event === "document");
}

/** Says something from a host as a board would, and waits for its answer: an honest sender is served. */
async function isServed(friend: LabHost, address: string, peer: Program): Promise<void> {
  const text = `fence ${crypto.randomUUID()}`;
  const script = `exec 3<>/dev/tcp/${address}/3333; echo ${text} >&3; grep -m 1 '^Ok!' <&3`;
  const { success } = await friend.lan.exec(friend.name, ["bash", "-c", script]).output();
  assert(success, "no answer to an honest sender");
  await peer.waitForEvent("chat", { text });
}

/** What a peer told of messages, without what {@linkcode isServed} said. */
function unwanted(peer: Program): JsonLine[] {
  return messages(peer).filter(({ text }) => !text?.startsWith("fence "));
}

function descriptors(program: Program): number {
  const { stdout } = new Deno.Command("ls", { args: [`/proc/${program.pid}/fd`] }).outputSync();
  return new TextDecoder().decode(stdout).trim().split("\n").length;
}

/** What the system may hold of a connection that nobody reads, bytes. */
async function systemsBuffers(): Promise<number> {
  const args = ["-n", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];
  const { stdout } = await new Deno.Command("sysctl", { args }).output();
  const sizes = new TextDecoder().decode(stdout).trim().split("\n");
  return sizes.map((line) => Number(line.split(/\s+/)[2])).reduce((sum, size) => sum + size);
}

lanTest(
  "a line without end is refused, and held in memory by nobody",
  ["anna", "evil", "bert"],
  async (lan, anna, evil, bert) => {
    await using a = await anna.up("--plain");
    const before = residentMiB(a);
    const most = 16 * 2 ** 20 + await systemsBuffers();
    const lines = await attack(evil, "endless", lan.address("anna", 4));
    for (const { first, written, answer } of lines as unknown as JsonLine[]) {
      assertLess(written, most, `${first}: it reads on and on`);
      // A reset may outrun the refusal; what another one says comes as well.
      const own = answer.replaceAll(/^plain-[\d.]+: hello\r?\n/gm, "");
      if (own !== "") assertMatch(own, /^(Ok!\r?\n)?(No! too-large: .+\r?\n)?$/, first);
    }
    await isForgotten(a, before);
    await isServed(bert, lan.address("anna", 4), a);
    assertEquals(unwanted(a).map(({ text }) => text), ["hello"]);
  },
);

lanTest(
  "while a stranger holds 500 connections open, others are served, and sessions work",
  ["anna", "evil", "bert"],
  async (lan, anna, evil, bert) => {
    await using a = await anna.up("--plain");
    const before = [residentMiB(a), descriptors(a)] as const;
    await using agent = start(evil, "silent", lan.address("anna", 4), "500");
    const { open } = await agent.waitForJson({ connected: true });
    assertLess(open, 100, "one address has so many");
    assertLess(residentMiB(a) - before[0], MEMORY);
    assertLess(descriptors(a) - before[1], 100);
    await isServed(bert, lan.address("anna", 4), a);
    await using b = await bert.up();
    await meet({ anna: a, bert: b });
    const { code, stderr } = await bert.run("say", "through a session", "--to", "anna");
    assertEquals(code, 0, stderr);
    await a.waitForEvent("chat", { text: "through a session" });
  },
);

lanTest(
  "bytes that are no text are neither shown nor saved",
  ["anna", "evil", "bert"],
  async (lan, anna, evil, bert) => {
    await using a = await anna.up("--plain");
    const { answers, most } = await attack(evil, "garbage", lan.address("anna", 4));
    assertEquals(answers, answers.map(() => ""), "it closes the connection without an answer");
    assertLess(most, 256);
    await isServed(bert, lan.address("anna", 4), a);
    assertEquals(unwanted(a), []);
  },
);

lanTest(
  "two gateways do not answer each other's answers",
  ["anna", "bert", "evil"],
  async (lan, anna, bert, evil) => {
    await using a = await anna.up("--plain");
    await using b = await bert.up("--plain");
    await meet({ anna: a, bert: b });
    // The stranger answers no question for anna's hardware address, and asks none in her name.
    const quiet = ["arp_ignore=1", "arp_announce=2"].map((rule) => rule.split("="))
      .map(([name, value]) => `echo ${value} >/proc/sys/net/ipv4/conf/all/${name}`).join(" && ");
    assert((await lan.exec("evil", ["sh", "-c", quiet]).output()).success);
    await lan.ip("evil", "addr", "add", `${lan.address("anna", 4)}/32`, "dev", "lo");
    await attack(
      evil,
      "spoof",
      lan.address("bert", 4),
      lan.address("anna", 4),
      "hello",
      "{",
      "Ok!",
      "No! x: y",
    );
    await b.waitForEvent("chat", { text: "hello" });
    for (const [peer, own] of [[a, "anna"], [b, "bert"]] as const) {
      await isServed(own === "anna" ? bert : anna, lan.address(own, 4), peer);
    }
    assertEquals(unwanted(a), []);
    assertEquals(unwanted(b).map(({ text }) => text), ["hello"]);
  },
);

lanTest(
  "programs that send everything back do not talk to a gateway for ever",
  ["anna", "evil", "bert"],
  async (lan, anna, evil, bert) => {
    await using a = await anna.up("--plain");
    await using agent = start(evil, "echo", lan.address("anna", 4));
    await agent.waitForJson({ echoing: true });
    const before = unwanted(a).length;
    const { result } = await agent.waitForJson({ attack: "echo", echoing: undefined });
    await isServed(bert, lan.address("anna", 4), a);
    assertEquals(result.datagrams, 1, "an answer to an answer");
    assertEquals(unwanted(a).slice(before).map(({ text }) => text), []);
  },
);

lanTest("a flood of datagrams gets few and short answers, and keeps nobody else waiting", [
  "anna",
  "evil",
  "bert",
], async (lan, anna, evil, bert) => {
  await using a = await anna.up("--plain");
  const before = residentMiB(a);
  for (const text of ["{", "a"]) {
    await using flooding = start(evil, "flood", lan.address("anna", 4), text, "20000");
    await isServed(bert, lan.address("anna", 4), a);
    const { seconds, answers, longest } = (await flooding.waitForJson({ attack: "flood" })).result;
    assertLess(answers, 50 * (Math.ceil(seconds) + 1) + 1);
    assertLess(longest, 256);
  }
  await isForgotten(a, before);
});

lanTest(
  "a web page writes nothing, whatever its browser is made to send",
  ["anna", "evil", "bert"],
  async (lan, anna, evil, bert) => {
    await using a = await anna.up("--plain");
    const { answers, datagrams } = await attack(evil, "browser", lan.address("anna", 4));
    for (const [name, answer] of Object.entries(answers as Record<string, string>)) {
      if (name.startsWith("stun")) assertEquals(answer, "", name);
      else assertMatch(answer, /^HTTP\/1\.1 4\d\d /, name);
      assert(!/access-control-/i.test(answer), `${name}: ${answer}`);
    }
    assertEquals(datagrams, 0, "no answer to STUN");
    await isServed(bert, lan.address("anna", 4), a);
    assertEquals(unwanted(a), []);
    assertEquals(anna.received(`plain-${lan.address("evil", 4)}`), {});
  },
);
