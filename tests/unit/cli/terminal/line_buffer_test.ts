import { assertEquals } from "@std/assert";
import { layOut } from "../../../../lib/cli/terminal/layout.ts";
import { LineBuffer } from "../../../../lib/cli/terminal/line_buffer.ts";
import { table } from "../../../../lib/cli/terminal/table.ts";
import { cutToWidth, widthOf } from "../../../../lib/cli/terminal/columns.ts";

function typed(text: string): LineBuffer {
  const line = new LineBuffer();
  for (const character of text) line.insert(character);
  return line;
}

Deno.test("the width of a text is the columns that a terminal draws it in", () => {
  // Measured with tmux 3.3a.
  const widths: [string, number][] = [
    ["ab", 2],
    ["漢字", 4],
    ["e\u0301", 1],
    ["❤️", 1],
    ["👍🏽", 4],
    ["👨‍👩‍👧", 2],
    ["🇨🇭", 2],
    ["ﾊﾟ", 2],
    ["ｱ", 1],
    ["a\u200bb", 2],
    ["a\u00adb", 3],
    ["⌚", 2],
    ["⚙", 1],
    ["🚀", 2],
    ["각", 2],
    ["\u1112\u1161\u11ab", 2],
    ["นิ", 1],
    ["é—…·", 4],
  ];
  for (const [text, width] of widths) assertEquals(widthOf(text), width, text);
  assertEquals(cutToWidth("漢字漢字", 6), "漢字…");
  assertEquals(cutToWidth("abc", 3), "abc");
  assertEquals(table([["漢", "x"], ["e\u0301bc", "y"], ["👍", "z"]]), ["漢   x", "e\u0301bc  y", "👍   z"]);
});

Deno.test("Backspace and the cursor go by drawn characters", () => {
  for (
    const [text, rest] of [["ae\u0301", "a"], ["a👍🏽", "a"], ["a👨‍👩‍👧", "a"], ["a🇨🇭", "a"], ["a漢", "a"], [
      "नि",
      "",
    ]] as const
  ) {
    const line = typed(text);
    line.backspace();
    assertEquals(line.text, rest, text);
  }
  const line = typed("xy");
  line.move(-1);
  line.insert("\u0301");
  assertEquals([line.cells, line.cursor], [["x\u0301", "y"], 1]);
  line.delete();
  assertEquals(line.text, "x\u0301");
});

Deno.test("words, ends, the history and a draft are kept", () => {
  const line = typed("one two, three");
  line.killWord();
  assertEquals(line.text, "one two, ");
  line.moveWord(-1);
  line.insert("and ");
  assertEquals(line.text, "one and two, ");
  assertEquals(line.take(), { text: "one and two, ", pasted: false });
  line.insert("pasted\n", true);
  line.insert("x");
  assertEquals(line.take(), { text: "pasted\nx", pasted: true });
  line.insert("draft");
  line.recall(-1);
  line.recall(-1);
  line.recall(-1);
  assertEquals(line.text, "one and two, ");
  line.recall(1);
  line.recall(1);
  assertEquals(line.text, "draft");
  line.killToStart();
  line.insert("typed");
  assertEquals(line.take().pasted, false);
});

Deno.test("a line lies on the screen as a terminal wraps it", () => {
  const at = (text: string, cursor: number, columns: number) => {
    const { rows, cursor: place, end } = layOut("> ", typed(text).cells, cursor, columns);
    return [rows.map((row) => row.text), [place.row, place.column], [end.row, end.column]];
  };
  assertEquals(at("abc", 3, 10), [["> abc"], [0, 5], [0, 5]]);
  assertEquals(at("abcdef", 6, 8), [["> abcdef", ""], [1, 0], [1, 0]]);
  assertEquals(at("abcdef", 5, 8), [["> abcdef", ""], [0, 7], [1, 0]]);
  assertEquals(at("abcde漢g", 5, 8), [["> abcde", "漢g"], [1, 0], [1, 3]]);
  assertEquals(at("ab\ncd", 2, 8), [["> ab", "cd"], [0, 4], [1, 2]]);
  assertEquals(at("abcdef\ng", 7, 8), [["> abcdef", "g"], [1, 0], [1, 1]]);
});

Deno.test("a long line is laid out in no time", () => {
  for (const character of ["x", "漢", "👍🏽"]) {
    const line = new LineBuffer();
    const start = performance.now();
    line.insert(character.repeat(16_384), true);
    layOut("> ", line.cells, line.cursor, 80);
    line.insert("y");
    layOut("> ", line.cells, line.cursor, 80);
    assertEquals(performance.now() - start < 2_000, true, character);
  }
});
