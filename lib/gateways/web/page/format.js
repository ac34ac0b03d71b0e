// Times, sizes and texts as the page shows them.

/** @import { PeerInfo } from "../../../peer/types.ts" */

/**
 * Makes something when it is first used: a browser takes milliseconds for a formatter, and the page is to be there before.
 *
 * @template T
 * @param {() => T} make
 * @returns {() => T}
 */
export function lazily(make) {
  /** @type {T | undefined} */
  let made;
  return () => made ??= make();
}

const UNITS = ["B", "kiB", "MiB", "GiB", "TiB"];
const numbers = lazily(() => new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }));
const counts = lazily(() => new Intl.NumberFormat());
const collator = lazily(() => new Intl.Collator());
const clock = lazily(() => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }));
const day = lazily(() =>
  new Intl.DateTimeFormat(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  })
);
const moment = lazily(() => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }));

/** Formats a size. @param {number} bytes */
export function sizeText(bytes) {
  let unit = 0;
  for (; bytes >= 1024 && unit < UNITS.length - 1; unit++) bytes /= 1024;
  return `${numbers().format(bytes)} ${UNITS[unit]}`;
}

/** Formats a number of things; a small one without a formatter. @param {number} count */
export function countText(count) {
  return count < 1_000 ? `${count}` : counts().format(count);
}

/** Compares two names in the order of a dictionary. @param {string} a @param {string} b */
export function compareNames(a, b) {
  return collator().compare(a, b);
}

/** Formats a time of day, hour and minute. @param {number} at milliseconds since 1970 */
export function clockText(at) {
  return clock().format(at);
}

/** Formats a day in full. @param {number} at milliseconds since 1970 */
export function dayText(at) {
  return day().format(at);
}

/** Formats a time in full, for a tooltip. @param {number} at milliseconds since 1970 */
export function momentText(at) {
  return moment().format(at);
}

/** Formats a time: of today the time of day, else the day as well. @param {number} at milliseconds since 1970 */
export function timeText(at, now = Date.now()) {
  return isSameDay(at, now) ? clock().format(at) : moment().format(at);
}

/** Tells whether two times are of one day here. @param {number} a @param {number} b */
export function isSameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** Formats a period, as the command line does. @param {number} period milliseconds */
export function periodText(period) {
  const seconds = Math.max(0, Math.round(period / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** Formats how long something is past. @param {number} period milliseconds */
export function agoText(period) {
  return `${periodText(period)} ago`;
}

/** Returns the beginning of an id, enough to tell peers apart. @param {string} id */
export function shortId(id) {
  return id.slice(0, 6);
}

/** Number of colours for names, `.name-0` and so on in style.css. */
const NAME_COLORS = 8;

/** Returns the class with the colour of a name: the same wherever and whenever it is shown. @param {string} id */
export function nameClass(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return `name-${sum % NAME_COLORS}`;
}

/** Shows where a peer is; of one that only ever dialled us, where it came from. @param {Pick<PeerInfo, "address" | "from">} peer */
export function placeText({ address, from }) {
  return address === "" && from !== undefined ? `${from} (it dialled)` : address;
}

/**
 * Joins code and reason of a refusal, without a full stop.
 *
 * @param {{ readonly code?: string, readonly why?: string }} refusal
 */
export function refusalText({ code, why }) {
  return [code, why].filter((part) => part).join(": ").replace(/\.$/, "") || "no reason given";
}

/** Returns what is said of an error. @param {unknown} error */
export function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Begins the id and name of every sender without a key. */
const PLAIN = "plain-";

/** Tells whether a sender has no key: its messages came through the plain gateway. @param {string} id */
export function isPlain(id) {
  return id.startsWith(PLAIN);
}
