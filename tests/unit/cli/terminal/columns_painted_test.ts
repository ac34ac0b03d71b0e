import { assertEquals } from "@std/assert";
import { cutPainted, rowsOf, table, unpainted } from "../../../../lib/cli/terminal/columns.ts";

const RED = "\x1b[31mred\x1b[39m";

Deno.test("colours take no column: texts are cut, aligned and counted by what is drawn", () => {
  assertEquals(unpainted(`a ${RED} b`), "a red b");
  assertEquals(cutPainted(`a ${RED} b`, 7), `a ${RED} b`);
  assertEquals(cutPainted(`a ${RED} b`, 5), "a \x1b[31mre…\x1b[39m");
  assertEquals(cutPainted(`漢字${RED}`, 4), "漢…\x1b[31m\x1b[39m");
  assertEquals(table([[RED, "x"], ["longer", "y"]]), [`${RED}     x`, "longer  y"]);
  assertEquals(rowsOf([RED, "x".repeat(9), ""], 3), 5);
});
