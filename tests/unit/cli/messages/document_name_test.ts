import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { nameOfFile } from "../../../../lib/cli/messages/document_name.ts";
import { checkHead, checkName } from "../../../../lib/peer/message_checks.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** The characters of a text as people count them. */
const characters = (text: string) =>
  [...new Intl.Segmenter("en").segment(text)].map(({ segment }) => segment);

Deno.test("a name that is short enough stays as it is", () => {
  for (const name of ["reading.json", "報".repeat(41) + ".json", "x".repeat(128), ".hidden", "a b.JSON"]) {
    assertEquals(nameOfFile(`/folder/${name}`, "", "log"), { name, isShortened: false });
  }
  for (const path of ["-", "/dev/fd/63"]) assertEquals(nameOfFile(path, "").name, "document.json");
});

Deno.test("a long name is shortened between characters, and keeps its extension", () => {
  const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
  const stems = [
    "報".repeat(43),
    "x".repeat(124),
    family.repeat(9),
    "e\u0301".repeat(60),
    "🇩🇪🇫🇷".repeat(12),
    "क्षि".repeat(20),
  ];
  for (const stem of stems) {
    for (const extension of [".json", ".geojsonl", ""]) {
      const { name, isShortened } = nameOfFile(stem + extension, "");
      assertEquals(isShortened, bytes(stem + extension) > 128);
      assertEquals(name.endsWith(extension), true);
      checkName("", name, 128);
      const kept = name.slice(0, name.length - extension.length);
      assertEquals(characters(kept), characters(stem).slice(0, characters(kept).length), stem);
      if (isShortened) assertEquals(bytes(name) > 128 - bytes(family), true, "no more than has to go");
    }
  }
  const flood = `e${"\u0301".repeat(200)}.json`;
  assertMatch(nameOfFile(flood, "").name, /^e\u0301+\.json$/, "one character that is too long itself");
});

Deno.test("a name that its escapes make too long beside that of the stream is shortened as well", () => {
  const stream = '"'.repeat(128);
  const { name, isShortened } = nameOfFile(`${'"'.repeat(120)}.json`, "", stream);
  assertEquals([isShortened, name.endsWith('".json')], [true, true]);
  checkHead(name, stream);
});

Deno.test("a name that cannot be sent is told by its file, with the way out", () => {
  for (const name of ["a\nb.json", "a\x1b[2J.json", "a\x7f.json", "\ud800.json"]) {
    const error = assertThrows(() => nameOfFile(name, "that file"), UserError);
    assertEquals(error.exitCode, 2);
    assertMatch(
      error.message,
      /^that file: its name (has control characters|is not well-formed text)\. Rename it, or send it by itself with --name NAME\.$/,
    );
  }
});
