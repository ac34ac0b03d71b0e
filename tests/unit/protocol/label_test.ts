import { assert, assertEquals } from "@std/assert";
import { cleanLabel, isLabel, printable } from "../../../lib/protocol/label.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

Deno.test("a host name becomes a label as people would write it", () => {
  const cases: [text: string, label: string][] = [
    ["lab-pc", "lab-pc"],
    ["  Zoë's   laptop\t", "Zoë's laptop"],
    ["a\u00a0b\u3000c", "a b c"],
    ["Zoe\u0308", "Zoë"],
    ["\x1b[31mred\x07", "[31mred"],
    ["\u202eevil\u202c", "evil"],
    ["a\u200bb\ufeff", "ab"],
    ["q" + "\u0323".repeat(20), "q\u0323\u0323"],
    ["\u0301a", "a"],
    ["a \u0301b", "a b"],
    ["\ud800x\udfff", "x"],
    ["\u{1F468}\u200d\u{1F469}", "\u{1F468}\u{1F469}"],
    ["n".repeat(40), "n".repeat(32)],
    ["n".repeat(31) + " x", "n".repeat(31)],
    ["\u{1F600}".repeat(1000), "\u{1F600}".repeat(32)],
    ["", "peer"],
    [" \n\x00\u2800", "peer"],
    ["all", "all-1"],
    ["ALL", "ALL-1"],
    [" a\u200bll ", "all-1"],
    ["mboz3s4cpdwum3xixxzs6az6", "mboz3s4cpdwum3xixxzs6az6-1"],
    ["MBOZ3S4CPDWUM3XIXXZS6AZ6", "MBOZ3S4CPDWUM3XIXXZS6AZ6-1"],
    ["plain-pc", "pc-1"],
    ["Plain-" + "n".repeat(40), "n".repeat(26) + "-1"],
    ["-@-host", "host-1"],
    ["@\u0301x", "x-1"],
    ["@all", "all-1"],
    ["-", "peer"],
    ["plain-", "peer"],
  ];
  for (const [text, label] of cases) assertEquals(cleanLabel(text), label);
});

Deno.test("whatever text becomes a label, and a clean label stays as it is", () => {
  const random = new SeededRandom();
  const nasty = [
    "\x1b",
    " ",
    "\t",
    "\u0301",
    "\u0e47",
    "\u202e",
    "\ud83d",
    "\ude00",
    "\u{1F600}",
    "a",
    "é",
    "\u200d",
    "\ufdfa",
    "@",
    "-",
    "plain-",
    "all",
    "mboz3s4cpdwum3xixxzs6az6",
  ];
  for (let run = 0; run < 5000; run++) {
    const text = Array.from(
      { length: Math.floor(random.between(0, 50)) },
      () => random.between(0, 1) < 0.5 ? random.pick(nasty) : String.fromCodePoint(random.u32() % 0x110000),
    ).join("");
    const label = cleanLabel(text);
    assert(isLabel(label), JSON.stringify([text, label]));
    assertEquals(cleanLabel(label.normalize("NFC")), label.normalize("NFC"));
  }
});

Deno.test("a label has no character that Unicode calls a control, a format, a separator or a surrogate, but the space", () => {
  for (let point = 0; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    // The exceptions have a shape of their own: signs that enclose or precede digits and letters.
    if (
      /^[\p{Cc}\p{Cf}\p{Cs}\p{Zs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]$/u.test(character) &&
      !/^[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}\u{13430}-\u{1343f}]$/u.test(character)
    ) {
      assertEquals(isLabel(`a${character}b`), character === " ", point.toString(16));
    }
  }
});

Deno.test("a label as long as a book is refused at once", () => {
  assertEquals(isLabel("n".repeat(10_000_000)), false);
});

Deno.test("text from the network has no way to steer a terminal", () => {
  const cases: [text: string, shown: string][] = [
    ["plain text\nsecond line\tend", "plain text\nsecond line\tend"],
    ["windows\r\nlines\r\n", "windows\nlines\n"],
    ["\x1b[2J\x1b]0;title\x07", "\u241b[2J\u241b]0;title\u2407"],
    ["over\rwritten", "over\u240dwritten"],
    ["\x00\x08\x7f", "\u2400\u2408\u2421"],
    ["\x9b31m \x85 \x90", "\ufffd31m \ufffd \ufffd"],
    ["\u202egnp.exe\u202c \u2066x\u2069", "\ufffdgnp.exe\ufffd \ufffdx\ufffd"],
    ["a\u2028b\u2029c", "a\ufffdb\ufffdc"],
    ["hid\u200bden\u2060\ufeff\u{e0041}", "hid\ufffdden\ufffd\ufffd\ufffd"],
    ["\ud800 \udfff", "\ufffd \ufffd"],
    ["z" + "\u0300".repeat(500) + "algo", "z" + "\u0300".repeat(4) + "\ufffdalgo"],
  ];
  for (const [text, shown] of cases) assertEquals(printable(text), shown);
});

Deno.test("text that people write stays as it is: emoji, accents, Hebrew, Persian, Hindi, Thai, Vietnamese", () => {
  const texts = [
    "\u{1F468}\u200d\u{1F469}\u200d\u{1F467} \u2764\ufe0f",
    "Zoe\u0308 tie\u0302\u0301ng Vie\u0323\u0302t",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd\u200f!",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48",
  ];
  for (const text of texts) assertEquals(printable(text), text);
});

Deno.test("nothing that printable gives has a control character, whatever it gets", () => {
  const random = new SeededRandom();
  for (let run = 0; run < 2000; run++) {
    const text = Array.from(
      { length: 30 },
      () => String.fromCharCode(random.u32() % (run % 2 ? 0x10000 : 0x100)),
    ).join("");
    const shown = printable(text);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(shown) && shown.isWellFormed());
    assertEquals(printable(shown), shown);
  }
});
