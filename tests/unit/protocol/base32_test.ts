import { assertEquals, assertThrows } from "@std/assert";
import { decodeBase32, encodeBase32 } from "../../../lib/protocol/base32.ts";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

/** RFC 4648 section 10, lower case and without padding. */
const PUBLISHED: [plain: string, text: string][] = [
  ["", ""],
  ["f", "my"],
  ["fo", "mzxq"],
  ["foo", "mzxw6"],
  ["foob", "mzxw6yq"],
  ["fooba", "mzxw6ytb"],
  ["foobar", "mzxw6ytboi"],
];

Deno.test("base32 is that of RFC 4648", () => {
  for (const [plain, text] of PUBLISHED) {
    const bytes = new TextEncoder().encode(plain);
    assertEquals(encodeBase32(bytes), text);
    assertEquals(decodeBase32(text), bytes);
  }
});

Deno.test("bytes of any length come back from base32", () => {
  const random = new SeededRandom();
  for (let length = 0; length < 200; length++) {
    const bytes = random.bytes(length);
    assertEquals(decodeBase32(encodeBase32(bytes)), bytes);
  }
});

Deno.test("a value has one spelling in base32, every other one is refused", () => {
  const wrong = [
    "MY",
    "my======",
    "m",
    "mzx",
    "mzxw6y",
    "mz",
    "mzxr",
    "mzxw7",
    "m1",
    "m8",
    "m ",
    "mä",
    "m\0",
    "\u{1F600}",
  ];
  for (const text of wrong) {
    assertEquals(assertThrows(() => decodeBase32(text), ProtocolError, undefined, text).code, "bad-base32");
  }
});
