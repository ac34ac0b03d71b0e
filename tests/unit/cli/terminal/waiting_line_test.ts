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
  assertEquals(written.slice(1), [session, clocks, gone, "a remark\n", clocks, gone]);
  assertEquals([out.printer, err.printer], [undefined, undefined]);
});

Deno.test("if no person looks, nothing is drawn", () => {
  const [clock, written] = [new FakeClock(), [] as string[]];
  const [out, err] = [screen(written, true), screen(written, false)];
  using line = new WaitingLine({ out, err }, clock);
  line.show("looking");
  clock.advanceSync(1_000);
  assertEquals([written, out.printer, err.printer], [[], undefined, undefined]);
});

Deno.test("what is printed into a file or a pipe goes there, once nothing is drawn where its reader may print it", () => {
  useColors(false);
  const [clock, written, piped] = [new FakeClock(), [] as string[], [] as string[]];
  const [out, err] = [screen(piped, false), screen(written, true)];
  using line = new WaitingLine({ out, err }, clock);
  line.show("looking");
  clock.advanceSync(500);
  out.printer!("pass heard");
  assertEquals([piped, written], [["pass heard\n"], ["\rlooking\x1b[K", "\r\x1b[K"]]);
});

Deno.test("a line that is longer than the terminal is wide is cut, so that all of it can be erased", () => {
  useColors(false);
  const [clock, written] = [new FakeClock(), [] as string[]];
  const [out, err] = [screen(written, true), screen(written, true)];
  using line = new WaitingLine({ out, err }, clock, () => 20);
  line.show("looking for somebody with a long name");
  clock.advanceSync(500);
  assertEquals(written, ["\rlooking for somebo…\x1b[K"]);
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
