// The last reading of a board as one short line, in the words of `earshot peers --watch`.

import { sizeText } from "./format.js";

/** Most members of a reading that are shown. */
const MEMBERS_MAX = 6;

/** Longest name or text of a member that is shown, characters. */
const TEXT_MAX = 24;

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
 * Sums up a document: the members of an object with their units but without its time, anything else as it is. A text
 * that is no JSON is shown from its beginning.
 *
 * @param {string} json
 */
export function readingText(json) {
  let value;
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
  const shown = first.map(([name, member], at) =>
    memberText(name, member, units.filter((unit) => unit === units[at]).length > 1)
  );
  return [...shown, ...(members.length > MEMBERS_MAX ? ["…"] : [])].join(", ") || "{}";
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function isTime(name, value) {
  if (!TIME_NAME.test(name)) return false;
  if (typeof value === "string") return /^\d{4}-\d\d-\d\d/.test(value);
  const seconds = Number(value) < LATEST_S ? Number(value) : Number(value) / 1000;
  return typeof value === "number" && seconds >= EARLIEST_S && seconds < LATEST_S;
}

/** @param {string} name */
function unitOf(name) {
  return UNITS.find(([pattern]) => pattern.test(name));
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {boolean} isShared true if other members have its unit
 */
function memberText(name, value, isShared) {
  if (typeof value === "number" && Number.isFinite(value)) {
    const rounded = roundedOff(value);
    const unit = unitOf(name);
    if (unit === undefined) return `${short(name)} ${rounded}`;
    const [, text, isNamed] = unit;
    return isNamed || isShared ? `${short(name)} ${text(rounded)}` : text(rounded);
  }
  return `${short(name)} ${typeof value === "string" ? short(value) : short(JSON.stringify(value))}`;
}

/** Keeps two digits behind the point; of what is below one, three that count. @param {number} value */
function roundedOff(value) {
  if (Number.isInteger(value)) return value;
  return Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(2));
}

/** @param {string} text */
function short(text) {
  const characters = [...text.slice(0, 4 * TEXT_MAX).replaceAll(/\s+/g, " ").trim()];
  return characters.length > TEXT_MAX ? `${characters.slice(0, TEXT_MAX).join("")}…` : characters.join("");
}
