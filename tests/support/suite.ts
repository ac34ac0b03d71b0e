import { fromFileUrl, join } from "@std/path";
import { requiredNeeds } from "./require.ts";
import { runCommand } from "./run_command.ts";

/** Tests that run together, as one `deno test` process. */
export interface Suite {
  /** What the report calls it. */
  readonly name: string;
  /** Folder of its tests. */
  readonly folder: string;
  /** Files and folders that alone are run, by their names in the folder; all unless told. */
  readonly only?: readonly string[];
  /** Files and folders that are left out, in the same way; none unless told. */
  readonly without?: readonly string[];
  /** Folder for what a run tells of the lines that it came through; not told unless given. */
  readonly coverage?: string;
  /** What its tests may lack where EARSHOT_REQUIRE does not name it. */
  readonly needs?: readonly string[];
  /** Added to the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Lock file that pins packages that only these tests import; the program's unless told. */
  readonly lock?: string;
  /** Whether its files may run beside each other: they share nothing. */
  readonly parallel?: boolean;
  /** Whether its output is held back until it has ended: it runs beside another suite. */
  readonly beside?: boolean;
  /** By how much its priority is lower than that of others, 0 to 19; 0 unless told. */
  readonly niceness?: number;
}

/** How a suite, or another check, went. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** What failed: names of tests, or a reason. */
  readonly failures: readonly string[];
  /** What a reader should know besides: what was skipped. */
  readonly remarks: readonly string[];
}

const CONFIG = fromFileUrl(new URL("../../deno.json", import.meta.url));

/** A suite of which no test ends for so long is ended, and counts as failed; milliseconds. */
const SILENCE_MAX = 10 * 60_000;

/**
 * Runs a suite with the Deno that runs this program, its output passed on. Whatever is not a proven pass is a failure:
 * no result, no test, or an ignored test that {@linkcode judgeIgnored} does not excuse.
 */
export async function runSuite(suite: Suite): Promise<Outcome> {
  const started = performance.now();
  const scratch = await Deno.makeTempDir({ prefix: "earshot-suite-" });
  try {
    const junit = join(scratch, "junit.xml");
    const { output, code } = await runTests(suite, junit);
    const names = ignoredNames(await Deno.readTextFile(junit).catch(() => ""));
    return { name: suite.name, ...judge(suite, output, code, names), seconds: secondsSince(started) };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Seconds since `started` (of `performance.now()`). */
export function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

async function runTests(suite: Suite, junit: string): Promise<{ output: string; code: number }> {
  const env = {
    ...Deno.env.toObject(),
    DENO_TEST_SANITIZE_OPS: "1",
    DENO_TEST_SANITIZE_RESOURCES: "1",
    ...suite.env,
  };
  const parallel = suite.parallel ? ["--parallel"] : [];
  const lock = suite.lock === undefined ? [] : [`--lock=${suite.lock}`];
  // `deno task check` has checked the types.
  const options = [
    `--config=${CONFIG}`,
    "-P=test",
    "--no-check",
    `--junit-path=${junit}`,
    ...parallel,
    ...lock,
  ];
  for (const file of suite.without ?? []) options.push(`--ignore=${join(suite.folder, file)}`);
  if (suite.coverage !== undefined) options.push("--coverage-raw-data-only", `--coverage=${suite.coverage}`);
  const places = suite.only?.map((name) => join(suite.folder, name)) ?? [suite.folder];
  const result = await runCommand(Deno.execPath(), ["test", "-q", ...options, ...places], {
    env: Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    niceness: suite.niceness,
    silenceMax: SILENCE_MAX,
    onOutput: suite.beside ? undefined : (chunk) => void Deno.stdout.writeSync(chunk),
  });
  if (suite.beside) console.log(`\n== ${suite.name}\n${result.output}`);
  return result;
}

function judge(
  suite: Suite,
  output: string,
  code: number,
  ignored: string[],
): Omit<Outcome, "name" | "seconds"> {
  const summary = readSummary(output);
  if (!summary) return failure(`it ended without a result (exit code ${code})`);
  if (summary.passed + summary.failed + summary.ignored === 0) return failure("it ran no test");
  const { excused, blamed } = judgeIgnored(suite, ignored, summary.ignored);
  const silent = code !== 0 && summary.failed === 0;
  return {
    passed: summary.passed,
    failed: summary.failed + blamed.length + (silent ? 1 : 0),
    skipped: excused.length,
    failures: [
      ...readFailures(output),
      ...(silent ? [`exit code ${code} though no test failed`] : []),
      ...blamed.map((name) => `ignored though EARSHOT_REQUIRE asks for it: ${name}`),
    ],
    remarks: excused,
  };
}

function failure(why: string): Omit<Outcome, "name" | "seconds"> {
  return { passed: 0, failed: 1, skipped: 0, failures: [why], remarks: [] };
}

/**
 * Tells the ignored tests that may be ignored (with the reason) from those that may not. A test may where nothing is
 * required, or where its suite needs something that is not.
 *
 * @param count how many were ignored: those beyond the names are blamed
 */
export function judgeIgnored(
  suite: Pick<Suite, "needs">,
  names: readonly string[],
  count = names.length,
  required = requiredNeeds(),
): { excused: string[]; blamed: string[] } {
  const unnamed = Array<string>(Math.max(0, count - names.length)).fill(
    "a test that the report does not name",
  );
  const all = [...names, ...unnamed];
  const mayLack = required.length === 0 || suite.needs?.some((need) => !required.includes(need));
  if (!mayLack) return { excused: [], blamed: all };
  const want = suite.needs?.join(" or ") ?? "what it needs";
  return { excused: all.map((name) => `skipped for want of ${want}: ${name}`), blamed: [] };
}

/** The last summary line of a `deno test`: `ok | 3 passed (1 step) | 0 failed | 1 ignored (7ms)`. */
export function readSummary(output: string): { passed: number; failed: number; ignored: number } | undefined {
  const line = withoutColours(output).match(/^(?:ok|FAILED) \| \d+ passed.*$/gm)?.at(-1);
  if (!line) return undefined;
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
}

/** The failed tests that a `deno test` lists before its last summary line, each with its place. */
export function readFailures(output: string): string[] {
  const list = withoutColours(output).split(/^ FAILURES $/m).slice(1).at(-1) ?? "";
  return list.split(/^FAILED \|/m)[0]!.split("\n").map((line) => line.trim()).filter(Boolean);
}

function withoutColours(output: string): string {
  // deno-lint-ignore no-control-regex
  return output.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

/** Names of the ignored tests in a JUnit report of `deno test`. */
export function ignoredNames(junit: string): string[] {
  const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  return [...junit.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g)]
    .map(([, name]) => name!.replaceAll(/&(\w+);/g, (whole, entity) => entities[entity] ?? whole));
}
