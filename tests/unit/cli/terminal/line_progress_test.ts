import { assertEquals } from "@std/assert";
import { LineProgress } from "../../../../lib/cli/terminal/line_progress.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

function drawing(draws: boolean, total?: number) {
  const [clock, drawn] = [new FakeClock(), [] as string[]];
  const progress = new LineProgress({ draws, raw: (text) => drawn.push(text) }, total, clock);
  return { clock, drawn, progress };
}

Deno.test("the progress of a file is drawn after half a second, ten times a second at most, and leaves nothing", () => {
  const { clock, drawn, progress } = drawing(true, 200);
  progress.advance(50);
  clock.advanceSync(500);
  for (let n = 51; n <= 100; n++) progress.advance(n);
  clock.advanceSync(99);
  assertEquals(drawn, ["\r[######..................] 1 acknowledged, 25 %\x1b[K"]);
  clock.advanceSync(1);
  progress.clear();
  clock.advanceSync(100);
  progress.end();
  clock.advanceSync(1_000);
  const half = "\r[############............] 51 acknowledged, 50 %\x1b[K";
  assertEquals(drawn.slice(1), [half, "\r\x1b[K", half, "\r\x1b[K"]);
});

Deno.test("a pipe has a count, and if no person looks, nothing is drawn", () => {
  const { clock, drawn, progress } = drawing(true);
  progress.advance(5);
  clock.advanceSync(500);
  assertEquals(drawn, ["\r1 acknowledged\x1b[K"]);
  const piped = drawing(false, 10);
  piped.progress.advance(5);
  piped.clock.advanceSync(1_000);
  piped.progress.end();
  assertEquals(piped.drawn, []);
});
