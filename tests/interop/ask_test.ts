// Questions and answers between boards and the program.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SeededRandom } from "../support/seeded_random.ts";
import { Board, boardTest } from "./board.ts";

const KNOWN = 'I know {"cmd":"led","on":true}, {"cmd":"read"}, {"cmd":"info"}';
/** Prints results as lines of JSON, and has time for a board that is killed meanwhile. */
const PATIENT = ["--to", "oven", "--json", "--timeout", "90"];

/** Ids of the questions that a board was asked so far. */
function asked(board: Board): string[] {
  return board.program.lines.filter((line) => line.startsWith("ask ")).map((line) => line.split(" ")[2]!);
}

boardTest(
  "a command asks a board, and prints its answer or what the board understands",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using board = await Board.start(kind, oven);
    const ask = (question: string, ...options: string[]) =>
      anna.run("ask", question, "--to", "oven", ...options);

    const light = await ask('{"cmd":"led","on":true}');
    assertEquals([light.code, light.stdout], [0, '{"led":true}\n'], light.stderr);
    await board.heard(/^led on$/);
    const info = await ask('{"cmd":"info"}');
    const { id, kind: platform, uptime, version, reset } = JSON.parse(info.stdout);
    assertEquals([id, platform, reset], [board.id, "host", null]);
    assert(uptime >= 0 && version.startsWith("earshot-board/"), info.stdout);
    const wrong = await ask('{"cmd":"dance"}');
    assertEquals([wrong.code, wrong.stdout], [4, ""]);
    assertStringIncludes(wrong.stderr, KNOWN);
    const large = await ask(JSON.stringify("x".repeat(10_000)));
    assertEquals(large.code, 4, large.stderr);
    assertStringIncludes(large.stderr, "too large for this board");

    const again = ["--id", "01JD3Q8X7Z9V5T2N4M6K8H0GWB"];
    const first = await ask('{"cmd":"read"}', ...again);
    assertEquals(first.code, 0, first.stderr);
    assertEquals((await ask('{"cmd":"read"}', ...again)).stdout, first.stdout);
    assertEquals(asked(board).length, 4);
  },
  { kinds: ["posix"] },
);

boardTest(
  "a board and a running peer ask each other",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using a = await anna.up();
    await using board = await Board.start(kind, oven);
    await a.waitForEvent("peer", { state: "up", name: "oven" });
    await board.heard(/^up \S+ anna$/);
    const { code, stdout, stderr } = await anna.run("ask", '{"cmd":"led","on":false}', "--to", "oven");
    assertEquals([code, stdout], [0, '{"led":false}\n'], stderr);

    await board.order('ask anna {"cmd":"info"}');
    const answer = await board.heard(/^answer /);
    const [, , from, result] = answer.split(" ");
    assertEquals([from, result], [a.ready.id, "ok"]);
    assertStringIncludes(answer, '"name":"anna"');
    await board.order('ask anna {"cmd":"dance"}');
    assertEquals((await board.heard(/^answer /)).split(" ")[3], "no-answer");
  },
);

boardTest(
  "boards ask each other",
  ["lamp", "oven"],
  async (kind, _lan, lamp, oven) => {
    await using one = await Board.start(kind, lamp);
    await using other = await Board.start(kind, oven);
    await one.heard(/^up \S+ oven$/);
    await one.order('ask oven {"cmd":"led","on":true}');
    await other.heard(/^led on$/);
    const [, , from, ...answer] = (await one.heard(/^answer /)).split(" ");
    assertEquals([from, ...answer], [other.id, "ok", '{"led":true}']);
  },
  { kinds: ["posix"] },
);

boardTest(
  "questions of a command to a board that is killed again and again are each answered once",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    const QUESTIONS = 3;
    const random = new SeededRandom();
    const ids: string[] = [];
    for (let question = 0; question < QUESTIONS; question++) {
      const id = `01JD3Q8X7Z9V5T2N4M6K8H00${10 + question}`;
      ids.push(id);
      await using command = anna.start(["ask", '{"cmd":"read"}', ...PATIENT, "--id", id]);
      const answered = command.ended(120_000);
      for (let kill = 0; kill < 2; kill++) {
        await using board = await Board.start(kind, oven);
        // Sometimes before the question comes, sometimes between it and its answer, sometimes after.
        const heard = board.heard(new RegExp(`^ask \\S+ ${id} `)).catch(() => {});
        if (random.between(0, 1) === 0) await Promise.race([heard, answered]);
        await board.kill();
        await heard;
      }
      await using board = await Board.start(kind, oven);
      const { code, stdout, stderr } = await answered;
      assertEquals(code, 0, stderr);
      const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(lines.map(({ status }) => status), ["answered"]);
      const again = await anna.run("ask", '{"cmd":"read"}', ...PATIENT, "--id", id);
      assertEquals(JSON.parse(again.stdout).answer, lines[0].answer);
      await board.kill();
    }
  },
  { kinds: ["posix"] },
);

boardTest(
  "the questions of a board that is killed are each answered once",
  ["anna", "oven"],
  async (kind, lan, anna, oven) => {
    const ROUNDS = 3;
    await using a = await anna.up();
    for (let round = 0; round < ROUNDS; round++) {
      await using board = await Board.start(kind, oven);
      await board.heard(/^up \S+ anna$/);
      await lan.linkDown("oven");
      await board.order('ask anna {"cmd":"info"}');
      await board.heard(/^sent /);
      await board.kill();
      await lan.linkUp("oven");
    }
    await using board = await Board.start(kind, oven);
    const questions = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const [, question, , result] = (await board.heard(/^answer /)).split(" ");
      assertEquals(result, "ok");
      questions.add(question!);
    }
    assertEquals(questions.size, ROUNDS);
    assertEquals((await anna.run("say", "enough", "--to", "oven")).code, 0);
    await board.heard(/^chat /);
    assertEquals(board.program.lines.filter((line) => line.startsWith("answer ")).length, ROUNDS);
    assertEquals((await a.stop()).code, 0);
  },
  { kinds: ["posix"] },
);

boardTest(
  "a board built without questions is asked none: the command says at once that it cannot, exit 4",
  ["anna", "oven"],
  async (_kind, _lan, anna, oven) => {
    await using board = await Board.start("lean", oven);
    const { code, stdout, stderr } = await anna.run(
      "ask",
      '{"cmd":"info"}',
      "--to",
      "oven",
      "--timeout",
      "90",
    );
    assertEquals([code, stdout], [4, ""], stderr);
    assertStringIncludes(stderr, "oven");
    assertEquals((await anna.run("say", "status", "--to", "oven")).code, 0);
    await board.heard(/^chat /);
    assertEquals(asked(board), []);
  },
  { kinds: ["posix"] },
);
