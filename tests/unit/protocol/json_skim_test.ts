import { assert, assertEquals } from "@std/assert";
import { JsonSkim } from "../../../lib/protocol/json_skim.ts";
import { JsonValidator } from "../../../lib/protocol/json_validator.ts";
import { randomBytesNearJson, randomJson } from "../../support/random_json.ts";
import { lacks } from "../../support/require.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { committedWasm, compileWasm } from "../../support/wasm.ts";

/** Pieces of this size go through WebAssembly, smaller ones never. */
const LARGE = 4096;

const encode = (text: string) => new TextEncoder().encode(text);

/** What the validator says, with the place, of a document in pieces of these sizes, which come around. */
function verdict(document: Uint8Array, sizes: readonly number[]): string {
  const validator = new JsonValidator();
  try {
    for (let at = 0, n = 0; at < document.length; n++) {
      const size = sizes[n % sizes.length]!;
      validator.push(document.subarray(at, at += size));
    }
    validator.end();
    return "JSON";
  } catch (error) {
    return (error as Error).message;
  }
}

function compare(document: Uint8Array, ...splits: readonly number[][]): string {
  const expected = verdict(document, [LARGE - 1]);
  for (const sizes of splits) assertEquals(verdict(document, sizes), expected, document.toHex());
  return expected;
}

Deno.test("there is WebAssembly for JSON on this machine", () => {
  new JsonValidator().push(new Uint8Array(LARGE).fill(0x20));
  assert(JsonSkim.get(new Uint8Array(0)), "documents are checked the slow way");
});

Deno.test("after every beginning, every kind of byte is judged as by the table, at the same place", () => {
  const values = [
    '"',
    '"\\',
    '"\\u',
    '"\\u0',
    '"\\u00',
    '"\\u00e',
    '"a',
    "-",
    "0",
    "12",
    "1.",
    "1.5",
    "1e",
    "1e+",
    "1e5",
  ];
  const words = ["t", "tr", "tru", "true", "f", "fa", "fal", "fals", "false", "n", "nu", "nul", "null"];
  const tails = ["c3", "e0", "e1", "e180", "ed", "f0", "f1", "f180", "f18080", "f4"];
  const characters = tails.map((hex) => Uint8Array.fromHex(`22${hex}`));
  const kinds = Uint8Array.of(
    ...encode('\x00\t\n\r\x1f "+,-./019:AFG[\\]abefglnrstu{}~\x7f'),
    ...[0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff],
  );
  const places = ["", '[1,{"a":'].map(encode);
  const ends = ["{", "[", "[]", "{}", '{"', '{"a', '{"\\', '{"a"', '{"a" ', '{"a":1', '{"a":1,', "1 ", '"a"'];
  const beginnings = [encode(""), ...[...values, ...words, ...ends].map(encode), ...characters];
  const document = new Uint8Array(LARGE + 64);
  const faults = new Set<string>();
  for (const place of places) {
    for (const beginning of beginnings) {
      const at = LARGE - beginning.length;
      document.fill(0x20);
      document.set(place, at - place.length);
      document.set(beginning, at);
      document.set(encode('":1}]'), LARGE + 1);
      for (const byte of kinds) {
        document[LARGE] = byte;
        // The first piece ends before the byte, or behind all.
        faults.add(compare(document, [LARGE, 64], [LARGE + 64]));
      }
    }
  }
  assert(faults.size > 3, [...faults].join());
});

Deno.test("random documents, good and damaged, are judged alike at any split, and beyond what goes in at a time", () => {
  const random = new SeededRandom();
  let good = 0;
  for (let run = 0; run < 300; run++) {
    const parts: string[] = [];
    for (let length = 0; length < 12_000;) {
      const part = randomJson(random, 4) +
        (random.u32() % 4 === 0 ? `,"${"x".repeat(random.u32() % 300)}"` : "");
      length += part.length + 1;
      parts.push(part);
    }
    const start = encode(`[${parts.join(",")},`);
    const last = run % 2 === 0 ? encode("1") : randomBytesNearJson(random);
    // Some cross the size of the memory that they go into.
    const space = new Uint8Array(run % 10 === 0 ? 65_536 - start.length - (random.u32() % 16) : 0).fill(0x20);
    const document = Uint8Array.from([...start, ...space, ...last, ...encode(",[2]]")]);
    const sizes = Array.from({ length: 5 }, () => 1 + Math.floor(random.between(0, 2 * LARGE)));
    if (compare(document, sizes, [document.length]) === "JSON") good++;
  }
  assert(good > 150 && good < 300, `${good} good ones`);
});

Deno.test("nesting is counted on from piece to piece, up to 512 levels", () => {
  const space = " ".repeat(LARGE);
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    for (const levels of [511, 512, 513]) {
      const nested = encode(`${space}${open.repeat(levels)}1${space}${close.repeat(levels)}${space}`);
      const whether = compare(nested, [LARGE + 300], [nested.length]);
      assertEquals(whether === "JSON", levels <= 512, whether);
    }
  }
});

Deno.test({
  name: "what is committed is what the C file compiles to",
  ignore: lacks("wasm"),
  fn: async () => assertEquals(await committedWasm(), await compileWasm()),
});
