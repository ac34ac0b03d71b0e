import { assertEquals } from "@std/assert";
import { cutToWidth, table, widthOf } from "../../../../lib/cli/terminal/columns.ts";

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

Deno.test("columns are aligned by characters", () => {
  assertEquals(table([["ü", "b"], ["aaa", "c"]]), ["ü    b", "aaa  c"]);
});
