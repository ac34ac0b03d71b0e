// Boards that lose their power.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { SeededRandom } from "../support/seeded_random.ts";
import { LONG } from "../lan/lab.ts";
import { Board, boardTest } from "./board.ts";
import { allStreamed, assertStored, unique } from "./traffic.ts";

boardTest(
  "what a board was ordered to send survives that it is killed while nobody can take it",
  ["anna", "oven"],
  async (kind, lan, anna, oven) => {
    const ROUNDS = 5;
    await using a = await anna.up();
    for (let round = 0; round < ROUNDS; round++) {
      await using board = await Board.start(kind, oven);
      await board.heard(/^up \S+ anna$/);
      await lan.linkDown("oven");
      for (let count = 0; count < 3; count++) await board.order(`stream anna log {"n":${round * 3 + count}}`);
      await board.order("status");
      await board.heard(/^status .*waiting=\d/);
      await board.kill();
      await lan.linkUp("oven");
    }
    await using board = await Board.start(kind, oven);
    await board.heard(/^up \S+ anna$/);
    await allStreamed(a, anna, "oven", "log", ROUNDS * 3);

    const content = unique(40);
    assertEquals((await anna.run("send", await anna.file("once.json", content), "--to", "oven")).code, 0);
    await board.kill();
    assertStored(board, [content]);
  },
);

boardTest(
  "a board that is killed amid transfers both ways loses and doubles nothing",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    const KILLS = 6;
    const SIZE = 2_000_000;
    /** A board keeps no more than 16 messages, if none of them goes out before it is killed. */
    const ROWS = 2;
    const random = new SeededRandom();
    await using a = await anna.up();
    const content = unique(SIZE);
    const sent = anna.run("send", await anna.file("big.json", content), "--to", "oven", "--timeout", "80");
    for (let kill = 0; kill < KILLS; kill++) {
      await using board = await Board.start(kind, oven);
      await board.heard(/^up \S+ anna$/);
      for (let row = 0; row < ROWS; row++) {
        await board.order(`stream anna log {"n":${kill * ROWS + row}}`);
      }
      await board.order("status");
      await board.heard(/^status/);
      assertEquals(board.program.lines.filter((line) => line.startsWith("failed")), []);
      await board.writes(random.between(1, 60));
      await board.kill();
    }
    await using board = await Board.start(kind, oven);
    const { code, stderr } = await sent;
    assertEquals(code, 0, stderr);
    assertStored(board, [content]);
    await allStreamed(a, anna, "oven", "log", KILLS * ROWS);

    const file = [...Deno.readDirSync(`${board.state}/inbox`)][0]!.name;
    await board.heard(/^up \S+ anna$/);
    await board.order(`send anna ${file}`);
    await board.order("status");
    await board.heard(/^status .*waiting=1/);
    await board.kill();
    await using again = await Board.start(kind, oven);
    const { path } = await a.waitForEvent("document", { size: SIZE }, LONG);
    assert(Deno.readTextFileSync(path) === content, "what came back is not the same");
    await again.order("status");
    await again.heard(/^status/);
    assertEquals(a.json().filter(({ size }) => size === SIZE).length, 1);
  },
);

boardTest(
  "readings that were asked for by chat arrive, go on after a power failure, and end when they shall",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using a = await anna.up();
    const reading = () => a.waitForEvent("document", { stream: "readings" });
    const said = async (line: string, answer: string) => {
      assertEquals((await anna.run("say", line, "--to", "oven")).code, 0);
      await a.waitForEvent("chat", { text: answer });
    };
    {
      await using board = await Board.start(kind, oven);
      await board.heard(/^up \S+ anna$/);
      await said("Every 1 s", "a reading every 1 s");
      for (let count = 0; count < 3; count++) await reading();
      await board.kill();
    }
    await using board = await Board.start(kind, oven);
    await board.heard(/^up \S+ anna$/);
    for (let count = 0; count < 3; count++) await reading();
    await said("stop", "no more readings");
    assertEquals((await anna.run("say", "status", "--to", "oven")).code, 0);
    const { text } = await a.waitForEvent("chat");
    assertMatch(
      `${text}`,
      /^led is off; no readings for you; peers 1, sessions 1, waiting \d, delivered \d+$/,
    );
  },
);
