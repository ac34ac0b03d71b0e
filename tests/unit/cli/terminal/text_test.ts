import { assertEquals } from "@std/assert";
import { quoted } from "../../../../lib/cli/terminal/text.ts";
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
