import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ProgramResult } from "../support/program.ts";
import { comings, type LabHost, lanTest, LONG, meet } from "./lab.ts";

/** Sends `count` documents at the same time, each by a command of its own. */
async function sendMany(host: LabHost, prefix: string, count: number): Promise<ProgramResult[]> {
  return await Promise.all(Array.from({ length: count }, async (_, i) => {
    const file = await host.file(`${prefix}${i}.json`, JSON.stringify(`${prefix}${i}`));
    await using program = host.start(["send", file, "--to", "bert", "--timeout", "60"]);
    return await program.ended(LONG);
  }));
}

/** What the receiver must have of {@linkcode sendMany}. */
function sent(prefix: string, count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${prefix}${i}.json`, JSON.stringify(`${prefix}${i}`)]),
  );
}

lanTest(
  "twenty sends at once without a running peer are all saved, and nobody sees a peer come or go",
  ["anna", "bert", "cora"],
  async (_lan, anna, bert, cora) => {
    await using b = await bert.up();
    await using c = await cora.up();
    await meet({ bert: b, cora: c });
    for (const { code, stderr } of await sendMany(anna, "a", 20)) assertEquals(code, 0, stderr);
    assertEquals(bert.received("anna"), sent("a", 20));
    for (let i = 0; i < 20; i++) await b.waitForEvent("document");
    assertEquals([comings(b), comings(c)], [["+cora"], ["+bert"]]);
  },
);

lanTest(
  "a peer that starts and ends while commands of its profile are sending loses none and doubles none",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    await using b = await bert.up();
    const before = sendMany(anna, "before", 6);
    await b.waitForEvent("document");
    await using a = await anna.up();
    const during = sendMany(anna, "during", 6);
    await a.waitForEvent("delivered");
    assertEquals((await a.stop()).code, 0);
    const after = sendMany(anna, "after", 6);
    for (const results of [before, during, after]) {
      for (const { code, stderr } of await results) assertEquals(code, 0, stderr);
    }
    assertEquals(bert.received("anna"), {
      ...sent("before", 6),
      ...sent("during", 6),
      ...sent("after", 6),
    });
  },
);

lanTest(
  "two hosts on which only short-lived commands run find nobody, and say so",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    const [peers, said, sentOne] = await Promise.all([
      anna.run("peers"),
      bert.run("say", "is anybody there?"),
      anna.run("send", await anna.file("a.json", "[]")),
    ]);
    for (const { code, stdout, stderr } of [peers, said, sentOne]) {
      assertEquals([code, stdout], [code, ""]);
      assertStringIncludes(
        stderr,
        "Nobody yet. Is Earshot running there, in the same group? `earshot doctor` looks",
      );
    }
    assertEquals([peers.code, said.code, sentOne.code], [0, 3, 3]);
  },
);

lanTest(
  "peers and say work from a host without a running peer, and nobody sees it come or go",
  ["anna", "bert", "cora"],
  async (_lan, anna, bert, cora) => {
    await using b = await bert.up();
    await using c = await cora.up();
    await meet({ bert: b, cora: c });
    const list = await anna.run("peers");
    assertEquals(list.code, 0, list.stderr);
    assertEquals(list.stdout.split("\n").filter(Boolean).map((line) => line.split(" ")[0]), ["bert", "cora"]);
    const said = await anna.run("say", "passing by");
    assertEquals(said.code, 0, said.stderr);
    for (const peer of [b, c]) {
      const { from, to } = await peer.waitForEvent("chat", { text: "passing by" });
      assertEquals([from.name, to], ["anna", "all"]);
    }
    assertEquals([comings(b), comings(c)], [["+cora"], ["+bert"]]);
  },
);
