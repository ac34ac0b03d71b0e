// Boards with the identity of another one, and a board that has lost its own.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Finding } from "../../lib/doctor/finding.ts";
import { runCommand } from "../support/run_command.ts";
import { Board, boardTest } from "./board.ts";

boardTest(
  "two boards with one identity, as after a copy of the flash, are told by both, and by the program that looks at them",
  ["anna", "oven", "lamp"],
  async (kind, _lan, anna, oven, lamp) => {
    await using made = await Board.start(kind, oven);
    await made.order("quit");
    assertEquals((await made.program.ended()).code, 0);
    await runCommand("cp", ["-r", made.state, join(lamp.home, "board")]);
    await using board = await Board.start(kind, oven);
    await using twin = await Board.start(kind, lamp, "--name", "oven");
    assertEquals(twin.id, board.id);
    for (const each of [board, twin]) {
      await each.program.waitForStderr(/another board has the identity of this one/);
      await each.order("status");
      await each.heard(/^status .* twins=1$/);
    }
    const { stdout } = await anna.run("doctor", "oven", "--json");
    const findings = stdout.trim().split("\n").map((line): Finding => JSON.parse(line));
    const { status, saw, fix } = findings.find(({ check }) => check === "twins")!;
    assertEquals(status, "fault");
    assertMatch(saw, /^Two peers answer as oven: at \S+ and \S+, unless one only pretends to be it\.$/);
    assertMatch(fix!, /^If you know of a copy, erase the flash of one board and flash it again, or /);
  },
  { kinds: ["posix"] },
);

boardTest(
  "a board that was erased and flashed again under its old name: what is sent to it names `earshot forget`, which lets it go there",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    const file = await anna.file("a.json", "{}");
    const send = (to = "oven") => anna.run("send", file, "--to", to);
    await using before = await Board.start(kind, oven);
    assertEquals((await send(before.id)).code, 0);
    await before.kill();
    await Deno.remove(before.state, { recursive: true });
    await using board = await Board.start(kind, oven);
    const { code, stderr } = await send();
    assertEquals(code, 4, stderr);
    assertStringIncludes(
      stderr,
      `earshot: "oven" is known as ${before.id}, but the peer of that name now is ${board.id}. If its owner ` +
        `confirms the new id, run: earshot trust ${board.id} (or: earshot forget ${before.id})\n`,
    );
    assertEquals((await anna.run("forget", before.id)).code, 0);
    assertEquals((await send()).code, 0);
    await board.heard(/^document/);
  },
  { kinds: ["posix"] },
);
