/** Points of several series with common times; null: the series has none there. */
export interface ThinnedPoints {
  /** Times in ascending order, milliseconds since 1970. */
  readonly x: number[];
  /** Values of each series at these times. */
  readonly y: (number | null)[][];
  /** Width of the buckets of which only the extremes and the last value are here, ms; 0 if every point is here. */
  readonly bucket: number;
}

/** Numbers that a bucket has for each series: the least and the greatest value and the last one, each with its time. */
const MIN = 0, MIN_AT = 1, MAX = 2, MAX_AT = 3, LAST = 4, LAST_AT = 5, SIZE = 6;

/** Values of one time: those of the series from `first` on, NaN if there is none. */
type RawPoint = readonly [at: number, first: number, values: Float64Array];

/**
 * Thins series to a number of buckets in one pass, with little memory, from points in any order. The width of a bucket is
 * a power of two and its start a multiple of it, so that the buckets stay the same when points are added.
 */
export class Thinner {
  readonly #series;
  readonly #most;
  #raw: RawPoint[] = [];
  #width = 0;
  #buckets = new Map<number, Float64Array>();
  #earliest = Infinity;
  #latest = -Infinity;

  /**
   * @param series number of series
   * @param most number of buckets; up to twice as many points are not thinned at all
   */
  constructor(series: number, most: number) {
    this.#series = series;
    this.#most = most;
  }

  /**
   * Adds the values of a time.
   *
   * @param at milliseconds since 1970
   * @param first index of the series of the first value; the others follow
   * @param values NaN if there is none
   */
  add(at: number, first: number, values: Float64Array): void {
    if (at < this.#earliest) this.#earliest = at;
    if (at > this.#latest) this.#latest = at;
    if (this.#width > 0) return this.#put(at, first, values);
    this.#raw.push([at, first, values.slice()]);
    if (this.#raw.length > 2 * this.#most) this.#begin();
  }

  result(): ThinnedPoints {
    return this.#width === 0 ? this.#allPoints() : this.#extremes();
  }

  #begin(): void {
    const range = Math.max(this.#latest - this.#earliest, 1);
    this.#width = 2 ** Math.max(0, Math.ceil(Math.log2(range / this.#most)));
    for (const point of this.#raw) this.#put(...point);
    this.#raw = [];
  }

  #put(at: number, first: number, values: Float64Array): void {
    const bucket = this.#bucket(Math.floor(at / this.#width));
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) continue;
      const from = (first + i) * SIZE;
      if (!(value >= bucket[from + MIN]!)) bucket[from + MIN] = value, bucket[from + MIN_AT] = at;
      if (!(value <= bucket[from + MAX]!)) bucket[from + MAX] = value, bucket[from + MAX_AT] = at;
      if (!(at < bucket[from + LAST_AT]!)) bucket[from + LAST] = value, bucket[from + LAST_AT] = at;
    }
    while (this.#buckets.size > this.#most) this.#widen();
  }

  #bucket(key: number): Float64Array {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new Float64Array(this.#series * SIZE).fill(NaN);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #widen(): void {
    const narrow = this.#buckets;
    this.#width *= 2;
    this.#buckets = new Map();
    for (const [key, from] of narrow) {
      const wide = Math.floor(key / 2);
      const into = this.#buckets.get(wide);
      if (into === undefined) this.#buckets.set(wide, from);
      else for (let i = 0; i < from.length; i += SIZE) merge(into, from, i);
    }
  }

  #allPoints(): ThinnedPoints {
    const points = this.#raw.toSorted((a, b) => a[0] - b[0]);
    const x: number[] = [];
    const y: (number | null)[][] = Array.from({ length: this.#series }, () => []);
    for (const [at, first, values] of points) {
      const isTaken = values.some((_, i) => typeof y[first + i]![x.length - 1] === "number");
      if (x.at(-1) !== at || isTaken) {
        x.push(at);
        for (const column of y) column.push(null);
      }
      values.forEach((value, i) => y[first + i]![x.length - 1] = Number.isNaN(value) ? null : value);
    }
    return { x, y, bucket: 0 };
  }

  /** Each bucket becomes three times at most: the extremes in the order in which they came, then the last value. */
  #extremes(): ThinnedPoints {
    const x: number[] = [];
    const y: (number | null)[][] = Array.from({ length: this.#series }, () => []);
    const slots = [0, 1, 2].map(() => new Array<number | null>(this.#series));
    for (const key of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      const bucket = this.#buckets.get(key)!;
      for (const slot of slots) slot.fill(null);
      for (let i = 0; i < this.#series; i++) spread(bucket, i, slots);
      slots.forEach((slot, n) => {
        if (slot.every((value) => value === null)) return;
        const at = Math.round((key + (2 * n + 1) / 6) * this.#width);
        x.push(Math.min(Math.max(at, this.#earliest, x.at(-1) ?? -Infinity), this.#latest));
        slot.forEach((value, i) => y[i]!.push(value));
      });
    }
    return { x, y, bucket: this.#width };
  }
}

function merge(into: Float64Array, from: Float64Array, i: number): void {
  if (Number.isNaN(from[i + LAST]!)) return;
  if (!(from[i + MIN]! >= into[i + MIN]!)) into.set(from.subarray(i + MIN, i + MIN + 2), i + MIN);
  if (!(from[i + MAX]! <= into[i + MAX]!)) into.set(from.subarray(i + MAX, i + MAX + 2), i + MAX);
  if (!(from[i + LAST_AT]! < into[i + LAST_AT]!)) into.set(from.subarray(i + LAST, i + LAST + 2), i + LAST);
}

function spread(bucket: Float64Array, series: number, slots: (number | null)[][]): void {
  const from = series * SIZE;
  const min = bucket[from + MIN]!, max = bucket[from + MAX]!, last = bucket[from + LAST]!;
  if (Number.isNaN(last)) return;
  const isMinFirst = bucket[from + MIN_AT]! <= bucket[from + MAX_AT]!;
  if (min !== max) slots[0]![series] = isMinFirst ? min : max;
  const second = isMinFirst ? max : min;
  slots[1]![series] = second;
  if (last !== second) slots[2]![series] = last;
}
