import { assertEquals } from "@std/assert";
import { LineBuffer } from "../../../../lib/cli/terminal/line_buffer.ts";

function typed(text: string): LineBuffer {
  const line = new LineBuffer();
  for (const character of text) line.insert(character);
  return line;
}

Deno.test("Backspace and the cursor go by drawn characters", () => {
  for (
    const [text, rest] of [["ae\u0301", "a"], ["a👍🏽", "a"], ["a👨‍👩‍👧", "a"], ["a🇨🇭", "a"], ["a漢", "a"], [
      "नि",
      "",
    ]] as const
  ) {
    const line = typed(text);
    line.backspace();
    assertEquals(line.text, rest, text);
  }
  const line = typed("xy");
  line.move(-1);
  line.insert("\u0301");
  assertEquals([line.cells, line.cursor], [["x\u0301", "y"], 1]);
  line.delete();
  assertEquals(line.text, "x\u0301");
});

Deno.test("words, ends, the history and a draft are kept", () => {
  const line = typed("one two, three");
  line.killWord();
  assertEquals(line.text, "one two, ");
  line.moveWord(-1);
  line.insert("and ");
  assertEquals(line.text, "one and two, ");
  assertEquals(line.take(), { text: "one and two, ", pasted: false });
  line.insert("pasted\n", true);
  line.insert("x");
  assertEquals(line.take(), { text: "pasted\nx", pasted: true });
  line.insert("draft");
  line.recall(-1);
  line.recall(-1);
  line.recall(-1);
  assertEquals(line.text, "one and two, ");
  line.recall(1);
  line.recall(1);
  assertEquals(line.text, "draft");
  line.killToStart();
  line.insert("typed");
  assertEquals(line.take().pasted, false);
});
