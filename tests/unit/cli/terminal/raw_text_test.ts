import { assertEquals } from "@std/assert";
import { RawText } from "../../../../lib/cli/terminal/raw_text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("text is shown as it came, characters in two pieces too", () => {
  const shown = new RawText();
  const text = "grüße €5 😀\r\n\tover";
  let all = "";
  for (const byte of bytes(text)) all += shown.push(Uint8Array.of(byte));
  assertEquals(all + shown.end(), "grüße €5 😀\n\tover\n");
});

Deno.test("bytes that are no text, or commands for a terminal, are shown as hex", () => {
  const shown = new RawText();
  assertEquals(shown.push(bytes("ok")), "ok");
  assertEquals(shown.push(bytes("\x1b[2J")), "\nhex 1b 5b 32 4a\n");
  assertEquals(shown.push(Uint8Array.of(0xff, 0xfe)), "hex ff fe\n");
  assertEquals(shown.push(Uint8Array.of(0xc3)), "");
  assertEquals(shown.end(), "hex c3\n");
  const long = shown.push(new Uint8Array(17));
  assertEquals(long, `hex ${"00 ".repeat(16).trim()}\nhex 00\n`);
});

Deno.test("a character that turns the direction of text does not reach the screen", () => {
  assertEquals(new RawText().push(bytes("a\u202eb\n")).includes("\u202e"), false);
});
