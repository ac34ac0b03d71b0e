// Boards that announcements do not reach, or that share a machine.

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { LONG, seen, twoNetworks } from "../lan/lab.ts";
import { Board, boardTest } from "./board.ts";

boardTest(
  "across a router a board is found by the address that its user names, also after a restart, and finds whom that peer knows",
  ["anna", "router", "oven", "cora"],
  async (kind, lan, anna, router, oven, cora) => {
    await twoNetworks(lan, router, [anna, cora], oven);
    await using a = await anna.up();
    await using c = await cora.up();
    await a.waitForEvent("peer", { state: "up", name: "cora" });
    assertEquals((await anna.run("send", await anna.file("a.json", "[]"), "--to", "cora")).code, 0);

    const host = lan.address("anna", 4);
    {
      await using board = await Board.start(kind, oven);
      await board.order("peer lab-pc");
      await board.heard(/^failed peer argument$/);
      await board.order(`peer ${host}`);
      await board.heard((line) => line === `peers ${host}`);
      await board.heard(/^up \S+ anna$/);
      await a.waitForEvent("peer", { state: "up", name: "oven" });
      assertEquals((await anna.run("say", "led on", "--to", "oven")).code, 0);
      await board.heard(/^led on$/);
      await a.waitForEvent("chat", { text: "led is on" });

      await board.heard(/^up \S+ cora$/, LONG);
      await c.waitForEvent("peer", { state: "up", name: "oven" }, LONG);
      await board.order("say cora from the other side");
      await c.waitForEvent("chat", { text: "from the other side" });
      await board.kill();
    }
    await a.waitForEvent("peer", { state: "gone", name: "oven" }, LONG);
    await using _board = await Board.start(kind, oven);
    await a.waitForEvent("peer", { state: "up", name: "oven" }, LONG);
    assertEquals(await seen(anna), ["cora", "oven"]);
  },
  { kinds: ["posix"] },
);

boardTest(
  "a board that was erased and flashed again under its old name: the program says how to forget the old one",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    let old: string;
    {
      await using board = await Board.start(kind, oven);
      old = board.id;
      const trusted = await anna.run("trust", board.id);
      assertEquals(trusted.code, 0, trusted.stderr);
      await board.kill();
      await Deno.remove(board.state, { recursive: true });
    }
    await using board = await Board.start(kind, oven);
    const { code, stderr } = await anna.run("say", "led on", "--to", "oven");
    assertNotEquals(code, 0);
    assertStringIncludes(stderr, `earshot trust ${board.id} (or: earshot forget ${old})`);
  },
  { kinds: ["posix"] },
);

boardTest(
  "a board on a desk and a program with a plain gateway on the same machine hear each other",
  ["anna"],
  async (kind, _lan, anna) => {
    await using a = await anna.up("--plain");
    await using board = await Board.start(kind, anna, "--name", "desk");
    await board.heard(/^up \S+ anna$/);
    await a.waitForEvent("peer", { state: "up", name: "desk" });
    assertEquals((await anna.run("say", "led on", "--to", "desk")).code, 0);
    await board.heard(/^led on$/);
    await a.waitForEvent("chat", { text: "led is on" });
  },
  { kinds: ["posix"] },
);
