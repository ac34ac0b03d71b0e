import { assertEquals } from "@std/assert";
import { drawnCharacters } from "../../../../lib/cli/terminal/columns.ts";
import { layOut } from "../../../../lib/cli/terminal/layout.ts";
import { LineBuffer } from "../../../../lib/cli/terminal/line_buffer.ts";

Deno.test("a line lies on the screen as a terminal wraps it", () => {
  const at = (text: string, cursor: number, columns: number) => {
    const { rows, cursor: place, end } = layOut("> ", drawnCharacters(text), cursor, columns);
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
