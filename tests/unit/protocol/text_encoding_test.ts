import { assertEquals, assertMatch } from "@std/assert";
import { hasUtf8Mark, invalidUtf8At, otherEncoding } from "../../../lib/protocol/text_encoding.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Text in units of so many bytes. */
function wide(text: string, unit: 2 | 4, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * unit);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) {
    if (unit === 2) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
    else view.setUint32(4 * i, text.charCodeAt(i), littleEndian);
  }
  return bytes;
}

const what = (bytes: Uint8Array, offset = 0) => otherEncoding(bytes, offset)?.what;

Deno.test("UTF-16 and UTF-32 are told by their mark, or by the zeros of their first characters", () => {
  for (const littleEndian of [true, false]) {
    const end = littleEndian ? "LE" : "BE";
    assertEquals(
      what(wide('\ufeff{"a":1}', 2, littleEndian)),
      "is UTF-16, which > of Windows PowerShell writes",
    );
    assertEquals(
      what(wide('{"ä":1}', 2, littleEndian)),
      `is UTF-16${end}, which > of Windows PowerShell writes`,
    );
    assertEquals(what(wide("1", 2, littleEndian)), `is UTF-16${end}, which > of Windows PowerShell writes`);
    assertEquals(what(wide("\ufeff[]", 4, littleEndian)), "is UTF-32");
    assertEquals(what(wide("[]", 4, littleEndian)), `is UTF-32${end}`);
  }
  assertEquals(what(new TextEncoder().encode("a\0b\n")), undefined, "a zero in UTF-8");
});

Deno.test("a text in Windows-1252 is told by the byte over which a reader of UTF-8 stumbles", () => {
  const latin = Uint8Array.from('["café"]', (character) => character.charCodeAt(0));
  // A validator stumbles over the byte, or over what follows where it could begin a character.
  for (const offset of [5, 6]) {
    assertMatch(what(latin, offset)!, /^is not UTF-8: byte 0xE9 is "é" in Windows-1252$/);
  }
  assertMatch(what(Uint8Array.of(0x22, 0x93, 0x22), 1)!, /byte 0x93 is "“" in/);
  assertMatch(what(Uint8Array.of(0x22, 0x81, 0x22), 1)!, /byte 0x81 is no character in/);
});

Deno.test("UTF-8 is no other encoding, wherever a reader stops in it", () => {
  const text = utf8('é"漢\ufffd漢漢漢😀😀 x é');
  for (let offset = 0; offset < text.length; offset++) {
    // A reader stops at the beginning of a character.
    if ((text[offset]! & 0xc0) !== 0x80) assertEquals(otherEncoding(text, offset), undefined, `${offset}`);
  }
  assertEquals(otherEncoding(new Uint8Array(), 0), undefined);
  assertEquals(otherEncoding(utf8("\ufeff{}"), 0), undefined);
  assertEquals([hasUtf8Mark(utf8("\ufeff{}")), hasUtf8Mark(utf8("{}"))], [true, false]);
});

Deno.test("what is no text at all is not taken for one", () => {
  assertEquals(what(Uint8Array.of(0x1f, 0x8b, 8, 0, 0xff)), "is compressed with gzip");
  assertEquals(what(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a), 0), "is not text");
});

Deno.test("the first byte that is not UTF-8 is found, a replacement character is none", () => {
  assertEquals(invalidUtf8At(utf8("ü\ufffd漢")), undefined);
  assertEquals(invalidUtf8At(Uint8Array.of(...utf8("ü\ufffd漢"), 0xe9, 0x20)), 8);
  assertEquals(invalidUtf8At(Uint8Array.of(0xed, 0xa0, 0x80)), 0);
  assertEquals(invalidUtf8At(Uint8Array.of(0x20, 0xc3)), 1);
});
