import { assertEquals } from "@std/assert";
import { LiveLines } from "../../../../lib/cli/terminal/live_lines.ts";

Deno.test("lines are drawn where the last ones were, cut to the window, and only if they have changed", () => {
  const drawn: string[] = [];
  const size = { columns: 20, rows: 4 };
  const live = new LiveLines({ raw: (text) => void drawn.push(text), isBehind: false }, size);
  live.draw(["one", "two"]);
  live.draw(["one", "two"]);
  live.draw(["one", "x".repeat(30)]);
  assertEquals(drawn.splice(0), ["\r\x1b[Jone\r\ntwo\r\n", `\x1b[2A\r\x1b[Jone\r\n${"x".repeat(18)}…\r\n`]);
  // The second line takes two rows by now.
  size.columns = 10;
  live.draw();
  live.draw(["1", "2", "3", "4"]);
  assertEquals(drawn.splice(0), [
    "\x1b[3A\r\x1b[Jone\r\nxxxxxxxx…\r\n",
    "\x1b[2A\r\x1b[J1\r\n2\r\n… 2 more\r\n",
  ]);
  live.restart();
  assertEquals(drawn.splice(0), ["\r\x1b[J1\r\n2\r\n… 2 more\r\n"]);
  live.print("a warning");
  assertEquals(drawn.splice(0).join(""), "\x1b[3A\r\x1b[Ja warning\r\n\r\x1b[J1\r\n2\r\n… 2 more\r\n");
});

Deno.test("in a window of a few rows nothing scrolls: no more lines are drawn than can be erased again", () => {
  const drawn: string[] = [];
  const size = { columns: 20, rows: 2 };
  const live = new LiveLines({ raw: (text) => void drawn.push(text), isBehind: false }, size);
  live.draw(["1", "2", "3"]);
  assertEquals(drawn.splice(0), ["\r\x1b[J… 3 more\r\n"]);
  size.rows = 1;
  live.draw(["1", "2", "4"]);
  assertEquals(drawn, ["\r\x1b[J"]);
});
