import { assertEquals } from "@std/assert";
import { quoted, sizeText } from "../../../../lib/cli/terminal/text.ts";
import { agoText } from "../../../../lib/platform/periods.ts";

Deno.test("times are told as people count them", () => {
  assertEquals([5_000, 600_000, 7_200_000, 3 * 86_400_000, -5].map(agoText), [
    "5 s ago",
    "10 min ago",
    "2 h ago",
    "3 days ago",
    "0 s ago",
  ]);
});

Deno.test("a line is quoted by its beginning, and nothing in it passes for a terminal command", () => {
  assertEquals(quoted(" lunch? "), '"lunch?"');
  assertEquals(quoted("x".repeat(40)), `"${"x".repeat(40)}"`);
  assertEquals(quoted("😀".repeat(41)), `"${"😀".repeat(40)}…"`);
  assertEquals(quoted("a\nb\x1b[2J"), '"a b\u241b[2J"');
});

Deno.test("a size is told in the largest unit of which it has one", () => {
  const sizes = [0, 1, 1023, 1024, 1536, 1_048_575, 5_000_000, 2 ** 32 - 1].map(sizeText);
  assertEquals(sizes, ["0 B", "1 B", "1,023 B", "1 kiB", "1.5 kiB", "1,024 kiB", "4.8 MiB", "4 GiB"]);
});
