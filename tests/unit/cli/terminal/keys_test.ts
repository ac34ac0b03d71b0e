import { assertEquals } from "@std/assert";
import { type Key, KeyReader } from "../../../../lib/cli/terminal/keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What comes of these pieces of input. */
function keys(...pieces: (string | Uint8Array)[]): Key[] {
  const reader = new KeyReader(() => 0);
  return pieces.flatMap((piece) => reader.read(typeof piece === "string" ? bytes(piece) : piece));
}

Deno.test("characters, control characters and sequences are keys, in whatever pieces they come", () => {
  const expected: Key[] = [
    { kind: "text", text: "hé漢👍🏽" },
    { kind: "left" },
    { kind: "delete" },
    { kind: "word-right" },
    { kind: "home" },
    { kind: "enter" },
    { kind: "end-of-input" },
  ];
  const input = "hé漢👍🏽\x1b[D\x1b[3~\x1b[1;5C\x1bOH\r\x04";
  assertEquals(keys(input), expected);
  const single = keys(...Array.from(bytes(input), (byte) => Uint8Array.of(byte)));
  const text = single.flatMap((key) => key.kind === "text" ? [key.text] : []).join("");
  assertEquals([{ kind: "text", text }, ...single.filter(({ kind }) => kind !== "text")], expected);
});

Deno.test("a paste is one key, whatever it holds, and however it is cut", () => {
  const input = "a\x1b[200~one\r\ntwo\rthree\n/quit\x03\x1b[D\t\x1b[201~b";
  const expected: Key[] = [
    { kind: "text", text: "a" },
    { kind: "paste", text: "one\ntwo\nthree\n/quit[D\t" },
    { kind: "text", text: "b" },
  ];
  for (let cut = 0; cut <= input.length; cut++) {
    assertEquals(keys(input.slice(0, cut), input.slice(cut)), expected);
  }
  assertEquals(keys(...Array.from(input)), expected);
});

Deno.test("a paste whose end is lost ends with a pause, and swallows nothing that is typed then", () => {
  let now = 0;
  const reader = new KeyReader(() => now);
  assertEquals(reader.read(bytes("\x1b[200~one\n")), []);
  now += 1_000;
  assertEquals(reader.read(bytes("two\x1b[20")), []);
  now += 6_000;
  assertEquals(reader.read(bytes("x\r")), [
    { kind: "paste", text: "one\ntwo[20" },
    { kind: "text", text: "x" },
    { kind: "enter" },
  ]);
});

Deno.test("what no key sends does nothing, and a lone Escape swallows nothing", () => {
  assertEquals(keys("\x1b[99;1x\x00\x1b[<0;1;1M"), []);
  let now = 0;
  const reader = new KeyReader(() => now);
  assertEquals(reader.read(bytes("\x1b")), []);
  now = 1_000;
  assertEquals(reader.read(bytes("b")), [{ kind: "text", text: "b" }]);
});
