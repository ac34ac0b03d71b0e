import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { NAME_MAX } from "../../../lib/protocol/limits.ts";
import { foldName, safeName, suffixedName } from "../../../lib/storage/inbox_name.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const byteLength = (text: string) => new TextEncoder().encode(text).length;

Deno.test("a good name stays as it is", () => {
  for (
    const name of ["reading.json", "Messwerte März.json", "a..b.json", "データ.json", "-x_.tar.gz", "❤.json"]
  ) {
    assertEquals(safeName(name), name);
  }
});

Deno.test("a name from the network is one path segment", () => {
  const cases: Record<string, string> = {
    "../../etc/passwd": "_.._etc_passwd",
    "/etc/passwd": "_etc_passwd",
    "C:\\Windows\\x.json": "C__Windows_x.json",
    "\\\\host\\share": "__host_share",
    "a.json:hidden": "a.json_hidden",
    "a\0b.json": "a_b.json",
    "a\nb\x1b[31m.json": "a_b_[31m.json",
    "a\u2215b\uff0fc\u2044d\uff3ce\u29f8f.json": "a_b_c_d_e_f.json",
    "C\uff1ax": "C_x",
    "\uff0e\uff0e\uff0fx": "___x",
    '*?"<>|.json': "______.json",
  };
  for (const [name, expected] of Object.entries(cases)) assertEquals(safeName(name), expected);
});

Deno.test("a name from the network is what it looks like", () => {
  assertEquals(safeName("a\u202egpj.json"), "agpj.json");
  assertEquals(safeName("re\u200bad\ufeffing.json"), "reading.json");
  assertEquals(safeName("a\u00a0b\u3000c.json"), "a b c.json");
  assertEquals(safeName(".\u200b./x"), "_x");
});

Deno.test("a name from the network is never hidden, empty, or a temporary name of ours", () => {
  for (const name of ["", ".", "..", "...", " . . ", "\u200b", "\u202e"]) {
    assertEquals(safeName(name), "document.json");
  }
  assertEquals(safeName(".earshot-01234567-0.tmp"), "earshot-01234567-0.tmp");
  assertEquals(safeName(" .json. "), "json");
  assertEquals(safeName(" \u202e", "peer"), "peer");
});

Deno.test("a device name of Windows is no file name, whatever its case and extension", () => {
  for (
    const name of ["CON", "aux.json", "Nul.tar.gz", "com1", "LPT9.json", "con .json", "COM¹.json", "CONIN$"]
  ) {
    assertEquals(safeName(name), `_${name}`);
  }
  for (const name of ["console.json", "com10.json", "nulls", "aux_.json"]) assertEquals(safeName(name), name);
  assertEquals(safeName("aux.\u200b"), "_aux");
});

Deno.test("an over-long name is cut on a character and keeps its extension", () => {
  assertEquals(safeName("x".repeat(300) + ".json"), "x".repeat(NAME_MAX - 5) + ".json");
  assertEquals(safeName("é".repeat(100) + ".json"), "é".repeat(61) + ".json");
  assertEquals(safeName("😀".repeat(40)), "😀".repeat(32));
  assertEquals(safeName("x".repeat(120) + "....." + "y".repeat(20)), "x".repeat(120) + "....." + "yyy");
  assertEquals(safeName("x".repeat(124) + ".".repeat(40) + "z"), "x".repeat(124) + ".z");
});

Deno.test("a number goes before the extension and fits", () => {
  assertEquals(suffixedName("reading.json", "-2"), "reading-2.json");
  assertEquals(suffixedName("reading", "-2"), "reading-2");
  assertEquals(suffixedName("a.tar.gz", "-10"), "a.tar-10.gz");
  const long = suffixedName(safeName("x".repeat(300) + ".json"), "-12345");
  assertEquals(byteLength(long), NAME_MAX);
  assert(long.endsWith("x-12345.json"));
});

Deno.test("names that some file system takes for the same one are the same folded", () => {
  for (
    const [a, b] of [["Reading.JSON", "reading.json"], ["é.json", "e\u0301.json"], ["STRASSE", "straße"], [
      "ﬁ",
      "FI",
    ]]
  ) {
    assertEquals(foldName(a!), foldName(b!));
  }
  assertNotEquals(foldName("a.json"), foldName("b.json"));
});

Deno.test("whatever the name from the network, the safe one is safe, and safe again", () => {
  const random = new SeededRandom();
  const pieces = [
    ..."./\\:. \0\n\u202e\u200b\uff0f\u0301aZ😀\ud800",
    "..",
    "con",
    "aux",
    ".json",
    "x".repeat(100),
    "é".repeat(50),
  ];
  for (let i = 0; i < 5000; i++) {
    const name = Array.from({ length: random.u32() % 12 }, () => random.pick(pieces)).join("");
    const safe = safeName(name);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u200b-\u200f\uff0f]/.test(safe), JSON.stringify(name));
    assert(
      safe.length > 0 && byteLength(safe) <= NAME_MAX && !/^[. ]|[. ]$/.test(safe),
      JSON.stringify(name),
    );
    assert(!/^(?:con|aux)\s*(?:\.|$)/i.test(safe), JSON.stringify(name));
    assertEquals(safeName(safe), safe);
    assert(byteLength(suffixedName(safe, "-99999")) <= NAME_MAX);
  }
});
