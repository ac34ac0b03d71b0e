import { assertEquals } from "@std/assert";
import { LiveLines } from "../../../../lib/cli/terminal/live_lines.ts";

Deno.test("lines are drawn where the last ones were, cut to the window, and only if they have changed", () => {
  const drawn: string[] = [];
  const size = { columns: 20, rows: 4 };
  const live = new LiveLines({ raw: (text) => void drawn.push(text) }, size);
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
  assertEquals(drawn, ["\r\x1b[J1\r\n2\r\n… 2 more\r\n"]);
});
