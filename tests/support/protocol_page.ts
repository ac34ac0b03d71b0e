import { assert, assertEquals } from "@std/assert";
import { codeWords, Page } from "./page.ts";

const ROOT = new URL("../../", import.meta.url);

/** A file of the project, by its path from the root. */
export function source(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** Names of the files of a folder, by its path from the root. */
export function filesIn(path: string, extension: string): string[] {
  return [...Deno.readDirSync(new URL(path, ROOT))].map(({ name }) => name).filter((name) =>
    name.endsWith(extension)
  ).sort();
}

export const PROTOCOL = new Page("PROTOCOL.md");

/** The page beside the test vectors. */
export const VECTORS_PAGE = new Page("tests/vectors/README.md");

/** The bytes of a block of hex, without the remarks. */
export function bytesOf(block: string): Uint8Array {
  return Uint8Array.fromHex(block.replaceAll(/ .*/g, "").replaceAll("\n", ""));
}

/** A value of a table of numbers, with the names in backticks that it has in the code. */
export interface Entry {
  readonly what: string;
  readonly value: string;
  readonly names: readonly string[];
}

/** Values of a table of numbers; a row has one or several, with `;` between two. */
export function entries(heading: string): Entry[] {
  return PROTOCOL.rows(heading).flatMap(([what, values, names]) => {
    const [each, named] = [values!.split("; "), names!.split("; ")];
    assertEquals(each.length, named.length, what);
    return each.map((value, i) => ({ what: what!, value, names: codeWords(named[i]!) }));
  });
}

/** The only thing in a cell, in backticks. */
export function word(cell: string | undefined): string {
  const [, only] = cell?.match(/^`([^`]+)`$/) ?? [];
  assert(only !== undefined, `${cell} is no name`);
  return only;
}

const UNITS: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  ms: 1,
  s: 1000,
  min: 60_000,
  "%": 0.01,
};

/** `1 024`, `2.5` */
function numberOf(text: string): number {
  return Number(text.replaceAll(" ", ""));
}

/** What a cell of the tables of numbers says: a text, or a number or several, in bytes, milliseconds and parts of one. */
export function amount(cell: string): string | number | number[] {
  if (cell.startsWith("`")) return word(cell).replaceAll("\\n", "\n");
  const oneLess = cell.endsWith(" − 1 byte");
  const plain = cell.replace(" − 1 byte", "");
  const unit = UNITS[plain.match(/[A-Za-z%]+$/)?.[0] ?? ""] ?? 1;
  const numbers = [...plain.matchAll(/\d[\d.]*(?: \d{3})*/g)].map(([text]) =>
    Math.round(numberOf(text) * unit * 1000) / 1000 - Number(oneLess)
  );
  return numbers.length === 1 ? numbers[0]! : numbers;
}

/** Amounts of time and memory in a text, each as a number with what it counts. */
export function quantities(text: string): string[] {
  const found = text.matchAll(
    /((?:[\d.]+, )*)(\d[\d. ]*)(?: (?:to|and|or) ([\d.]+))? (ms|s|min|days|KiB|MiB|GiB)\b/g,
  );
  return [...found].flatMap(([, list, first, second, unit]) =>
    [...list!.split(", "), first!, second ?? ""].filter((text) => numberOf(text) > 0).map((text) =>
      `${numberOf(text) * (UNITS[unit!] ?? 1)} ${
        unit!.endsWith("iB") ? "bytes" : unit === "days" ? "days" : "ms"
      }`
    )
  );
}
