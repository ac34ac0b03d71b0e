import { assertEquals } from "@std/assert";
import { useColors } from "../../../../lib/cli/terminal/theme.ts";
import { WaitingLine } from "../../../../lib/cli/terminal/waiting_line.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

function screen(written: string[], isTerminal: boolean) {
  const raw = (text: string) => void written.push(text);
  return { isTerminal, draws: isTerminal, raw, printer: undefined as ((text: string) => void) | undefined };
}

Deno.test("what is waited for is drawn after half a second, below what is printed, and leaves nothing", () => {
  useColors(false);
  const [clock, written] = [new FakeClock(), [] as string[]];
  const [out, err] = [screen(written, true), screen(written, true)];
  {
    using line = new WaitingLine({ out, err }, clock);
    line.show("looking: heard");
    clock.advanceSync(499);
    out.printer!("pass heard");
    line.show("looking: session");
    clock.advanceSync(499);
    assertEquals(written, ["pass heard\n"]);
    clock.advanceSync(1);
    line.show("looking: clock");
    err.printer!("a remark");
    clock.advanceSync(500);
  }
  clock.advanceSync(1_000);
  const [session, clocks] = ["session", "clock"].map((check) => `\rlooking: ${check}\x1b[K`);
  const gone = "\r\x1b[K";
  assertEquals(written.slice(1), [session, clocks, `${gone}a remark\n`, clocks, gone]);
  assertEquals([out.printer, err.printer], [undefined, undefined]);
});

Deno.test("where no person looks nothing is drawn, and what is printed into a file goes there", () => {
  const [clock, written] = [new FakeClock(), [] as string[]];
  for (const isTerminal of [true, false]) {
    const [out, err] = [screen(written, false), screen(written, isTerminal)];
    using line = new WaitingLine({ out, err }, clock);
    line.show("looking");
    assertEquals([out.printer, err.printer === undefined], [undefined, !isTerminal]);
  }
  clock.advanceSync(1_000);
  assertEquals(written, []);
});

Deno.test("a command that is interrupted leaves no line behind", () => {
  useColors(false);
  const [clock, written, end] = [new FakeClock(), [] as string[], new AbortController()];
  using line = new WaitingLine(
    { out: screen(written, true), err: screen(written, true), interrupted: end.signal },
    clock,
  );
  line.show("looking");
  clock.advanceSync(500);
  end.abort();
  line.show("looking on");
  clock.advanceSync(500);
  assertEquals(written, ["\rlooking\x1b[K", "\r\x1b[K"]);
});
