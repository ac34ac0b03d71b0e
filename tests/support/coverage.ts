import { join, relative } from "@std/path";
import { runCommand } from "./run_command.ts";
import { type Outcome, secondsSince } from "./suite.ts";

/** Lines of one file, or of all files of a folder. */
export interface Lines {
  readonly found: number;
  readonly hit: number;
}

/**
 * Holds the lines that the unit tests of some folders run against a floor: one outcome, in which each folder is one
 * check. A source file that no test loads counts as failed, but for `types.ts`, which has no code.
 *
 * @param root the checkout
 * @param data what a run of those tests left
 * @param folders of `lib/`, whose tests are in `tests/unit/`
 * @param floor least share of lines, percent
 */
export async function checkCoverage(
  root: string,
  data: string,
  folders: readonly string[],
  floor: number,
): Promise<Outcome> {
  const started = performance.now();
  const lcov = ["coverage", "-q", "--lcov", data];
  const report = (await runCommand(Deno.execPath(), lcov, { cwd: root, stderr: "null" })).output;
  const sources = folders.map((folder) => ({
    folder: `lib/${folder}`,
    paths: [...Deno.readDirSync(join(root, "lib", folder))].map(({ name }) => `lib/${folder}/${name}`)
      .filter((path) => path.endsWith(".ts") && !path.endsWith("/types.ts")),
  }));
  return { ...judgeCoverage(sources, readLcov(report, root), floor), seconds: secondsSince(started) };
}

/**
 * Judges each folder: it passes where its tests load each of its files and run so many of their lines.
 *
 * @param sources the folders with the paths of their files
 * @param files lines of the files that were loaded, by path
 * @param floor least share of lines, percent
 */
export function judgeCoverage(
  sources: readonly { readonly folder: string; readonly paths: readonly string[] }[],
  files: ReadonlyMap<string, Lines>,
  floor: number,
): Omit<Outcome, "seconds"> {
  const failures: string[] = [];
  const remarks: string[] = [];
  let passed = 0;
  for (const { folder, paths } of sources) {
    const lines = sum(paths.flatMap((path) => files.get(path) ?? []));
    const percent = lines.found === 0 ? 0 : 100 * lines.hit / lines.found;
    const share = `${folder} ${percent.toFixed(1)} % of lines, at least ${floor} wanted`;
    const failed = paths.filter((path) => !files.has(path))
      .map((path) => `${path} is loaded by no unit test of ${folder}`);
    if (percent < floor) failed.push(share);
    else remarks.push(share);
    if (failed.length === 0) passed++;
    failures.push(...failed);
  }
  return { name: "coverage", passed, failed: sources.length - passed, skipped: 0, failures, remarks };
}

/** Lines per file of an LCOV report, by path from `root`. */
export function readLcov(report: string, root: string): Map<string, Lines> {
  const files = new Map<string, Lines>();
  for (const record of report.split("end_of_record")) {
    const field = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(record)?.[1];
    const path = field("SF");
    if (!path) continue;
    files.set(relative(root, path).replaceAll("\\", "/"), {
      found: Number(field("LF")),
      hit: Number(field("LH")),
    });
  }
  return files;
}

function sum(lines: readonly Lines[]): Lines {
  return lines.reduce((all, one) => ({ found: all.found + one.found, hit: all.hit + one.hit }), {
    found: 0,
    hit: 0,
  });
}
