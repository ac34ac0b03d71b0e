import { relative } from "@std/path";
import { type Outcome, secondsSince } from "./suite.ts";

/** Lines of one file, or of all files of a folder. */
export interface Lines {
  readonly found: number;
  readonly hit: number;
}

/**
 * Holds the coverage data of a test run against a floor: one outcome, in which each folder is one check. A source file
 * that no test loads counts as failed, but for `types.ts`, which has no code.
 *
 * @param data folder that `deno test --coverage` filled
 * @param root the checkout
 * @param folders below `root`, with `/`
 * @param floor least share of lines, percent
 */
export async function checkCoverage(
  data: string,
  root: string,
  folders: readonly string[],
  floor: number,
): Promise<Outcome> {
  const started = performance.now();
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "-q", "--lcov", data],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const files = success ? readLcov(new TextDecoder().decode(stdout), root) : new Map<string, Lines>();
  const remarks: string[] = [];
  let passed = 0;
  for (const folder of folders) {
    const sources = [...Deno.readDirSync(`${root}/${folder}`)].map(({ name }) => `${folder}/${name}`)
      .filter((path) => path.endsWith(".ts") && !path.endsWith("/types.ts"));
    const unloaded = sources.filter((path) => !files.has(path));
    const lines = sum(sources.flatMap((path) => files.get(path) ?? []));
    const percent = lines.found === 0 ? 0 : 100 * lines.hit / lines.found;
    if (percent >= floor && unloaded.length === 0) passed++;
    remarks.push(
      `${folder} ${percent.toFixed(1)} % of lines, at least ${floor} wanted`,
      ...unloaded.map((path) => `${path} is loaded by no test`),
    );
  }
  return {
    name: "coverage",
    passed,
    failed: folders.length - passed,
    skipped: 0,
    seconds: secondsSince(started),
    remarks,
  };
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
