import { assertEquals } from "@std/assert";
import { Output } from "../../../../lib/cli/terminal/output.ts";
import { settle } from "../../../support/fake_clock.ts";

/** A reader that takes what it is given when the test says so. */
class FakeSink {
  text = "";
  gate: Promise<void> = Promise.resolve();

  isTerminal(): boolean {
    return false;
  }

  async write(data: Uint8Array): Promise<number> {
    await this.gate;
    const count = Math.min(data.length, 1_000_000);
    this.text += new TextDecoder().decode(data.subarray(0, count));
    return count;
  }
}

Deno.test("lines come out whole and in order, however little the reader takes at a time", async () => {
  const sink = new FakeSink();
  const output = new Output(sink);
  const long = "x".repeat(2_500_000);
  output.line("a");
  output.line(long);
  output.line("b");
  await output.flush();
  assertEquals(sink.text, `a\n${long}\nb\n`);
});

Deno.test("nothing at all keeps back what follows", async () => {
  const sink = new FakeSink();
  const output = new Output(sink);
  output.raw("");
  await output.bytes(new Uint8Array());
  output.raw("a");
  await output.flush();
  assertEquals(sink.text, "a");
});

Deno.test("lines go to whoever draws on the same terminal, as long as it does", async () => {
  const sink = new FakeSink();
  const output = new Output(sink);
  const printed: string[] = [];
  output.printer = (text) => void printed.push(text);
  output.line("a");
  output.printer = undefined;
  output.line("b");
  await output.flush();
  assertEquals([printed, sink.text], [["a"], "b\n"]);
});

Deno.test("a reader that stands still costs bounded memory, and what it misses is counted", async () => {
  const sink = new FakeSink();
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  const output = new Output(sink);
  for (let i = 0; i < 20; i++) output.line("x".repeat(999_999));
  await settle();
  assertEquals(output.isBehind, true);
  assertEquals(output.takeDropped(), 12);
  assertEquals(output.takeDropped(), 0);
  gate.resolve();
  await output.flush();
  assertEquals(output.isBehind, false);
  assertEquals(sink.text.length, 8_000_000);
});

Deno.test("a reader that has left ends the output without an error", async () => {
  const output = new Output({
    isTerminal: () => false,
    write: () => Promise.reject(new Deno.errors.BrokenPipe()),
  });
  output.line("a");
  await output.flush();
  assertEquals(output.closed.aborted, true);
  output.line("b");
  await output.flush();
});

Deno.test("an output that cannot be written is told, a reader that has left is not", async () => {
  for (
    const [error, fault] of [
      [new Deno.errors.BrokenPipe("left"), undefined],
      [new Error("No space left on device"), "(its disk is full): make room there"],
    ] as const
  ) {
    const output = new Output({ isTerminal: () => false, write: () => Promise.reject(error) });
    output.line("a");
    await output.flush();
    assertEquals([output.closed.aborted, output.fault], [true, fault]);
  }
});

Deno.test("bytes wait for a slow reader, none of them is dropped", async () => {
  const sink = new FakeSink();
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  const output = new Output(sink);
  let written = 0;
  const writing = (async () => {
    for (let i = 0; i < 20; i++, written++) await output.bytes(new Uint8Array(1_000_000).fill(65));
  })();
  await settle();
  assertEquals(written < 3, true);
  gate.resolve();
  await writing;
  await output.flush();
  assertEquals([sink.text.length, output.takeDropped()], [20_000_000, 0]);
});
