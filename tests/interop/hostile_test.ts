// What a member of the group does that means no good.

import { assert, assertLess } from "@std/assert";
import type { Lan } from "../support/lan.ts";
import type { LabHost } from "../lan/lab.ts";
import { Program } from "../support/program.ts";
import { Board, boardTest } from "./board.ts";

/** Processor time that a program has used, milliseconds. */
async function processorTime(pid: number): Promise<number> {
  // Reading /proc oneself takes every permission there is.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/stat`] }).output();
  const fields = new TextDecoder().decode(stdout).split(") ")[1]!.split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Has connections of a host hold little in the kernel. */
async function shrinkBuffers(lan: Lan, { name }: LabHost): Promise<void> {
  for (const buffers of ["tcp_rmem", "tcp_wmem"]) {
    const command = `echo 4096 8192 8192 >/proc/sys/net/ipv4/${buffers}`;
    const { success } = await lan.exec(name, ["sh", "-c", command]).output();
    assert(success, `${buffers} of ${name} cannot be set`);
  }
}

boardTest("a board rests while strangers say nothing", ["evil", "oven"], async (kind, lan, evil, oven) => {
  await using board = await Board.start(kind, oven);
  // As many as a board listens to at a time; each has 5 s.
  const connect = `exec {fd}<>/dev/tcp/${lan.address("oven", 4)}/3333`;
  const strangers = `for i in 1 2 3; do ${connect}; done; echo connected; cat <&$fd`;
  const command = lan.exec(evil.name, ["bash", "-c", strangers]);
  await using program = new Program(command, "strangers", false);
  await program.waitForLine(/^connected$/);
  const before = await processorTime(board.program.pid);
  await pause(2_000);
  assertLess(await processorTime(board.program.pid) - before, 1_000);
});

boardTest(
  "a board rests while a peer lets it answer and reads none of the answers",
  ["evil", "oven"],
  async (kind, lan, evil, oven) => {
    for (const host of [evil, oven]) await shrinkBuffers(lan, host);
    await using board = await Board.start(kind, oven);
    const script = new URL("agents/unread.ts", import.meta.url).href;
    await using agent = evil.agent(script, lan.address("oven", 4), board.id);
    await agent.waitForJson({ stalled: true });
    // A board that looks again and again whether there is room works until the session ends.
    for (let rests = false; !rests;) {
      const before = await processorTime(board.program.pid);
      await pause(1_000);
      rests = await processorTime(board.program.pid) - before < 200;
      assert(!agent.json().some(({ ended }) => ended), "it worked all the time");
    }
  },
);
