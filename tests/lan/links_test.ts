import { assert, assertEquals, assertMatch } from "@std/assert";
import { lateness } from "../support/program.ts";
import { comings, idOf, lanTest, LONG, meet } from "./lab.ts";

/** Longest time until a silent peer is gone, milliseconds, whether a session with it was open or not. */
const GONE_WITHIN = 22_000;

lanTest(
  "a host without a cable and a killed peer are gone within 22 s, also after a session, and back with the same ids",
  ["anna", "bert", "cora", "dora"],
  async (lan, anna, bert, cora, dora) => {
    await using a = await anna.up();
    await using b = await bert.up();
    await using c = await cora.up();
    await using d = await dora.up();
    await meet({ anna: a, bert: b, cora: c, dora: d });
    const file = await anna.file("a.json", "[]");
    assertEquals((await anna.run("send", file, "--to", "cora")).code, 0);
    const id = idOf(d);

    const within = GONE_WITHIN + lateness(a, b, c, d);
    const since = Date.now();
    await lan.linkDown("cora");
    await d.stop("SIGKILL");
    const gone = await Promise.all([
      ...["cora", "dora"].map((name) => b.waitForEvent("peer", { state: "gone", name }, LONG)),
      ...["bert", "dora"].map((name) => c.waitForEvent("peer", { state: "gone", name }, LONG)),
      a.waitForEvent("peer", { state: "gone", name: "dora" }, LONG),
    ]);
    for (const { at, name } of gone) {
      assert(at - since <= within, `${name} was gone after ${at - since} ms`);
    }
    for (const [peer, name] of [[a, "cora"], [c, "anna"]] as const) {
      const { at } = await peer.waitForEvent("peer", { state: "gone", name }, LONG);
      assert(at - since <= within, `${name} was gone after ${at - since} ms`);
    }

    await lan.linkUp("cora");
    await using again = await dora.up();
    assertEquals(idOf(again), id);
    for (const peer of [a, b, c]) {
      assertEquals((await peer.waitForEvent("peer", { state: "up", name: "dora" })).id, id);
    }
    for (const peer of [a, b]) await peer.waitForEvent("peer", { state: "up", name: "cora" });
    for (const name of ["anna", "bert"]) await c.waitForEvent("peer", { state: "up", name });
    for (const to of ["cora", "dora"]) {
      const sent = await anna.run("send", file, "--to", to, "--name", "back.json");
      assertEquals(sent.code, 0, sent.stderr);
    }
    assertEquals(Object.keys(cora.received("anna")), ["a.json", "back.json"]);
    assertEquals(Object.keys(dora.received("anna")), ["back.json"]);
    assertEquals(comings(b).filter((coming) => coming.endsWith("anna")), ["+anna"]);
  },
);

lanTest(
  "a peer that is killed and started again at once is never told gone, and takes what is sent to it",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    await using a = await anna.up();
    const file = await anna.file("a.json", "[]");
    const starts = 4;
    for (let start = 0; start < starts; start++) {
      await using b = await bert.up();
      await b.waitForEvent("peer", { state: "up", name: "anna" });
      const sent = await anna.run("send", file, "--to", "bert", "--name", `${start}.json`);
      assertEquals(sent.code, 0, sent.stderr);
      await b.stop("SIGKILL");
    }
    assertEquals(Object.keys(bert.received("anna")).length, starts);
    assertEquals(comings(a), ["+bert"]);
  },
);

lanTest(
  "a peer that says goodbye is gone within seconds, with or without a session",
  ["anna", "bert", "cora"],
  async (_lan, anna, bert, cora) => {
    await using a = await anna.up();
    await using b = await bert.up();
    await using c = await cora.up();
    await meet({ anna: a, bert: b, cora: c });
    assertEquals((await anna.run("say", "hello", "--to", "bert")).code, 0);
    const since = Date.now();
    assertEquals((await Promise.all([b.stop(), c.stop("SIGINT")])).map(({ code }) => code), [0, 0]);
    for (const name of ["bert", "cora"]) {
      const { at, why } = await a.waitForEvent("peer", { state: "gone", name });
      assert(at - since < 8_000 + lateness(a, b, c), `${name} was gone after ${at - since} ms`);
      assertMatch(why, /bye/);
    }
  },
);
