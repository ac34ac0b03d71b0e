import { readPart } from "./files.ts";

/**
 * How what stands somewhere compares with what was written there. `torn`: nothing but a part of it, the rest cut off or
 * never written (the system then leaves zero bytes, which no JSON holds).
 */
export type Standing = "same" | "torn" | "other";

/** Compares `length` bytes of a file, as far as it has them, with what was written there. */
export function compare(path: string, offset: number, length: number, expected: Uint8Array): Standing {
  let actual;
  try {
    actual = readPart(path, offset, length);
  } catch {
    return "other"; // What we may not read, the owner made so.
  }
  return compareBytes(actual, expected);
}

/** Compares what was read with what was written. */
export function compareBytes(actual: Uint8Array, expected: Uint8Array): Standing {
  if (actual.length > expected.length) return "other";
  let standing: Standing = actual.length === expected.length ? "same" : "torn";
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] === expected[i]) continue;
    if (actual[i] !== 0) return "other";
    standing = "torn";
  }
  return standing;
}
