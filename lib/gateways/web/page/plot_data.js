// Points of a plot as they come from the history, and what is derived from them: pure, without the page.

/**
 * @import { Plot } from "../../../storage/history/plot.ts"
 * @import { PlottedStream } from "../../../storage/history/streams.ts"
 */

/** A line: a field of a stream. @typedef {{ key: string, source: string, field: string }} Line */

/** Look of a line: one of the colours `--plot-0` and so on, and a dash. @typedef {{ color: number, dash: number }} Look */

/** Number of colours in style.css, and of dashes in {@linkcode DASHES}. */
export const COLORS = 6;
/** Dashes of lines, pixels; the first is none. @type {readonly (readonly number[])[]} */
export const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

/** Newest documents that are kept as they are. */
const NEWEST = 20;

/** By how much the values of two lines may differ for them to share a scale. */
const SCALE_RATIO = 12;

/** Returns the key of a stream. @param {Pick<PlottedStream, "sender" | "stream">} stream */
export function streamKey({ sender, stream }) {
  return `${sender.id}/${stream}`;
}

/** Returns the name of a field as it is shown: `battery.volts`, `axes[0]`. @param {string} path a JSON Pointer */
export function fieldName(path) {
  const parts = path.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const name = parts.map((part) => /^\d+$/.test(part) ? `[${part}]` : `.${part}`).join("");
  return name === "" ? "value" : name.replace(/^\./, "");
}

/** Points of several lines with common times, to which new ones are added. */
export class PlotData {
  /** Milliseconds since 1970, ascending. @type {number[]} */
  x = [];
  /** @type {Line[]} */
  lines = [];
  /** Values of each line at these times. @type {(number | null)[][]} */
  y = [];
  /** Documents as they came, newest first. @type {{ key: string, at: number, values: ReadonlyMap<string, number> }[]} */
  newest = [];
  /** Newest row of the history that is in it. */
  row = 0;
  /** Number of points that were added since all were read. */
  added = 0;
  documents = 0;
  bare = 0;
  bucket = 0;
  /** Names of the members that are the time. @type {readonly (string | null)[]} */
  times = [];
  /** Time before which documents are left out. @type {number | undefined} */
  since;
  /** True if they come when it is asked again. */
  isMore = false;

  /**
   * Takes all points anew.
   *
   * @param {Plot} plot
   * @param {readonly string[]} sources keys of the streams that were asked for
   */
  replace(plot, sources) {
    this.lines = linesOf(plot, sources);
    this.x = [...plot.x];
    this.y = plot.y.map((column) => [...column]);
    this.newest = newestOf(plot, sources);
    this.added = 0;
    const { row, documents, bare, bucket, times, since, more = false } = plot;
    Object.assign(this, { row, documents, bare, bucket, times, since, isMore: more });
  }

  /**
   * Adds points that came since. Returns false if they do not fit: then all have to be read anew.
   *
   * @param {Plot} plot
   * @param {readonly string[]} sources
   */
  append(plot, sources) {
    const lines = linesOf(plot, sources);
    const isSame = lines.length === this.lines.length &&
      lines.every(({ key }, i) => key === this.lines[i]?.key);
    const isLater = (plot.x[0] ?? Infinity) >= (this.x.at(-1) ?? -Infinity);
    if (!isSame || !isLater) return false;
    for (const at of plot.x) this.x.push(at);
    plot.y.forEach((column, i) => {
      for (const value of column) this.y[i]?.push(value);
    });
    this.newest = [...newestOf(plot, sources), ...this.newest].sort((a, b) => b.at - a.at).slice(0, NEWEST);
    this.row = plot.row;
    this.added += plot.x.length;
    this.documents += plot.documents;
    this.bare = plot.bare;
    return true;
  }

  /**
   * Returns the place of the nearest point of a line that has a value, from one that may have none.
   *
   * @param {number} line
   * @param {number} at index in x
   */
  nearest(line, at) {
    const column = this.y[line] ?? [];
    for (let far = 0; far < column.length; far++) {
      for (const each of [at - far, at + far]) {
        if (typeof column[each] === "number") return each;
      }
    }
    return at;
  }

  /** Returns the least and the greatest value of a line, undefined if it has none. @param {number} line */
  extremes(line) {
    let min = Infinity, max = -Infinity;
    for (const value of this.y[line] ?? []) {
      if (value === null) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return min <= max ? { min, max } : undefined;
  }
}

/**
 * Gives each line a look. The same lines in the same order always get the same ones, further lines change none, and all
 * differ as long as there are any left. The same field of different plots mostly looks the same.
 *
 * @param {readonly Pick<Line, "key" | "field">[]} lines
 * @returns {Map<string, Look>}
 */
export function looksOf(lines) {
  /** @type {Set<number>} */
  const taken = new Set();
  /** @type {Map<string, Look>} */
  const looks = new Map();
  for (const { key, field } of lines) {
    // Solid lines come first.
    const first = hashOf(field) % COLORS;
    let look = first;
    for (let n = 0; n < COLORS * DASHES.length && taken.has(look); n++) {
      look = Math.floor(n / COLORS) * COLORS + (first + n) % COLORS;
    }
    taken.add(look);
    looks.set(key, { color: look % COLORS, dash: Math.floor(look / COLORS) });
  }
  return looks;
}

/**
 * Groups lines whose values are of one size, so that they share a scale: a temperature beside a number of bytes would be
 * a straight line. The first group is that of the first line.
 *
 * @param {readonly ({ min: number, max: number } | undefined)[]} extremes of each line
 * @returns {number[]} number of the group of each line
 */
export function scalesOf(extremes) {
  /** @type {{ size: number }[]} */
  const groups = [];
  return extremes.map((each) => {
    const size = each === undefined ? 0 : Math.max(Math.abs(each.min), Math.abs(each.max));
    const found = groups.findIndex((group) =>
      size === 0 || group.size === 0 || Math.max(size, group.size) / Math.min(size, group.size) <= SCALE_RATIO
    );
    if (found >= 0) {
      const group = /** @type {{ size: number }} */ (groups[found]);
      if (group.size === 0) group.size = size;
      return found;
    }
    groups.push({ size });
    return groups.length - 1;
  });
}

/**
 * @param {Plot} plot
 * @param {readonly string[]} sources
 * @returns {Line[]}
 */
function linesOf({ lines }, sources) {
  return lines.map(({ source, field }) => ({
    key: `${sources[source]}${field}`,
    source: sources[source] ?? "",
    field,
  }));
}

/**
 * @param {Plot} plot
 * @param {readonly string[]} sources
 */
function newestOf({ newest, lines }, sources) {
  return newest.map(({ source, at, values }) => {
    const fields = lines.filter((line) => line.source === source).map(({ field }) => field);
    /** @type {[string, number][]} */
    const numbers = [];
    fields.forEach((field, i) => {
      const value = values[i];
      if (typeof value === "number") numbers.push([`${sources[source]}${field}`, value]);
    });
    return { key: sources[source] ?? "", at, values: new Map(numbers) };
  });
}

/** @param {string} text */
function hashOf(text) {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) % 1_000_003;
  return hash;
}
