import { oneLine, sizeText } from "./text.ts";

/** Most members of a reading that are shown. */
const MEMBERS_MAX = 6;

/** Most members that are looked at, and how deep. */
const LOOKED_MAX = 100;
const DEPTH_MAX = 5;

/** Longest name or text of a member that is shown, characters. */
const TEXT_MAX = 24;

/** A member by its path: of `{"a":{"b":1}}`, the key is `b`, and the name `a.b`. */
interface Member {
  readonly key: string;
  readonly name: string;
  readonly value: unknown;
}

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
 * Sums up a document as one short line: the members of an object with their units but without its time, those of nested
 * ones by their paths, anything else as it is. A text that is no JSON is shown from its beginning.
 */
export function readingText(json: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return short(json);
  }
  if (!isNested(value)) return short(json);
  const all = [];
  for (const member of membersOf(value)) {
    if (all.push(member) === LOOKED_MAX) break;
  }
  const lasting = all.filter((member) => !isTime(member));
  const members = lasting.length > 0 ? lasting : all;
  const first = members.slice(0, MEMBERS_MAX);
  const units = first.map(({ key, value }) => typeof value === "number" ? unitOf(key) : undefined);
  const shown = first.map((member, i) =>
    memberText(member, units.filter((unit) => unit === units[i]).length > 1)
  );
  return [...shown, ...(members.length > MEMBERS_MAX ? ["…"] : [])].join(", ");
}

/** Tells whether a value has members to be shown by themselves: not those of a list of numbers or texts. */
function isNested(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const members = Object.values(value);
  return members.length > 0 &&
    (!Array.isArray(value) || members.some((each) => typeof each === "object" && each !== null));
}

function* membersOf(value: object, path = "", depth = 1): Generator<Member> {
  for (const [key, member] of Object.entries(value)) {
    const step = path === "" ? key : `.${key}`;
    const name = path + (Array.isArray(value) ? `[${key}]` : step);
    if (depth < DEPTH_MAX && isNested(member)) yield* membersOf(member, name, depth + 1);
    else yield { key, name, value: member };
  }
}

function isTime({ key, value }: Member): boolean {
  if (!TIME_NAME.test(key)) return false;
  if (typeof value === "string") return /^\d{4}-\d\d-\d\d/.test(value);
  const seconds = Number(value) < LATEST_S ? Number(value) : Number(value) / 1000;
  return typeof value === "number" && seconds >= EARLIEST_S && seconds < LATEST_S;
}

function unitOf(name: string): typeof UNITS[number] | undefined {
  return UNITS.find(([pattern]) => pattern.test(name));
}

/** @param isShared true if other members have its unit */
function memberText({ key, name, value }: Member, isShared: boolean): string {
  if (typeof value === "number") {
    const rounded = roundedOff(value);
    const unit = unitOf(key);
    if (unit === undefined) return `${shortName(name)} ${rounded}`;
    const [, text, isNamed] = unit;
    return isNamed || isShared ? `${shortName(name)} ${text(rounded)}` : text(rounded);
  }
  return `${shortName(name)} ${short(valueText(value))}`;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return isNested(value) ? "{…}" : JSON.stringify(value);
  const texts = value.slice(0, TEXT_MAX).map((each) =>
    typeof each === "number" ? roundedOff(each) : isNested(each) ? "…" : JSON.stringify(each)
  );
  return `[${texts.join(", ")}]`;
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

/** Shortens a path at its beginning: its end says most. */
function shortName(name: string): string {
  const characters = [...oneLine(name.slice(-4 * TEXT_MAX)).trim()];
  if (!/[.\]]/.test(name) || characters.length <= TEXT_MAX) return short(name);
  const end = characters.slice(-TEXT_MAX).join("");
  return `…${end.slice(end.search(/[.\]]|$/) + 1) || end}`;
}
