import { join } from "@std/path";
import { ratioOf, type Spread, spreadOf } from "./statistics.ts";

/** What a benchmark has at hand. */
export interface Bench {
  /** True for the long form. */
  readonly full: boolean;
  /** How often each contestant is measured, in turn with the others. */
  readonly repetitions: number;
  /** A fresh folder, removed at the end of the benchmark. */
  readonly folder: string;
  /** Ends with the benchmark, in reverse order. */
  use<T extends AsyncDisposable>(resource: T): T;
}

/** A figure of one contestant: a value for each repetition. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** A ratio, or a figure, that is aimed at. */
export interface Aim {
  readonly what: string;
  readonly values: readonly number[];
  /** What the same repetitions measured of somebody else: then the aim is about the ratio. */
  readonly others?: readonly number[];
  /** Unit of a figure. */
  readonly unit?: string;
  readonly most?: number;
  readonly least?: number;
}

/** What a benchmark found out. */
export interface Findings {
  readonly rows: readonly Row[];
  readonly aims: readonly Aim[];
  /** What a reader has to know to judge the figures, such as what a rival promises. */
  readonly remarks?: readonly string[];
}

/** A question, and how it is measured. */
export interface Benchmark {
  readonly name: string;
  readonly question: string;
  readonly run: (bench: Bench) => Promise<Findings>;
}

/** An aim with what was measured. */
export interface Judged {
  readonly what: string;
  readonly unit: string;
  readonly spread: Spread;
  readonly aim: string;
  readonly met: boolean;
}

/** Runs a benchmark in a folder of its own, and ends all that it started. */
export async function measure(
  benchmark: Benchmark,
  { full, repetitions }: Pick<Bench, "full" | "repetitions">,
): Promise<Findings> {
  const folder = await Deno.makeTempDir({ prefix: `earshot-bench-${benchmark.name}-` });
  const used = new AsyncDisposableStack();
  try {
    return await benchmark.run({ full, repetitions, folder, use: (resource) => used.use(resource) });
  } finally {
    await used.disposeAsync();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Holds a ratio or a figure against its aim. The median counts. */
export function judge({ what, values, others, unit = "×", most, least }: Aim): Judged {
  const spread = others ? ratioOf(values, others) : spreadOf(values);
  const met = spread.median <= (most ?? Infinity) && spread.median >= (least ?? -Infinity);
  return { what, unit, spread, aim: most !== undefined ? `≤ ${most}` : `≥ ${least}`, met };
}

/** The findings as lines of a table. */
export function tableOf({ question }: Benchmark, { rows, aims, remarks = [] }: Findings): string[] {
  const width = Math.max(...rows.map(({ what }) => what.length), ...aims.map(({ what }) => what.length));
  const line = (what: string, unit: string, { median, least, most }: Spread, aim = "") =>
    `  ${what.padEnd(width)} ${number(median)} ${unit.padEnd(4)}  (${number(least).trim()} to ${
      number(most).trim()
    }${aim})`;
  return [
    question,
    ...rows.map(({ what, unit, values }) => line(what, unit, spreadOf(values))),
    ...aims.map(judge).map(({ what, unit, spread, aim, met }) =>
      line(what, unit, spread, `; aim ${aim}: ${met ? "met" : "missed"}`)
    ),
    ...remarks.map((remark) => `  ${remark}`),
  ];
}

/** Writes the findings as `<folder>/<name>.json`. */
export async function write(
  folder: string,
  { name, question }: Benchmark,
  findings: Findings,
  machine: unknown,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const aims = findings.aims.map(judge);
  const rows = findings.rows.map((row) => ({ ...row, ...spreadOf(row.values) }));
  const content = { name, question, machine, rows, aims, remarks: findings.remarks ?? [] };
  await Deno.writeTextFile(join(folder, `${name}.json`), JSON.stringify(content, null, 2) + "\n");
}

function number(value: number): string {
  return (value >= 100 ? value.toFixed(0) : value.toPrecision(3)).padStart(8);
}
