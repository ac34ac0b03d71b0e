// More peers than a board has sessions for.

import { assertEquals } from "@std/assert";
import { LONG } from "../lan/lab.ts";
import { Board, boardTest } from "./board.ts";

const PEERS = 12;
const LINES = 20;

boardTest(
  "twelve peers each say twenty lines to a board of four sessions: all are acknowledged, in order, once",
  ["crowd", "oven"],
  async (kind, _lan, crowd, oven) => {
    await using board = await Board.start(kind, oven);
    const script = new URL("agents/crowd.ts", import.meta.url).href;
    await using agent = crowd.agent(script, crowd.home, "oven", `${PEERS}`, `${LINES}`);
    const { code, stderr } = await agent.ended(2 * LONG);
    assertEquals(code, 0, stderr);
    const told = agent.json();
    assertEquals(told.length, PEERS);
    for (const { name, statuses } of told) {
      assertEquals(statuses, Array(LINES).fill("delivered"));
      const heard = board.program.lines.filter((line) => line.includes(` you ${name} says `));
      const wanted = Array.from({ length: LINES }, (_, line) => `${name} says ${line}`);
      assertEquals(heard.map((line) => line.split(" you ")[1]), wanted);
    }
    // Its end tells whether it has lost any memory.
    await board.order("quit");
    const end = await board.program.ended();
    assertEquals(end.code, 0, end.stderr);
    console.log(/^lwIP had .*$/m.exec(end.stderr)?.[0] ?? "");
  },
);
