// The last reading of a board as one short line, in the words of `earshot peers --watch`.

import { sizeText } from "./format.js";

/**
 * Most members of a reading that are shown, and the longest name or text of one, characters.
 *
 * @typedef {{ readonly members: number, readonly text: number }} Limits
 */

/** @type {Limits} */
const SHORT = { members: 6, text: 24 };
/** Limits for whoever wants to know more. @type {Limits} */
export const LONG = { members: 40, text: 80 };

/** Most members that are looked at, and how deep. */
const LOOKED_MAX = 100;
const DEPTH_MAX = 5;

/**
 * A member by its path: of `{"a":{"b":1}}`, the key is `b`, and the name `a.b`.
 *
 * @typedef {{ readonly key: string, readonly name: string, readonly value: unknown }} Member
 */

/**
 * Units by the names of members. A size or a duration says nothing without its name, which is shown as well; so is that
 * of each of several members with one unit.
 *
 * @type {readonly (readonly [name: RegExp, text: (value: number) => string, isNamed?: true])[]}
 */
const UNITS = [
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
const [EARLIEST_S, LATEST_S] = [Date.UTC(2000, 0) / 1000, Date.UTC(2100, 0) / 1000];

/**
 * Sums up a document: the members of an object with their units but without its time, those of nested ones by their
 * paths, anything else as it is. A text that is no JSON is shown from its beginning.
 *
 * @param {string} json
 * @param {Limits} [limits]
 */
export function readingText(json, limits = SHORT) {
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    return short(json, limits.text);
  }
  if (!isNested(value)) return short(json, limits.text);
  const all = [];
  for (const member of membersOf(value)) {
    if (all.push(member) === LOOKED_MAX) break;
  }
  const lasting = all.filter((member) => !isTime(member));
  const members = lasting.length > 0 ? lasting : all;
  const first = members.slice(0, limits.members);
  const units = first.map(({ key, value }) => typeof value === "number" ? unitOf(key) : undefined);
  const shown = first.map((member, i) =>
    memberText(member, units.filter((unit) => unit === units[i]).length > 1, limits.text)
  );
  return [...shown, ...(members.length > limits.members ? ["…"] : [])].join(", ");
}

/**
 * Tells whether a value has members to be shown by themselves: not those of a list of numbers or texts.
 *
 * @param {unknown} value
 * @returns {value is object}
 */
function isNested(value) {
  if (typeof value !== "object" || value === null) return false;
  const members = Object.values(value);
  return members.length > 0 &&
    (!Array.isArray(value) || members.some((each) => typeof each === "object" && each !== null));
}

/**
 * @param {object} value
 * @param {string} path
 * @param {number} depth
 * @returns {Generator<Member>}
 */
function* membersOf(value, path = "", depth = 1) {
  for (const [key, member] of Object.entries(value)) {
    const step = path === "" ? key : `.${key}`;
    const name = path + (Array.isArray(value) ? `[${key}]` : step);
    if (depth < DEPTH_MAX && isNested(member)) yield* membersOf(member, name, depth + 1);
    else yield { key, name, value: member };
  }
}

/** @param {Member} member */
function isTime({ key, value }) {
  if (!TIME_NAME.test(key)) return false;
  if (typeof value === "string") return /^\d{4}-\d\d-\d\d/.test(value);
  const seconds = Number(value) < LATEST_S ? Number(value) : Number(value) / 1000;
  return typeof value === "number" && seconds >= EARLIEST_S && seconds < LATEST_S;
}

/** @param {string} name */
function unitOf(name) {
  return UNITS.find(([pattern]) => pattern.test(name));
}

/**
 * @param {Member} member
 * @param {boolean} isShared true if other members have its unit
 * @param {number} most characters of its name, and of its value
 */
function memberText({ key, name, value }, isShared, most) {
  if (typeof value === "number") {
    const rounded = roundedOff(value);
    const unit = unitOf(key);
    if (unit === undefined) return `${shortName(name, most)} ${rounded}`;
    const [, text, isNamed] = unit;
    return isNamed || isShared ? `${shortName(name, most)} ${text(rounded)}` : text(rounded);
  }
  return `${shortName(name, most)} ${short(valueText(value, most), most)}`;
}

/** @param {unknown} value @param {number} most */
function valueText(value, most) {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return isNested(value) ? "{…}" : JSON.stringify(value);
  const texts = value.slice(0, most).map((each) =>
    typeof each === "number" ? roundedOff(each) : isNested(each) ? "…" : JSON.stringify(each)
  );
  return `[${texts.join(", ")}]`;
}

/** Keeps two digits behind the point; of what is below one, three that count. @param {number} value */
function roundedOff(value) {
  if (Number.isInteger(value)) return value;
  return Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(2));
}

/** @param {string} text @param {number} most characters */
function short(text, most) {
  const characters = [...text.slice(0, 4 * most).replaceAll(/\s+/g, " ").trim()];
  return characters.length > most ? `${characters.slice(0, most).join("")}…` : characters.join("");
}

/** Shortens a path at its beginning: its end says most. @param {string} name @param {number} most characters */
function shortName(name, most) {
  const characters = [...name.slice(-4 * most).replaceAll(/\s+/g, " ").trim()];
  if (!/[.\]]/.test(name) || characters.length <= most) return short(name, most);
  const end = characters.slice(-most).join("");
  return `…${end.slice(end.search(/[.\]]|$/) + 1) || end}`;
}
