import { assert, assertEquals } from "@std/assert";
import { Lines } from "../../../../lib/cli/on/lines.ts";
import { Output } from "../../../../lib/cli/terminal/output.ts";

/** An output that keeps each block that is written. */
function output(isTerminal: boolean): { out: Output; text: () => string; blocks: Uint8Array[] } {
  const blocks: Uint8Array[] = [];
  const out = new Output({
    write: (data) => Promise.resolve((blocks.push(data.slice()), data.length)),
    isTerminal: () => isTerminal,
  });
  return { out, blocks, text: () => blocks.map((block) => new TextDecoder().decode(block)).join("") };
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("lines are printed when they are whole, the last one with a newline, and what stays is remembered", async () => {
  const { out, text } = output(false);
  const lines = new Lines(out);
  await lines.push(bytes("on"));
  await out.flush();
  assertEquals(text(), "");
  await lines.push(bytes("e\ntwo\n\n  \nthr"));
  await out.flush();
  assertEquals([text(), lines.last], ["one\ntwo\n\n  \n", "two"]);
  await lines.push(bytes("ee"));
  await lines.end();
  await out.flush();
  assertEquals([text(), lines.last], ["one\ntwo\n\n  \nthree\n", "three"]);
});

Deno.test("a terminal gets no commands, anything else every byte", async () => {
  const piece = Uint8Array.of(0x1b, 0x5b, 0x32, 0x4a, 0xff, 0x0a);
  const [terminal, file] = [output(true), output(false)];
  await new Lines(terminal.out).push(piece);
  await new Lines(file.out).push(piece);
  await Promise.all([terminal.out.flush(), file.out.flush()]);
  assertEquals(terminal.text(), "␛[2J\ufffd\n");
  assertEquals(file.blocks, [piece]);
});

Deno.test("a line without end is printed in pieces", async () => {
  const { out, blocks } = output(false);
  const lines = new Lines(out);
  const piece = new Uint8Array(64 * 1024).fill(97);
  for (let n = 0; n < 100; n++) await lines.push(piece);
  await out.flush();
  const printed = blocks.reduce((sum, block) => sum + block.length, 0);
  assert(printed >= 99 * 64 * 1024 - 1024 * 1024, `${printed}`);
});
