// Ranges of time that a plot shows.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Shortest and longest range, milliseconds. */
const SHORTEST = 100;
const LONGEST = 100 * 365 * DAY;
/** By how much a clock may be ahead of ours for its points still to be shown at the right end, milliseconds. */
const AHEAD = DAY;

/** A range that follows the time, or one that stands still. @typedef {"hour" | "day" | "all" | { from: number, to: number }} Range */

/** Share of a range that may lie empty before its first point; beyond that the axis begins there. */
const EMPTY = 1 / 3;
/** Shortest axis up to now, milliseconds: a board may just have begun. */
const RECENT = 60_000;

/** Ranges that follow the time, with their titles. @type {readonly (readonly ["hour" | "day" | "all", string])[]} */
export const FOLLOWING = [["hour", "Last hour"], ["day", "Last day"], ["all", "All"]];

/**
 * Returns the first and last moment of a range, milliseconds since 1970. The readings of a new board would be a thin line at
 * the end of a day.
 *
 * @param {Range} range
 * @param {readonly number[]} x the points that are there
 * @param {number} now
 */
export function boundsOf(range, x, now) {
  if (typeof range === "object") return range;
  const first = x[0] ?? now - HOUR, last = x.at(-1) ?? now;
  if (range === "all") return widened(first, last);
  const to = last > now && last < now + AHEAD ? last : now;
  const length = range === "hour" ? HOUR : DAY;
  const empty = first - (to - length);
  return { from: empty > length * EMPTY ? Math.min(first, to - RECENT) : to - length, to };
}

/**
 * Returns what is asked of the history for a range: the end is open while it follows the time.
 *
 * @param {Range} range
 * @param {number} now
 * @returns {{ from?: number, to?: number }}
 */
export function askedOf(range, now) {
  if (typeof range === "object") return { from: Math.floor(range.from), to: Math.ceil(range.to) };
  return range === "all" ? {} : { from: now - (range === "hour" ? HOUR : DAY) };
}

/**
 * Moves and stretches a range.
 *
 * @param {{ from: number, to: number }} range
 * @param {number} by share of its length, negative: earlier
 * @param {number} factor of its length, about its middle
 */
export function moved({ from, to }, by, factor = 1) {
  const length = within((to - from) * factor);
  const middle = (from + to) / 2 + by * (to - from);
  return { from: Math.max(0, Math.round(middle - length / 2)), to: Math.round(middle + length / 2) };
}

/**
 * Moves and stretches a range so that what was under one or two fingers stays under them.
 *
 * @param {{ from: number, to: number }} range
 * @param {readonly number[]} before where they were, shares of the width from its left
 * @param {readonly number[]} now where they are
 */
export function pinched({ from, to }, before, now) {
  const [a = 0, b = a] = before, [c = 0, d = c] = now;
  const isPinch = before.length > 1 && now.length > 1 && a !== b;
  const length = within(isPinch ? (to - from) * Math.abs((a - b) / (c - d)) : to - from);
  const held = from + (to - from) * (a + b) / 2;
  const start = Math.max(0, Math.round(held - length * (c + d) / 2));
  return { from: start, to: start + Math.round(length) };
}

/** @param {number} length */
function within(length) {
  return Math.min(Math.max(length, SHORTEST), LONGEST);
}

/** A single point needs some width. @param {number} from @param {number} to */
function widened(from, to) {
  return to - from >= SHORTEST ? { from, to } : { from: from - HOUR / 2, to: to + HOUR / 2 };
}
