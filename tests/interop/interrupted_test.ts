// Documents to a board that are broken off, and boards whose storage is put back to a copy.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Board, boardTest } from "./board.ts";
import { allStreamed, unique } from "./traffic.ts";

boardTest(
  "a large document to a board that is broken off holds up nothing else that commands send to it",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    const big = await anna.file("big.json", unique(3_000_000));
    {
      await using board = await Board.start(kind, oven);
      const sending = anna.run("send", big, "--to", "oven", "--timeout", "10");
      await board.writes(4);
      await board.kill();
      assertEquals((await sending).code, 1);
    }
    await using again = await Board.start(kind, oven);
    for (let n = 0; n < 3; n++) {
      const small = await anna.file(`${n}.json`, `{"n":${n}}`);
      for (const args of [["say", `hello ${n}`, "--to", "oven"], ["send", small, "--to", "oven"]]) {
        const { code, stderr } = await anna.run(...args);
        assertEquals(code, 0, stderr);
        assertStringIncludes(stderr, "1 document waits for oven");
      }
    }
    for (let n = 0; n < 3; n++) assert(again.contents().includes(`{"n":${n}}`));
    assertStringIncludes((await anna.run("peers")).stderr, "1 document waits for oven");
  },
  { kinds: ["posix"] },
);

boardTest(
  "a board whose storage is put back to a copy loses nothing that it sends or takes then",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    const storage = join(oven.home, "board");
    const copy = join(oven.home, "copy");
    const put = (from: string, to: string) => {
      Deno.removeSync(to, { recursive: true });
      const all = (a: string, b: string) => {
        Deno.mkdirSync(b, { recursive: true });
        for (const { name, isDirectory } of Deno.readDirSync(a)) {
          if (isDirectory) all(join(a, name), join(b, name));
          else Deno.copyFileSync(join(a, name), join(b, name));
        }
      };
      all(from, to);
    };
    Deno.mkdirSync(copy);
    await using a = await anna.up();
    let sent = 0;
    /** The board sends lines and takes documents; all of both arrive. */
    const round = async (count: number) => {
      await using board = await Board.start(kind, oven);
      await board.heard(/^up \S+ anna$/);
      for (let n = 0; n < count; n++) await board.order(`stream anna log {"n":${sent++}}`);
      await allStreamed(a, anna, "oven", "log", sent);
      const content = unique(200);
      const { code, stderr } = await anna.run(
        "send",
        await anna.file(`${sent}.json`, content),
        "--to",
        "oven",
      );
      assertEquals(code, 0, stderr);
      assert(board.contents().includes(content));
      await board.kill();
    };
    await round(2);
    put(storage, copy);
    for (let n = 0; n < 3; n++) await round(12);
    for (let restore = 0; restore < 2; restore++) {
      put(copy, storage);
      await round(3);
      await round(12);
    }
  },
  { kinds: ["posix"] },
);
