// The doctor looks at a board: what it tells of itself, and nothing that only programs have.

import { assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../lib/doctor/finding.ts";
import { Board, boardTest } from "./board.ts";

boardTest(
  "earshot doctor finds nothing wrong with a board, with and without a running peer",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using board = await Board.start(kind, oven);
    const look = async (target: string) => {
      const { code, stdout, stderr } = await anna.run("doctor", target, "--json");
      assertEquals(code, 0, stderr + stdout);
      return stdout.trim().split("\n").map((line): Finding => JSON.parse(line));
    };
    await using a = await anna.up();
    await a.waitForEvent("peer", { state: "up", name: "oven" });
    const findings = await look("oven");
    await a.stop();
    for (const each of [findings, await look(board.id)]) {
      assertEquals(each.map(({ check, status }) => `${check} ${status}`), [
        "heard pass",
        "address pass",
        "session pass",
        "callback unknown",
        "program pass",
      ]);
      assertMatch(each[3]!.saw, /^The program of oven does not dial when it is asked to\.$/);
      assertMatch(each[4]!.saw, /^oven runs earshot-board\/\S+ on host, up for \d+ s/);
    }
  },
  { kinds: ["posix"] },
);
