import type { SeededRandom } from "./seeded_random.ts";

const SCALARS = [
  "0",
  "-0",
  "12",
  "-3.25",
  "1e5",
  "2E-7",
  "true",
  "false",
  "null",
  '""',
  '"a"',
  '"\\u00e4\\n"',
  '"ä実\u{1F600}"',
  '"\\ud800"',
];
const SPACES = ["", "", "", " ", "\n", "\r\n", "\t"];
const PIECES = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "\\u12",
  "0",
  "-",
  ".",
  "e",
  "true",
  "nul",
  " ",
  '"a":',
  "\x1f",
  "é",
];

/** A JSON document, nested at most `depth` levels. */
export function randomJson(random: SeededRandom, depth: number): string {
  const space = () => random.pick(SPACES);
  const items = (one: () => string) =>
    Array.from({ length: Math.floor(random.between(0, 4)) }, () => space() + one() + space()).join(",") ||
    space();
  const value = (): string => depth > 0 ? randomJson(random, depth - 1) : random.pick(SCALARS);
  switch (random.u32() % 3) {
    case 0:
      return space() + random.pick(SCALARS) + space();
    case 1:
      return `[${items(value)}]`;
    default:
      return `{${items(() => `"${random.u32() % 5}"${space()}:${value()}`)}}`;
  }
}

/** A JSON document with a few bytes changed, taken out or put in; or, now and then, none of that. */
export function randomBytesNearJson(random: SeededRandom): Uint8Array {
  let bytes = new TextEncoder().encode(randomJson(random, 3));
  for (let changes = random.u32() % 3; changes > 0; changes--) {
    const at = Math.floor(random.between(0, bytes.length + 1));
    const put = random.u32() % 2 === 0
      ? random.bytes(random.u32() % 3)
      : new TextEncoder().encode(random.pick(PIECES));
    bytes = Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + random.u32() % 2)]);
  }
  return bytes;
}
