import { createHash } from "node:crypto";

/** Bytes that anybody can make again: the beginning of the SHA-256 of a label. */
export function fixed(label: string, length = 32): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`earshot vector: ${label}`).digest().subarray(0, length));
}

/** UTF-8 of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes in a row; a text stands for its UTF-8, a number for one byte. */
export function bytes(...parts: (Uint8Array | string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...(typeof part === "string" ? utf8(part) : part)]
    ),
  );
}

/** JSON object from members whose values are already JSON text; undefined leaves a member out. */
export function rawObject(members: Readonly<Record<string, string | undefined>>): string {
  const texts = Object.entries(members).filter(([, value]) => value !== undefined);
  return `{${texts.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

/** What an integer member from `low` to `high` must not be, as JSON text, with its description. */
export function notInteger(low: number, high: number): [what: string, value: string | undefined][] {
  return [
    ["missing", undefined],
    ["null", "null"],
    ["a text", `"${low}"`],
    ["true", "true"],
    ["negative", "-1"],
    ["minus zero", "-0"],
    ["a fraction", `${low}.0`],
    ["with an exponent", `${low || 1}e1`],
    ["too large", String(BigInt(high) + 1n)],
    ["far too large", "1".repeat(40)],
    ...(low > 0 ? [["too small", String(low - 1)] as [string, string]] : []),
  ];
}

/** What a text member must not be. */
export function notText(...wrong: string[]): [what: string, value: string | undefined][] {
  return [
    ["missing", undefined],
    ["null", "null"],
    ["a number", "7"],
    ["true", "true"],
    ...wrong.map((text): [string, string] => [`the text ${JSON.stringify(text)}`, JSON.stringify(text)]),
  ];
}
