import { oneLine, sizeText } from "./text.ts";

/** Most members of a reading that are shown. */
const MEMBERS_MAX = 6;

/** Longest name or text of a member that is shown, characters. */
const TEXT_MAX = 24;

/** Units by the names of members. A size or a duration says nothing without its name, which is shown as well. */
const UNITS: readonly (readonly [name: RegExp, text: (value: number) => string, isNamed?: true])[] = [
  [/celsius$|^temp(?:erature)?_c$/i, (value) => `${value} °C`],
  [/dbm$|^rssi$/i, (value) => `${value} dBm`],
  [/humidity$|percent$|_pct$/i, (value) => `${value} %`],
  [/hpa$/i, (value) => `${value} hPa`],
  [/volts?$/i, (value) => `${value} V`],
  [/heap$|bytes$/i, (value) => sizeText(value), true],
  [/^up(?:time)?$|seconds$|_s$/i, (value) => `${value} s`, true],
];

/**
 * Sums up a document as one short line: the members of an object with their units, anything else as it is. A text that
 * is no JSON is shown from its beginning.
 */
export function readingText(json: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return short(json);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return short(json);
  const members = Object.entries(value);
  const shown = members.slice(0, MEMBERS_MAX).map(([name, member]) => memberText(name, member));
  return [...shown, ...(members.length > MEMBERS_MAX ? ["…"] : [])].join(", ") || "{}";
}

function memberText(name: string, value: unknown): string {
  if (typeof value === "number" && Number.isFinite(value)) {
    const rounded = Number.isInteger(value) ? value : Number(value.toFixed(2));
    const unit = UNITS.find(([pattern]) => pattern.test(name));
    if (unit === undefined) return `${short(name)} ${rounded}`;
    const [, text, isNamed] = unit;
    return isNamed ? `${short(name)} ${text(rounded)}` : text(rounded);
  }
  return `${short(name)} ${typeof value === "string" ? short(value) : short(JSON.stringify(value))}`;
}

function short(text: string): string {
  const characters = [...oneLine(text.slice(0, 4 * TEXT_MAX)).trim()];
  return characters.length > TEXT_MAX ? `${characters.slice(0, TEXT_MAX).join("")}…` : characters.join("");
}
