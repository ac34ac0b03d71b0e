/** Deepest member of a document that is looked at, and most members of an array. */
const DEPTH_MAX = 6;
const ARRAY_MAX = 8;
/** Longest path of a field, characters. */
const PATH_MAX = 200;

/** Members that hold the time of a document, the first that does counts. */
const TIME_NAMES = ["t", "time", "ts", "timestamp"] as const;
/** Plausible times, milliseconds since 1970: what is outside 2000 to 2100 is another number. */
const EARLIEST_MS = Date.UTC(2000, 0);
const LATEST_MS = Date.UTC(2100, 0);

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?([.,]\d{1,9})?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Common members of the documents of a stream, by a sample of them. */
export interface ReadingShape {
  /** Paths of the members that are numbers, as JSON Pointers (RFC 6901). */
  readonly fields: readonly string[];
  /** Name of the member that holds the time; undefined if the time of arrival counts. */
  readonly time?: string;
}

/**
 * Finds the fields and the time of a stream.
 *
 * @param documents a sample, newest first
 * @param most number of fields
 */
export function shapeOf(documents: readonly unknown[], most: number): ReadingShape {
  const time = TIME_NAMES.find((name) => {
    const valid = documents.filter((document) => timeIn(document, name) !== undefined).length;
    return valid > 0 && valid * 2 >= documents.length;
  });
  const fields = new Set<string>();
  for (const document of documents) collect(document, "", 0, fields, most);
  if (time !== undefined) fields.delete(`/${time}`);
  return { fields: [...fields].slice(0, most), time };
}

/** Adds the paths of all numbers in a value; one more than `most`, because the time may be among them. */
function collect(value: unknown, path: string, depth: number, found: Set<string>, most: number): void {
  if (found.size > most || path.length > PATH_MAX) return;
  if (typeof value === "number") {
    found.add(path);
  } else if (Array.isArray(value) && depth < DEPTH_MAX) {
    value.slice(0, ARRAY_MAX).forEach((each, i) => collect(each, `${path}/${i}`, depth + 1, found, most));
  } else if (typeof value === "object" && value !== null && depth < DEPTH_MAX) {
    for (const name in value) {
      const part = name.replaceAll("~", "~0").replaceAll("/", "~1");
      collect((value as Record<string, unknown>)[name], `${path}/${part}`, depth + 1, found, most);
    }
  }
}

/** Splits a path into the names of members. */
function partsOf(path: string): string[] {
  return path.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Returns a function that reads the number at a path; undefined if there is none. */
export function numberAt(path: string): (document: unknown) => number | undefined {
  const parts = partsOf(path);
  return (document) => {
    let value = document;
    for (const part of parts) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
      value = (value as Record<string, unknown>)[part];
    }
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
}

/** Returns the name of a field as it is shown: `battery.volts`, `axes[0]`; that of a bare number is `value`. */
export function fieldName(path: string): string {
  const name = partsOf(path).map((part) => /^\d+$/.test(part) ? `[${part}]` : `.${part}`).join("");
  return name === "" ? "value" : name.replace(/^\./, "");
}

/** Returns the time in a member of a document, milliseconds since 1970; undefined if it holds no plausible one. */
export function timeIn(document: unknown, name: string): number | undefined {
  if (typeof document !== "object" || document === null || !Object.hasOwn(document, name)) return undefined;
  return timeOf((document as Record<string, unknown>)[name]);
}

/**
 * Reads a time: ISO 8601 (UTC if it names no zone), or Unix seconds or milliseconds. Undefined if it is not between
 * 2000 and 2100.
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === "number") return plausible(value < LATEST_MS / 1000 ? value * 1000 : value);
  if (typeof value !== "string" || value.length > 40) return undefined;
  const found = ISO.exec(value);
  if (found === null) return undefined;
  const [, day, minute = "00:00", second = ":00", part = "", zone = "Z"] = found;
  const offset = zone.length === 3
    ? `${zone}:00`
    : zone.length === 5
    ? `${zone.slice(0, 3)}:${zone.slice(3)}`
    : zone;
  return plausible(Date.parse(`${day}T${minute}${second}${part.replace(",", ".")}${offset.toUpperCase()}`));
}

function plausible(ms: number): number | undefined {
  return ms >= EARLIEST_MS && ms < LATEST_MS ? ms : undefined;
}
