// Many boards of both builds and many programs on one network, everyone talking with everyone.

import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../support/seeded_random.ts";
import type { Program } from "../support/program.ts";
import { idOf, type LabHost, LONG, meet, residentMiB } from "../lan/lab.ts";
import { Board, boardTest, type Kind } from "./board.ts";
import { allStreamed, assertStored, unique } from "./traffic.ts";

/** How long they talk, seconds. */
const TALK = Number(Deno.env.get("EARSHOT_TALK") ?? 20);
const PROGRAMS = ["anna", "bert", "cora"];
const BOARDS: readonly (readonly [string, Kind])[] = Array.from(
  { length: 10 },
  (_, number) => [`b${number}`, number < 8 ? "posix" : "lwip"],
);
/** From one command of a program to its next. */
const PACE_MS = 1_500;
/** Resident memory, MiB: of a board with what its sanitizers need, and of a program that was busy. */
const BOARD_MIB = 48;
const PROGRAM_MIB = 160;

interface Place {
  readonly name: string;
  readonly host: LabHost;
}
interface ProgramPlace extends Place {
  readonly program: Program;
}
interface BoardPlace extends Place {
  readonly board: Board;
  /** Chats that it was told were acknowledged, by the id of who said them. */
  readonly said: Map<string, string[]>;
  readonly sent: string[];
}

/** A board streams to programs and chats with boards, a row and a line at a time, until `over`. */
async function boardTalks(
  me: BoardPlace,
  programs: readonly ProgramPlace[],
  boards: readonly BoardPlace[],
  random: SeededRandom,
  over: () => boolean,
): Promise<Map<ProgramPlace, number>> {
  const rows = new Map(programs.map((program) => [program, 0]));
  for (let round = 0; !over(); round++) {
    const program = random.pick(programs);
    const to = random.pick(boards.filter((other) => other !== me));
    const row = rows.get(program)!;
    rows.set(program, row + 1);
    const sent = [
      await sends(me.board, `stream ${program.name} log {"n":${row}}`),
      await sends(me.board, `say ${to.name} round ${round}`),
    ];
    add(to.said, me.board.id, `round ${round}`);
    for (const id of sent) await me.board.heard((line) => line.startsWith(`delivered ${id} `), LONG);
  }
  return rows;
}

/** Gives a board a line that sends; returns the message's id. */
async function sends(board: Board, line: string): Promise<string> {
  await board.order(line);
  const answer = await board.heard(/^(sent|failed) /);
  assert(answer.startsWith("sent "), `${line}: ${answer}`);
  return answer.slice("sent ".length);
}

function add(chats: Map<string, string[]>, from: string, text: string): void {
  chats.set(from, [...chats.get(from) ?? [], text]);
}

/** A program says a line to a board, or sends it 4 KiB, again and again until `over`. */
async function programTalks(
  me: ProgramPlace,
  boards: readonly BoardPlace[],
  random: SeededRandom,
  over: () => boolean,
): Promise<void> {
  for (let round = 0; !over(); round++) {
    const to = random.pick(boards);
    const pause = new Promise((resolve) => setTimeout(resolve, PACE_MS));
    const content = unique(4096);
    const what = round % 2 === 0
      ? ["say", `round ${round}`]
      : ["send", await me.host.file("a.json", content)];
    const { code, stderr } = await me.host.run(...what, "--to", to.name, "--timeout", "60");
    assertEquals(code, 0, stderr);
    if (round % 2 === 0) add(to.said, idOf(me.program), `round ${round}`);
    else to.sent.push(content);
    await pause;
  }
}

/** Chats of `boardTalks` and `programTalks` that a board has heard, by who said them. */
function heard({ board }: BoardPlace): Map<string, string[]> {
  const chats = new Map<string, string[]>();
  for (const line of board.program.lines) {
    const [, from, text] = /^chat (\S+) you (round .*)$/.exec(line) ?? [];
    if (from !== undefined) add(chats, from, text!);
  }
  return chats;
}

/** Waits until a board has heard everything that was said to it; nothing came twice, nor anything else. */
async function assertReceived(place: BoardPlace): Promise<void> {
  const { name, board, said, sent } = place;
  const count = (chats: Map<string, unknown[]>) => [...chats.values()].flat().length;
  while (count(heard(place)) < count(said)) await board.heard(/^chat/, LONG);
  assertEquals(Object.fromEntries(heard(place)), Object.fromEntries(said), name);
  assertStored(board, sent);
  assertEquals(board.program.lines.filter((line) => line.startsWith("failed")), [], name);
  const memory = residentMiB(board.program);
  assert(memory < BOARD_MIB, `${name} takes ${memory} MiB`);
}

boardTest(
  "ten boards of both builds and three programs talk for a while: nothing is lost or doubled, memory is bounded",
  [...PROGRAMS, ...BOARDS.map(([name]) => name)],
  async (_kind, _lan, ...hosts) => {
    const random = new SeededRandom();
    const programs: ProgramPlace[] = await Promise.all(
      PROGRAMS.map(async (name, index) => ({ name, host: hosts[index]!, program: await hosts[index]!.up() })),
    );
    const boards: BoardPlace[] = await Promise.all(BOARDS.map(async ([name, kind], index) => {
      const host = hosts[PROGRAMS.length + index]!;
      return { name, host, board: await Board.start(kind, host), said: new Map(), sent: [] };
    }));
    await using cleanup = new AsyncDisposableStack();
    for (const { program } of programs) cleanup.use(program);
    for (const { board } of boards) cleanup.use(board);
    await meet(Object.fromEntries(programs.map(({ name, program }) => [name, program])));
    for (const { board } of boards) {
      for (const other of [...PROGRAMS, ...BOARDS.map(([name]) => name)]) {
        if (!board.program.lines[0]!.endsWith(` ${other}`)) {
          await board.heard(new RegExp(`^up \\S+ ${other}$`));
        }
      }
    }

    let over = false;
    const timer = setTimeout(() => over = true, TALK * 1000);
    cleanup.defer(() => clearTimeout(timer));
    const [rows] = await Promise.all([
      Promise.all(boards.map((board) => boardTalks(board, programs, boards, random, () => over))),
      Promise.all(programs.map((program) => programTalks(program, boards, random, () => over))),
    ]);

    for (const [index, { name }] of boards.entries()) {
      for (const [{ program, host }, count] of rows[index]!) {
        await allStreamed(program, host, name, "log", count);
      }
    }
    for (const board of boards) await assertReceived(board);
    for (const { name, program } of programs) {
      const memory = residentMiB(program);
      assert(memory < PROGRAM_MIB, `${name} takes ${memory} MiB`);
    }
  },
  { kinds: ["lwip"] },
);
