/** A figure that was measured in several repetitions. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Returns the value below which this share of the values lies.
 *
 * @param share from 0 (the least) to 1 (the most)
 * @throws {RangeError} there is no value
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("no value was measured");
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;
}

/** Median and range of what the repetitions measured. Fails as {@linkcode quantile}. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), least: quantile(values, 0), most: quantile(values, 1) };
}

/**
 * Ratio of two figures that each repetition measured within moments of each other, so that a noisy machine disturbs
 * both.
 *
 * @throws {RangeError} the numbers of repetitions differ, or there is none
 */
export function ratioOf(values: readonly number[], others: readonly number[]): Spread {
  if (values.length !== others.length) throw new RangeError("not measured side by side");
  return spreadOf(values.map((value, i) => value / others[i]!));
}

/** Returns the straight line that is nearest to the values (least squares): its value at any `x`. */
export function fitted(xs: readonly number[], values: readonly number[]): (x: number) => number {
  const mean = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length;
  const [x0, y0] = [mean(xs), mean(values)];
  const square = xs.reduce((sum, x) => sum + (x - x0) ** 2, 0);
  const slope = square === 0 ? 0 : xs.reduce((sum, x, i) => sum + (x - x0) * (values[i]! - y0), 0) / square;
  return (x) => y0 + slope * (x - x0);
}

/** Sets rows of cells in columns, to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, n) => Math.max(...rows.map((row) => row[n]!.length)));
  return rows.map((row) => row.map((cell, n) => cell.padStart(widths[n]!)).join("  "));
}
