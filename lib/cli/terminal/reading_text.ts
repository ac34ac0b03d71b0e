import { oneLine, sizeText } from "./text.ts";

/** Most members of a reading that are shown. */
const MEMBERS_MAX = 6;

/** Longest name or text of a member that is shown, characters. */
const TEXT_MAX = 24;

/**
 * Units by the names of members. A size or a duration says nothing without its name, which is shown as well; so is that
 * of each of several members with one unit.
 */
const UNITS: readonly (readonly [name: RegExp, text: (value: number) => string, isNamed?: true])[] = [
  [/celsius$|^temp(?:erature)?_c$/i, (value) => `${value} °C`],
  [/dbm$|^rssi$/i, (value) => `${value} dBm`],
  [/humidity$|percent$|_pct$/i, (value) => `${value} %`],
  [/hpa$/i, (value) => `${value} hPa`],
  [/volts?$/i, (value) => `${value} V`],
  [/heap$|bytes$/i, (value) => sizeText(value), true],
  [/^up(?:time)?$|seconds$|_s$/i, (value) => `${value} s`, true],
];

/** Names of members that hold the time of a reading: who reads it as it comes knows that. */
const TIME_NAME = /^(?:t|ts|time|timestamp)$/;

/** Years in seconds since 1970 that a time may be in; what is outside is another number. */
const [EARLIEST_S, LATEST_S] = [Date.UTC(2000) / 1000, Date.UTC(2100) / 1000];

/**
 * Sums up a document as one short line: the members of an object with their units but without its time, anything else
 * as it is. A text that is no JSON is shown from its beginning.
 */
export function readingText(json: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return short(json);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return short(json);
  const all = Object.entries(value);
  const lasting = all.filter(([name, member]) => !isTime(name, member));
  const members = lasting.length > 0 ? lasting : all;
  const first = members.slice(0, MEMBERS_MAX);
  const units = first.map(([name, member]) => typeof member === "number" ? unitOf(name) : undefined);
  const shown = first.map(([name, member], i) =>
    memberText(name, member, units.filter((unit) => unit === units[i]).length > 1)
  );
  return [...shown, ...(members.length > MEMBERS_MAX ? ["…"] : [])].join(", ") || "{}";
}

function isTime(name: string, value: unknown): boolean {
  if (!TIME_NAME.test(name)) return false;
  if (typeof value === "string") return /^\d{4}-\d\d-\d\d/.test(value);
  const seconds = Number(value) < LATEST_S ? Number(value) : Number(value) / 1000;
  return typeof value === "number" && seconds >= EARLIEST_S && seconds < LATEST_S;
}

function unitOf(name: string): typeof UNITS[number] | undefined {
  return UNITS.find(([pattern]) => pattern.test(name));
}

/** @param isShared true if other members have its unit */
function memberText(name: string, value: unknown, isShared: boolean): string {
  if (typeof value === "number" && Number.isFinite(value)) {
    const rounded = roundedOff(value);
    const unit = unitOf(name);
    if (unit === undefined) return `${short(name)} ${rounded}`;
    const [, text, isNamed] = unit;
    return isNamed || isShared ? `${short(name)} ${text(rounded)}` : text(rounded);
  }
  return `${short(name)} ${typeof value === "string" ? short(value) : short(JSON.stringify(value))}`;
}

/** Keeps two digits behind the point; of what is below one, three that count. */
function roundedOff(value: number): number {
  if (Number.isInteger(value)) return value;
  return Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(2));
}

function short(text: string): string {
  const characters = [...oneLine(text.slice(0, 4 * TEXT_MAX)).trim()];
  return characters.length > TEXT_MAX ? `${characters.slice(0, TEXT_MAX).join("")}…` : characters.join("");
}
