import { assertEquals } from "@std/assert";
import { Progress } from "../../../../lib/cli/terminal/progress.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

function drawing(draws: boolean): { clock: FakeClock; drawn: string[]; progress: Progress } {
  const [clock, drawn] = [new FakeClock(), [] as string[]];
  return { clock, drawn, progress: new Progress({ draws, raw: (text) => drawn.push(text) }, 4, clock) };
}

Deno.test("progress is drawn once it takes longer than half a second, and leaves nothing behind", () => {
  const { clock, drawn, progress } = drawing(true);
  progress.advance(1);
  progress.clear();
  clock.advanceSync(499);
  assertEquals(drawn, []);
  clock.advanceSync(1);
  progress.advance(1);
  progress.clear();
  progress.end();
  clock.advanceSync(1000);
  assertEquals(drawn, [
    "\r[######..................] 1 of 4 acknowledged\x1b[K",
    "\r[############............] 2 of 4 acknowledged\x1b[K",
    "\r\x1b[K",
    "\r\x1b[K",
  ]);
});

Deno.test("no progress is drawn where no person looks, or where it was quick", () => {
  const piped = drawing(false);
  piped.clock.advanceSync(1000);
  piped.progress.end();
  assertEquals(piped.drawn, []);
  const quick = drawing(true);
  quick.progress.advance(4);
  quick.progress.end();
  quick.clock.advanceSync(1000);
  assertEquals(quick.drawn, []);
});
